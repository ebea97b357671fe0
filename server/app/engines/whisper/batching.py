"""How many windows are decoded together, and how their work is waited for."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from ...domain.cancellation import UNSTOPPABLE, CancelToken

T = TypeVar("T")

BATCH_S = 5.0
"""A batch that nobody wants any more runs to its end, and what it was at is lost when the process dies."""
_GROWTH = 2
_LEAVING_S = 60.0
_LOOK_S = 0.1
"""How often somebody who waits looks whether to stop."""


class Pace:
    """Learns how long a window takes, and says how many to decode together next. Kept over recordings.

    Args:
        first: Windows to begin with.
        most: Never more than this.
        now_s: The clock that work is measured by, in seconds. Where the processor does it, its own time: a machine
            that is busy with other things would otherwise be made busier by small batches.
    """

    def __init__(self, first: int, most: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self.now_s = now_s
        self._most = most
        self._windows = max(1, min(first, most))

    @property
    def windows(self) -> int:
        """How many to take next: what five seconds suffice for, growing step by step."""
        return self._windows

    def took(self, windows: int, work_s: float) -> None:
        """Learn from a batch that is done; a smaller one than was asked for can only lower the number."""
        fits = int(BATCH_S * windows / max(work_s, 1e-3))
        highest = windows * _GROWTH if windows >= self._windows else self._windows
        self._windows = max(1, min(fits, highest, self._most))


class Background(Generic[T]):
    """A piece of work in a thread of its own, because the calls it makes can't be stopped.

    Whoever waits for it can be; the work then goes on to its end alone and is forgotten.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._answer: Future[T] = Future()
        self._work = work
        threading.Thread(target=self._run, name=UNSTOPPABLE, daemon=True).start()

    def _run(self) -> None:
        try:
            self._answer.set_result(self._work())
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            self._answer.set_exception(error)

    @property
    def done(self) -> bool:
        """Whether the work has ended, well or not."""
        return self._answer.done()

    def wait(self, cancel: CancelToken) -> T:
        """What the work returned.

        Raises:
            Cancelled: Within a tenth of a second of `cancel` being set.
        """
        while True:
            cancel.check()
            try:
                return self._answer.result(timeout=_LOOK_S)
            except TimeoutError:
                if self._answer.done():
                    raise


@atexit.register
def _let_calls_end() -> None:
    """Keep the interpreter while a call runs: the library's globals must not go from under it."""
    until = time.monotonic() + _LEAVING_S
    for thread in threading.enumerate():
        if thread.name == UNSTOPPABLE:
            thread.join(max(until - time.monotonic(), 0.0))
