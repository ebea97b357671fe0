"""Whether models can be fetched, remembered: finding out that they can't may take seconds, for every job anew."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .shelf import write_json

REMEMBERED_S = 300.0


class Reach:
    """Asks whether the hub can be reached, and remembers for five minutes, in a file, that it can't.

    That it can is not remembered: asking is quick then, and a model is about to be fetched.

    Args:
        ask: Finds out; takes up to 3 s.
        memory: Shared by all processes.
        now: Unix time.
    """

    def __init__(self, ask: Callable[[], bool], memory: Path, now: Callable[[], float] = time.time) -> None:
        self._ask = ask
        self._memory = memory
        self._now = now
        self._failed_at: float | None = None

    def __call__(self) -> bool:
        """Whether models can be fetched now."""
        failed_at = self._failed_at or self._recalled()
        if failed_at is not None and 0 <= self._now() - failed_at < REMEMBERED_S:
            return False
        if self._ask():
            return True
        self.failed()
        return False

    def failed(self) -> None:
        """Remember that they can't."""
        self._failed_at = self._now()
        with suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._memory, {"failed_at": self._failed_at})

    def _recalled(self) -> float | None:
        try:
            return float(json.loads(self._memory.read_text("utf-8"))["failed_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
