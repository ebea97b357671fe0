"""What a machine has to turn in, looked at from here: cores, memory, disk."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path

from ..engines.devices import MachineProbe
from ..survey.limits import count_cores
from ..survey.machine import existing
from .knobs import Room


def look_around(cache_folder: Path, models: tuple[str, ...] | None = None) -> Room:
    """What this machine has, container limits included.

    Args:
        cache_folder: Where results are kept for later jobs; it need not exist.
        models: Names of the speech models that are here; None where unknown.
    """
    cores, memory_bytes = _processor()
    return Room(cores, memory_bytes, cache_room_bytes=_room_bytes(cache_folder), models=models)


@cache
def _processor() -> tuple[int, int | None]:
    """Usable cores and memory: they do not change while a process lives."""
    memory = [device.memory_bytes for device in MachineProbe().devices() if device.kind == "cpu"]
    return count_cores().usable, memory[0] if memory else None


def _room_bytes(folder: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(existing(folder)).free + _held_bytes(folder)
    return None


def _held_bytes(folder: Path) -> int:
    held = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # another process removed it
                held += (Path(path) / name).stat().st_size
    return held
