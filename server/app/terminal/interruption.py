"""Ctrl-C and `kill`: the first asks the work to stop and lets it tidy up, the second stops at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from ..domain.cancellation import UNSTOPPABLE, CancelToken
from .problems import INTERRUPTED, TERMINATED


def leave(code: int) -> None:
    """End the process now when a foreign call still runs that can't be stopped; else do nothing."""
    if any(thread.name == UNSTOPPABLE for thread in threading.enumerate()):
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)


class Interruption:
    """While entered, turns SIGINT and SIGTERM into a cancelled token.

    Attributes:
        token: Handed to the work; cancelled by the first signal.
        code: Exit code that tells which signal it was.
    """

    def __init__(self) -> None:
        self.token = CancelToken()
        self.code = INTERRUPTED
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.code = TERMINATED if number == signal.SIGTERM else INTERRUPTED
        if self.token.cancelled:
            raise KeyboardInterrupt
        self.token.cancel()
