"""What a program costs: wall time, processor time and memory, of it and of all its children."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

_LOOK_S = 0.05


@dataclass
class Cost:
    """Measured while `metered` or `run` lasts; memory is 0 until the first look.

    Attributes:
        wall_s: Wall time.
        cpu_s: Processor time, user and system, of the process and its children.
        peak_process_bytes: Most resident memory any one process had.
        peak_tree_bytes: Most resident memory all had together; pages that processes share count in each.
        processes: Most processes at a time.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_process_bytes: int = 0
    peak_tree_bytes: int = 0
    processes: int = 0
    _cpu_by_process: dict[tuple[int, float], float] = field(default_factory=dict, repr=False)

    def look(self, root: psutil.Process) -> None:
        """Take note of what the process and its children use now."""
        sizes = []
        with suppress(psutil.Error):
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.Error):
                    sizes.append(process.memory_info().rss)
                    times = process.cpu_times()
                    self._cpu_by_process[process.pid, process.create_time()] = times.user + times.system
        self.peak_process_bytes = max(self.peak_process_bytes, *sizes, 0)
        self.peak_tree_bytes = max(self.peak_tree_bytes, sum(sizes))
        self.processes = max(self.processes, len(sizes))


@contextmanager
def metered(pid: int | None = None) -> Iterator[Cost]:
    """Measure a process, this one when none is named, and its children until the block ends.

    Processor time is what the processes used at the last look, 50 ms apart: a child that ends in between
    loses up to that much.
    """
    cost, stop, root = Cost(), threading.Event(), psutil.Process(pid)
    cost.look(root)
    before = dict(cost._cpu_by_process)
    sampler = threading.Thread(target=_sample, args=(cost, root, stop), daemon=True)
    started = time.perf_counter()
    sampler.start()
    try:
        yield cost
    finally:
        cost.wall_s = time.perf_counter() - started
        stop.set()
        sampler.join()
        cost.look(root)
        cost.cpu_s = sum(cost._cpu_by_process.values()) - sum(before.values())


def _sample(cost: Cost, root: psutil.Process, stop: threading.Event) -> None:
    while not stop.wait(_LOOK_S):
        cost.look(root)


def run(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> tuple[subprocess.CompletedProcess[str], Cost]:
    """Run a program to its end and measure it; its processor time is the kernel's own account of it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as process,
        metered(process.pid) as cost,
    ):
        out, err = process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost.cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return subprocess.CompletedProcess(command, process.returncode, out, err), cost
