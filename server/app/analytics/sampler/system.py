"""The machine as far as it is ours: cores, memory, disks. One source for each, so that one may fail alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ...survey.machine import free_bytes
from ..facts import Sample
from .control_groups import ControlGroups
from .proc import CoreTimes, DiskCounters, core_times, disk_counters, memory_facts, read

Clock = Callable[[], float]

_NO_DISKS = ("loop", "ram", "zram")


class Cores:
    """`cpu.*`: how busy the cores are that this process may use.

    Those are the cores of its affinity, less what a control group's quota keeps from it. Busy is whatever can't be had:
    the utilisation is 1 when the quota is used up, and when others use all cores. It includes time that a hypervisor
    gives to others. Utilisation and waiting are over the time since the last look, so the first tells the load only.

    Args:
        groups: Our control groups.
        proc: Where the kernel tells.
        clock: Seconds, from anywhere.
    """

    def __init__(
        self, groups: ControlGroups | None = None, proc: Path = Path("/proc"), clock: Clock = time.monotonic
    ) -> None:
        self._groups = groups or ControlGroups()
        self._path = f"{proc}/stat"
        self._clock = clock
        self._before_s = 0.0
        self._times: dict[int, CoreTimes] = {}
        self._used_s: dict[Path, float] = {}

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look."""
        usable = os.sched_getaffinity(0)
        times = {core: told for core, told in core_times(read(self._path)).items() if core in usable}
        limits = self._groups.cores()
        now_s = self._clock()
        elapsed_s, before = now_s - self._before_s, self._times
        used_s = {folder: limit.used_s for folder, limit in limits.items()}
        spent = {folder: used_s[folder] - self._used_s[folder] for folder in used_s.keys() & self._used_s.keys()}
        self._before_s, self._times, self._used_s = now_s, times, used_s

        with suppress(OSError):  # not every container tells it
            yield Sample("cpu.load", at, os.getloadavg()[0])
        both = times.keys() & before.keys()
        total = sum(max(0, times[core].total - before[core].total) for core in both)
        if not total or elapsed_s <= 0:
            return
        idle = sum(max(0, times[core].idle - before[core].idle) for core in both) / total
        waited = sum(max(0, times[core].waited - before[core].waited) for core in both) / total
        room = capacity = float(len(both))
        room *= idle + waited
        for folder, spent_s in spent.items():
            capacity = min(capacity, limits[folder].cores)
            room = min(room, limits[folder].cores - spent_s / elapsed_s)
        yield Sample("cpu.utilisation", at, _fraction(1 - room / capacity))
        yield Sample("cpu.iowait", at, _fraction(waited))


class Memory:
    """`memory.*` and `swap.*`: main memory within the limits of our control groups; swap of the whole machine.

    Args:
        groups: Our control groups.
        proc: Where the kernel tells.
    """

    def __init__(self, groups: ControlGroups | None = None, proc: Path = Path("/proc")) -> None:
        self._groups = groups or ControlGroups()
        self._path = f"{proc}/meminfo"

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look."""
        told = memory_facts(read(self._path), ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree"))
        if "MemTotal" in told and "MemAvailable" in told:
            total, available = told["MemTotal"], told["MemAvailable"]
            for limit in self._groups.memory():
                total = min(total, limit.limit_bytes)
                available = min(available, limit.limit_bytes - limit.held_bytes)
            available = min(max(0, available), total)
            yield Sample("memory.used_bytes", at, total - available)
            yield Sample("memory.available_bytes", at, available)
        if "SwapTotal" in told and "SwapFree" in told:
            yield Sample("swap.used_bytes", at, told["SwapTotal"] - told["SwapFree"])


class Folders:
    """`disk.free_bytes`: room for what is kept, by purpose. A network disk that hangs makes its looker hang.

    Args:
        folders: What is kept where; a folder need not exist yet.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look."""
        for purpose, path in self._folders.items():
            if (free := free_bytes(path)) is not None:
                yield Sample("disk.free_bytes", at, free, (("purpose", purpose),))


class Disks:
    """`disk.*` over the time since the last look: what the machine's own disks did, for everybody.

    Partitions, and what is made of disks (RAID, LVM, encryption), are left out: their work shows up in the disks.
    Network file systems are no disks. Where none can be seen, as in some sandboxes, nothing is told.

    Args:
        proc: Where the kernel tells what they did.
        blocks: Where it tells what they are.
        clock: Seconds, from anywhere.
    """

    def __init__(
        self, proc: Path = Path("/proc"), blocks: Path = Path("/sys/block"), clock: Clock = time.monotonic
    ) -> None:
        self._path = f"{proc}/diskstats"
        self._blocks = blocks
        self._clock = clock
        self._before_s = 0.0
        self._before: dict[str, DiskCounters] = {}
        self._whole: dict[str, bool] = {}

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look."""
        try:
            told = disk_counters(read(self._path))
        except FileNotFoundError:
            return
        now_s = self._clock()
        disks = {name: counters for name, counters in told.items() if self._is_whole(name)}
        elapsed_s, before = now_s - self._before_s, self._before
        self._before_s, self._before = now_s, disks
        pairs = [(before[name], disks[name]) for name in disks.keys() & before.keys()]
        if not pairs or elapsed_s <= 0:
            return
        read_bytes = sum(max(0, now.read_bytes - then.read_bytes) for then, now in pairs)
        written_bytes = sum(max(0, now.written_bytes - then.written_bytes) for then, now in pairs)
        yield Sample("disk.read_bytes_s", at, read_bytes / elapsed_s)
        yield Sample("disk.written_bytes_s", at, written_bytes / elapsed_s)
        busiest_s = max(now.busy_s - then.busy_s for then, now in pairs)
        yield Sample("disk.busy", at, _fraction(busiest_s / elapsed_s))

    def _is_whole(self, name: str) -> bool:
        """Whether it is a disk of its own; what it is made of does not change while it is there."""
        if name not in self._whole:
            folder = self._blocks / name.replace("/", "!")
            made_of = folder / "slaves"
            composed = made_of.is_dir() and any(made_of.iterdir())
            self._whole[name] = folder.is_dir() and not composed and not name.startswith(_NO_DISKS)
        return self._whole[name]


def _fraction(value: float) -> float:
    """Counters of different clocks disagree a little; a share is a share."""
    return min(1.0, max(0.0, value))
