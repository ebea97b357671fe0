"""Tells how far a model is fetched."""

from __future__ import annotations

import time
from math import inf

from ..domain.events import Emit, ModelFetching
from .entries import CatalogEntry

TOLD_EVERY_S = 1.0


class Telling:
    """Turns the progress of a download into `ModelFetching` events, one a second; the first and the last always."""

    def __init__(self, entry: CatalogEntry, emit: Emit) -> None:
        self._entry = entry
        self._emit = emit
        self._told_at = -inf

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        """Take the bytes that are here and the bytes in all."""
        now = time.monotonic()
        if now - self._told_at < TOLD_EVERY_S and done_bytes < total_bytes:
            return
        self._told_at = now
        name, source = self._entry.name, self._entry.source
        self._emit(ModelFetching(model=name, source=source, done_bytes=done_bytes, total_bytes=total_bytes))
