"""Looks at everything now and then, in a thread of its own, and hands on what it saw."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from ..facts import Sample
from .inside import Source
from .pace import LEAST_S, Pace, affordable_s, mood, next_pace

log = logging.getLogger(__name__)

T = TypeVar("T")

_COSTS_KEPT = 10
_LEAVE_S = 0.9


class Sampler:
    """Asks its sources again and again. How often follows from what they tell; see `pace`.

    A source that fails is logged once and left out until it works again; so is one who takes the samples and fails.
    Neither stops the others.

    Args:
        sources: What to look at, by a name for the log.
        emit: Takes the samples of each look, in the sampler's thread.
        every_s: Seconds between looks while there is work and nothing much changes; at least 1 is sensible.
        now: Unix time, for the samples.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        emit: Callable[[Sequence[Sample]], None],
        every_s: float = 10.0,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._sources = dict(sources)
        self._emit = emit
        self._now = now
        self._failing: set[str] = set()
        self._pace = Pace.of(every_s)
        self._last: Sequence[Sample] = ()
        self._costs_s: deque[float] = deque(maxlen=_COSTS_KEPT)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._woken = False

    def start(self) -> None:
        """Begin to look."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Look no more. Waits for a look that is under way, but less than a second: a disk may hang."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LEAVE_S)

    def wake(self) -> None:
        """Say that something begins: if looks have become seldom, the next comes at once, and they are as asked for."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    @property
    def cost_s(self) -> float:
        """Processor time of a look, the mean of the last ten; 0 before the second."""
        return statistics.fmean(self._costs_s) if self._costs_s else 0.0

    @property
    def pace(self) -> Pace:
        """How often it would look if looking cost nothing."""
        return self._pace

    @property
    def interval_s(self) -> float:
        """Seconds from the last look to the next."""
        return affordable_s(self._pace.interval_s, self.cost_s)

    def look(self) -> list[Sample]:
        """Ask all sources once; what fails is left out. Not while the thread runs: rates are since the last look."""
        at = self._now()
        samples: list[Sample] = []
        for name, source in self._sources.items():
            samples += self._tried(f"the source {name}", partial(_asked, source, at)) or ()
        return samples

    def _run(self) -> None:
        thread, first = threading.current_thread(), True
        while not self._is_over(thread):
            began_s = time.thread_time()
            samples = self.look()
            self._tried("who takes the samples", partial(self._emit, samples))
            self._pace = next_pace(self._pace, mood(self._last, samples))
            self._last = samples
            if not first:  # the first one imports, opens and fills caches
                self._costs_s.append(time.thread_time() - began_s)
            first = False
            self._rest(thread)

    def _rest(self, thread: threading.Thread) -> None:
        """Wait for the next look, unless woken from long rest."""
        ended_s = time.monotonic()
        with self._changed:
            while not self._is_over(thread):
                called = self._woken and self._pace.interval_s > self._pace.every_s
                soon_s = min(LEAST_S, self._pace.every_s)
                wanted_s = affordable_s(soon_s, self.cost_s) if called else self.interval_s
                left_s = ended_s + wanted_s - time.monotonic()
                if left_s <= 0:
                    self._pace = Pace.of(self._pace.every_s) if called else self._pace
                    break
                self._changed.wait(left_s)
            self._woken = False

    def _is_over(self, thread: threading.Thread) -> bool:
        return self._thread is not thread

    def _tried(self, what: str, action: Callable[[], T]) -> T | None:
        """What comes of something that may fail in whatever way; None where it does."""
        try:
            result = action()
        except Exception:  # somebody else's code, and nothing of what it does may stop the others
            if what not in self._failing:
                self._failing.add(what)
                log.warning("The sampler goes on without %s", what, exc_info=True)
            return None
        if what in self._failing:
            self._failing.discard(what)
            log.info("The sampler works with %s again", what)
        return result


def _asked(source: Source, at: float) -> list[Sample]:
    """All samples of a source, or none: it may fail in the middle."""
    return list(source(at))
