"""The colours of markers in DaVinci Resolve."""

from __future__ import annotations

from ..timeline.model import Colour

COLOURS: dict[Colour, str] = {
    "blue": "Blue",
    "green": "Green",
    "yellow": "Yellow",
    "cyan": "Cyan",
    "purple": "Purple",
    "orange": "Sand",
    "pink": "Pink",
    "red": "Red",
}
"""Resolve's names. It has no orange; sand comes nearest."""
