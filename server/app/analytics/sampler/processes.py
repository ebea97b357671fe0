"""Our processes: the server, its workers, and their helpers."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from ..facts import Sample
from ..series import ROLES
from .proc import open_files
from .process_tree import Member, family
from .processor_time import Spent, spent_between


def _boot_time_s() -> float:
    """Seconds since the machine started, as start times of processes are told."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Processes:
    """`process.*` by role, and `worker.*` by the worker's number.

    Processor time is over the time since the last look, short-lived helpers included; the first look tells none.
    Memory is what is resident (RSS): pages that processes share, libraries above all, count in each of them, so sums
    are upper bounds. Shared pages told apart (PSS) would cost a walk through all pages: 15 ms for a process with
    1 GB, measured, against 0.01 ms.

    Args:
        workers: The process numbers of living workers.
        server: That of the server; this process when not given.
        clock: Seconds since the machine started.
    """

    def __init__(
        self,
        workers: Callable[[], Sequence[int]] = lambda: (),
        *,
        server: int | None = None,
        clock: Callable[[], float] = _boot_time_s,
    ) -> None:
        self._workers = workers
        self._server = os.getpid() if server is None else server
        self._clock = clock
        self._before: dict[int, Member] = {}
        self._before_s = 0.0
        self._numbers: dict[int, int] = {}

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look."""
        now_s = self._clock()  # before looking: who begins meanwhile is known to be new next time
        workers = list(self._workers())
        members = family(self._server, workers)
        before, before_s = self._before, self._before_s
        self._before, self._before_s = members, now_s
        living = [member for member in members.values() if not member.stat.ended]
        at_work = {member.stat.pid for member in living if member.role == "worker"}
        self._numbers = _numbered(self._numbers, [pid for pid in workers if pid in at_work])

        yield from _by_role(living, at)
        yield from self._by_worker(living, at)
        if before and now_s > before_s:
            yield from self._cores(spent_between(before, members, before_s), now_s - before_s, at)

    def _by_worker(self, living: Iterable[Member], at: float) -> Iterator[Sample]:
        rss_bytes: dict[int, int] = defaultdict(int)
        for member in living:
            if member.worker is not None:
                rss_bytes[member.worker] += member.stat.rss_bytes
        for pid, number in self._numbers.items():
            yield Sample("worker.rss_bytes", at, rss_bytes[pid], (("worker", str(number)),))

    def _cores(self, spent: Spent, elapsed_s: float, at: float) -> Iterator[Sample]:
        for role in ROLES:
            if role not in spent.unknown:
                yield Sample("process.cpu", at, spent.by_role.get(role, 0.0) / elapsed_s, (("role", role),))
        for pid, number in self._numbers.items():
            if pid not in spent.unknown:
                cores = spent.by_worker.get(pid, 0.0) / elapsed_s
                yield Sample("worker.cpu", at, cores, (("worker", str(number)),))


def _by_role(living: Sequence[Member], at: float) -> Iterator[Sample]:
    """What is there of each role. None of a role is 0 of it, and that is known."""
    for role in ROLES:
        stats = [member.stat for member in living if member.role == role]
        label = (("role", role),)
        yield Sample("process.count", at, len(stats), label)
        yield Sample("process.rss_bytes", at, sum(stat.rss_bytes for stat in stats), label)
        yield Sample("process.threads", at, sum(stat.threads for stat in stats), label)
        with suppress(PermissionError):  # one does not let itself be looked at, so the sum is not known
            yield Sample("process.open_files", at, sum(_open_files(stat.pid) for stat in stats), label)


def _open_files(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
        return open_files(pid)
    return 0


def _numbered(numbers: dict[int, int], pids: Sequence[int]) -> dict[int, int]:
    """Give each worker a number: what it had, or the smallest that is free. A successor thus gets its number."""
    kept = {pid: number for pid, number in numbers.items() if pid in pids}
    for pid in pids:
        if pid not in kept:
            kept[pid] = min(set(range(1, len(kept) + 2)) - set(kept.values()))
    return kept
