"""What engines were seen to take and to do on this machine: memory and speed. Survives restarts."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from .footprint import MARGIN
from .shared_file import SharedFile

log = logging.getLogger(__name__)

_NEW_WEIGHT = 0.3
"""How much the latest run says about the speed of the next one."""

_FORGETTING = 0.9
"""A high peak fades so much with every later run: it may have been somebody else's in the same process."""

_MOST = 500
"""Figures kept; the oldest give way."""


class Measured:
    """Figures by name, such as `whisper small int8 x4 on AMD EPYC`.

    Where the file can't be written nothing is learnt, and nothing else goes wrong.
    """

    def __init__(self, path: Path) -> None:
        self._file = SharedFile(path)

    def memory_bytes(self, name: str) -> int | None:
        """What to lease, going by the highest peak seen; None before the first."""
        peak = self._figures(name).get("peak_bytes")
        return None if peak is None else int(peak * MARGIN)

    def speed(self, name: str) -> float | None:
        """Seconds of sound done in a second, lately; None before the first run."""
        speed = self._figures(name).get("speed")
        return None if speed is None else float(speed)

    def note_memory(self, name: str, peak_bytes: int) -> None:
        """Remember a peak."""
        self._note(name, lambda known: {"peak_bytes": max(peak_bytes, int(_FORGETTING * known.get("peak_bytes", 0)))})

    def note_speed(self, name: str, sound_s: float, wall_s: float) -> None:
        """Remember how long a run took, loading not included."""
        if sound_s <= 0 or wall_s <= 0:
            return
        now = sound_s / wall_s

        def weighed(known: dict[str, Any]) -> dict[str, float]:
            before = known.get("speed", now)
            return {"speed": before + _NEW_WEIGHT * (now - before)}

        self._note(name, weighed)

    def _figures(self, name: str) -> dict[str, Any]:
        found = self._file.read().get(name)
        return found if isinstance(found, dict) else {}

    def _note(self, name: str, learn: Any) -> None:
        with suppress(OSError), self._file.change() as state:
            known = state.pop(name, {})
            state[name] = {**known, **learn(known)}
            for oldest in list(state)[:-_MOST]:
                del state[oldest]
