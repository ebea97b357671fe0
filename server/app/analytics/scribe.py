"""Takes events down in a thread of its own: telling it one costs no more than a put into a queue."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from ..domain.events import Event

log = logging.getLogger(__name__)

PACE_S = 0.25
"""Events are taken down so often at most; those of a burst together."""

_MOST_WAITING = 100_000
"""Events that may wait to be taken down; more are let go of."""

_MOST_AT_ONCE = 1000
_LEAVE_S = 10.0


class Scribe:
    """Hands events on, in order, many at a time. Thread-safe.

    Args:
        take: Takes them down. What it raises is logged, and the next events are handed on.
        on_loss: Told how many were let go of.
    """

    def __init__(self, take: Callable[[Sequence[Event]], None], on_loss: Callable[[int], None]) -> None:
        self._take = take
        self._on_loss = on_loss
        self._events: queue.Queue[Event | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what is told before is not heard."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="scribe", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Take down what was told, and end."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._events.put(None)
            thread.join(_LEAVE_S)

    def listen(self, event: Event) -> None:
        """Hear an event; returns at once and never raises."""
        if self._thread is None:
            return
        try:
            self._events.put_nowait(event)
        except queue.Full:
            self._on_loss(1)

    def settle(self, timeout_s: float) -> None:
        """Wait until everything told so far has been taken down."""
        until = time.monotonic() + timeout_s
        while self._thread is not None and self._events.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.01)

    def _work(self) -> None:
        while True:
            batch = self._next()
            events = [event for event in batch if event is not None]
            try:
                if events:
                    self._take(events)
            except Exception:  # the thread's last line of defence; work must go on whatever becomes of its figures
                log.exception("What happened could not be taken down")
            for _ in batch:
                self._events.task_done()
            if len(events) < len(batch):
                return

    def _next(self) -> list[Event | None]:
        """The next event with those that follow it closely; None is the last."""
        batch = [self._events.get()]
        if batch[0] is not None:
            self._rest()
        while batch[-1] is not None and len(batch) < _MOST_AT_ONCE:
            try:
                batch.append(self._events.get_nowait())
            except queue.Empty:
                break
        return batch

    def _rest(self) -> None:
        """Let more come, unless it is to end."""
        until = time.monotonic() + PACE_S
        while self._thread is not None and time.monotonic() < until:
            time.sleep(PACE_S / 5)
