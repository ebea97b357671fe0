"""Every series of samples the history keeps, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """A figure that is sampled over time.

    Attributes:
        name: What it is asked for by.
        unit: `fraction` (0..1), `bytes`, `bytes/s`, `s`, `W`, `°C` or `count`.
        labels: What tells its curves apart.
        tells: What it is, one sentence.
    """

    name: str
    unit: str
    tells: str
    labels: tuple[str, ...] = ()


_ALL = (
    Series("cpu.utilisation", "fraction", "Share of all usable cores that is busy."),
    Series("cpu.iowait", "fraction", "Share of time the cores were idle and waited for a disk."),
    Series("cpu.load", "count", "Processes that run or want to, averaged over a minute."),
    Series("memory.used_bytes", "bytes", "Main memory in use that can't be given way at once."),
    Series("memory.available_bytes", "bytes", "Main memory that is free or gives way."),
    Series("swap.used_bytes", "bytes", "Memory that was moved to disk."),
    Series("disk.free_bytes", "bytes", "Room left on the disk a folder is on.", ("purpose",)),
    Series("disk.read_bytes_s", "bytes/s", "Read from disks, by everybody."),
    Series("disk.written_bytes_s", "bytes/s", "Written to disks, by everybody."),
    Series("disk.busy", "fraction", "Share of time the busiest disk had something to do."),
    Series("process.cpu", "fraction", "Cores in use by our processes: 1.0 is one core.", ("role",)),
    Series("process.rss_bytes", "bytes", "Memory our processes hold.", ("role",)),
    Series("process.threads", "count", "Threads of our processes.", ("role",)),
    Series("process.open_files", "count", "Files and sockets our processes have open.", ("role",)),
    Series("process.count", "count", "Processes of ours.", ("role",)),
    Series("worker.cpu", "fraction", "Cores in use by one worker with its helpers.", ("worker",)),
    Series("worker.rss_bytes", "bytes", "Memory one worker holds with its helpers.", ("worker",)),
    Series("gpu.utilisation", "fraction", "Share of time a GPU computed.", ("device",)),
    Series("gpu.memory_used_bytes", "bytes", "A GPU's memory in use, by everybody.", ("device",)),
    Series("gpu.memory_bytes", "bytes", "A GPU's memory in all.", ("device",)),
    Series("gpu.power_w", "W", "Power a GPU draws.", ("device",)),
    Series("gpu.temperature_c", "°C", "How hot a GPU is.", ("device",)),
    Series("model.bytes", "bytes", "Memory leased for a model on a device.", ("model", "device")),
    Series("queue.depth", "count", "Jobs that wait for a worker.", ("kind",)),
    Series("queue.oldest_s", "s", "How long the job that waits longest has waited."),
    Series("workers.alive", "count", "Worker processes."),
    Series("workers.busy", "count", "Worker processes that work on a job."),
    Series("cache.bytes", "bytes", "Results kept for later jobs."),
    Series("history.bytes", "bytes", "This history itself."),
)

SERIES: Mapping[str, Series] = {series.name: series for series in _ALL}
"""Every series by name."""

ROLES = ("server", "worker", "helper")
"""What our processes are: the one that answers HTTP, those that work on jobs, and the children of these."""
