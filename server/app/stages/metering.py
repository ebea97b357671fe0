"""What each stage takes of the machine, though several run side by side in one process with shared helpers.

The time of a stage's own thread is its own. What else this process and its children use, while a stage runs, is
shared evenly among the stages that run: decoders and other helpers can't be asked whom they work for. Children count
until they are reaped, and within their parent's figures afterwards (proc(5): `cutime`, `cstime`, `io`), so that none
gets lost. Processor time of other processes is counted by the kernel in ticks of 10 ms.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LOOK_S = 0.5
"""How often memory is looked at, for its peak."""

_PROC = Path("/proc")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Usage:
    """What a stage took; None where it could not be measured.

    Attributes:
        cpu_s: Processor time, user and system.
        peak_rss_bytes: Most memory seen of the whole process with its children while the stage ran; pages that
            processes share count in each.
        read_bytes, written_bytes: Through disks, not from the page cache.
    """

    cpu_s: float | None = None
    peak_rss_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None


class Meter:
    """Measures nothing; `TreeMeter` does."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """For as long as stages run."""
        yield

    @contextmanager
    def stage(self) -> Iterator[Usage]:
        """One stage, in its own thread; the usage stays empty."""
        yield Usage()


@dataclass(slots=True)
class _Total:
    """Of the process and all its children since they began; memory now."""

    cpu_s: float = 0.0
    rss_bytes: int = 0
    read_bytes: int = 0
    written_bytes: int = 0


@dataclass(slots=True, eq=False)
class _Running:
    """A stage that runs: the clock of its thread, and what it has taken so far."""

    clock: int
    clock_s: float
    cpu_s: float = 0.0
    peak_rss_bytes: int = 0
    read_bytes: float = 0.0
    written_bytes: float = 0.0


class TreeMeter(Meter):
    """Measures stages of one run of a pipeline in this process and its children."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: list[_Running] = []
        self._before = _Total()
        self._over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look now and then, until the block ends."""
        self._before = _total()
        looker = threading.Thread(target=self._watch, name="meter", daemon=True)
        looker.start()
        try:
            yield
        finally:
            self._over.set()
            looker.join()

    @contextmanager
    def stage(self) -> Iterator[Usage]:
        """Measure one stage, in its own thread; the usage is filled in at the end."""
        usage = Usage()
        clock = time.pthread_getcpuclockid(threading.get_ident())
        stage = _Running(clock, time.clock_gettime(clock))
        with self._lock:
            self._look()
            self._stages.append(stage)
        try:
            yield usage
        finally:
            with self._lock:
                self._look()
                self._stages.remove(stage)
            usage.cpu_s = stage.cpu_s
            usage.peak_rss_bytes = stage.peak_rss_bytes
            usage.read_bytes, usage.written_bytes = int(stage.read_bytes), int(stage.written_bytes)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_S):
            with self._lock:
                self._look()

    def _look(self) -> None:
        """Share out what was used since the last look among the stages that ran."""
        now, before = _total(), self._before
        self._before = now
        if not self._stages:
            return
        own_s = [time.clock_gettime(stage.clock) - stage.clock_s for stage in self._stages]
        count = len(self._stages)
        shared_s = max(0.0, now.cpu_s - before.cpu_s - sum(own_s)) / count
        for stage, spent_s in zip(self._stages, own_s, strict=True):
            stage.clock_s += spent_s
            stage.cpu_s += spent_s + shared_s
            stage.peak_rss_bytes = max(stage.peak_rss_bytes, now.rss_bytes)
            stage.read_bytes += max(0, now.read_bytes - before.read_bytes) / count
            stage.written_bytes += max(0, now.written_bytes - before.written_bytes) / count


def _total() -> _Total:
    """What this process and all its children have used. A child that ends meanwhile is left out."""
    total, left, seen = _Total(), [os.getpid()], set()
    while left:
        pid = left.pop()
        if pid in seen:
            continue
        seen.add(pid)
        with suppress(OSError, ValueError, IndexError):
            _add(total, pid)
            left += _children(pid)
    return total


def _add(total: _Total, pid: int) -> None:
    stat = (_PROC / str(pid) / "stat").read_bytes()
    cells = stat[stat.rindex(b")") + 2 :].split()  # the name before it may hold anything
    total.cpu_s += sum(map(int, cells[11:15])) / _TICKS_PER_S
    total.rss_bytes += int(cells[21]) * _PAGE_BYTES
    with suppress(OSError):  # not ours to read
        for line in (_PROC / str(pid) / "io").read_bytes().splitlines():
            name, _, value = line.partition(b": ")
            if name == b"read_bytes":
                total.read_bytes += int(value)
            elif name == b"write_bytes":
                total.written_bytes += int(value)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in (_PROC / str(pid) / "task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_bytes().split())
    return found
