"""Figures that only the server knows: its queue, what it keeps for later jobs, this history. It hands in how to ask."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from ..facts import Sample

Source = Callable[[float], Iterable[Sample]]
"""Looks at something, at a Unix time that its samples shall have. Raises whatever it likes; see `Sampler`."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """Jobs that wait, and who works on the others.

    Attributes:
        waiting: How many wait, by kind (`batch`, `interactive`).
        oldest_s: How long the one that waits longest has waited; 0 when none does.
        workers: Worker processes that are alive.
        busy: How many of them work on a job.
    """

    waiting: Mapping[str, int]
    oldest_s: float
    workers: int
    busy: int


class Queue:
    """`queue.*` and `workers.*`. A kind that was told once is told as 0 when none of it waits.

    Args:
        look: Tells how it is now.
    """

    def __init__(self, look: Callable[[], QueueState]) -> None:
        self._look = look
        self._kinds: set[str] = set()

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look."""
        state = self._look()
        self._kinds |= state.waiting.keys()
        for kind in sorted(self._kinds):
            yield Sample("queue.depth", at, state.waiting.get(kind, 0), (("kind", kind),))
        yield Sample("queue.oldest_s", at, state.oldest_s)
        yield Sample("workers.alive", at, state.workers)
        yield Sample("workers.busy", at, state.busy)


class Kept:
    """`cache.bytes` or `history.bytes`: how large something is.

    Args:
        series: Which of these.
        look: Tells the size in bytes; None where it can't be told.
    """

    def __init__(self, series: str, look: Callable[[], int | None]) -> None:
        self._series = series
        self._look = look

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look."""
        if (size_bytes := self._look()) is not None:
            yield Sample(self._series, at, size_bytes)


class Seldom:
    """A source that is asked no more often than every so many seconds: for what costs much and changes slowly.

    Args:
        source: Which.
        every_s: Least time from one look to the next.
        clock: Seconds, from anywhere.
    """

    def __init__(self, source: Source, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._every_s = every_s
        self._clock = clock
        self._next_s: float | None = None

    def __call__(self, at: float) -> Iterable[Sample]:
        """Look, if it is time."""
        now_s = self._clock()
        if self._next_s is not None and now_s < self._next_s:
            return ()
        self._next_s = now_s + self._every_s
        return self._source(at)


def size_bytes(*paths: Path) -> int:
    """Size of files and of all in folders, linked folders aside; what is not there or vanishes meanwhile is nothing."""
    files = [*paths, *(Path(folder, name) for path in paths for folder, _, names in os.walk(path) for name in names)]
    total = 0
    for file in files:
        with suppress(OSError):
            facts = file.stat()
            total += facts.st_size if S_ISREG(facts.st_mode) else 0
    return total
