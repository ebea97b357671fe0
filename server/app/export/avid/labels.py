"""How Media Composer names colours, clips and tracks."""

from __future__ import annotations

from collections.abc import Mapping

from ..timeline.model import Clip, Colour

NO_SPEAKER = "Speech"
"""The name of a track or marker where nobody knows who speaks."""

COLOURS: Mapping[Colour, str] = {
    "blue": "Blue",
    "green": "Green",
    "yellow": "Yellow",
    "cyan": "Cyan",
    "purple": "Magenta",
    "orange": "White",
    "pink": "Black",
    "red": "Red",
}
"""Marker colours by the names that every version knows. There are eight: orange and pink stay tellable apart only."""

RGB: Mapping[str, Mapping[str, int]] = {
    name: {"red": red, "green": green, "blue": blue}
    for name, (red, green, blue) in {
        "Red": (41471, 12134, 6564),
        "Green": (13107, 52428, 13107),
        "Blue": (13107, 13107, 52428),
        "Cyan": (13107, 52428, 52428),
        "Magenta": (52428, 13107, 52428),
        "Yellow": (58981, 58981, 6553),
        "Black": (0, 0, 0),
        "White": (65535, 65535, 65535),
    }.items()
}
"""Their shades, 16 bits a channel."""


def clip_name(clip: Clip, most: int) -> str:
    """Who speaks and how it begins, in at most so many characters."""
    speaker = clip.speaker or NO_SPEAKER
    return cut_off(f"{speaker}: {clip.text}" if clip.text else speaker, most)


def cut_off(text: str, most: int) -> str:
    """The beginning of a text; the ellipsis counts too."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
