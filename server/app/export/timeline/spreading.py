"""Markers for programs that hold one a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .model import Marker


def one_a_frame(markers: Sequence[Marker]) -> tuple[tuple[Marker, ...], int]:
    """Move markers whose frame is taken to the next one that is free.

    Returns:
        The markers, and how many were moved.
    """
    placed: list[Marker] = []
    moved = free = 0
    for marker in markers:
        start = max(marker.start, free)
        moved += start != marker.start
        placed.append(replace(marker, start=start))
        free = start + 1
    return tuple(placed), moved


def moved_warning(markers: Sequence[Marker], program: str) -> tuple[str, ...]:
    """What to tell the reader about markers that had to move."""
    moved = one_a_frame(markers)[1]
    if not moved:
        return ()
    return (f"{program} holds one marker a frame: {moved} that began together with another now follow it.",)
