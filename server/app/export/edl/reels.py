"""What media is called in an edit list: eight letters and digits, no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from ..timeline.model import Media

LENGTH = 8
BLACK = "BL"
_RESERVED = frozenset({BLACK, "BLACK", "AX", "BARS", "NONE"})
_UNFIT = re.compile(r"[^A-Z0-9_]+")


def reel_names(media: Sequence[Media]) -> dict[str, str]:
    """A reel for each medium, by its id, as close to its file name as eight letters get."""
    names: dict[str, str] = {}
    taken: set[str] = set(_RESERVED)
    for medium in media:
        wanted = _letters(PurePosixPath(medium.name).stem) or f"REEL{medium.index:04d}"
        name, number = wanted[:LENGTH], 1
        while name in taken:
            number += 1
            name = f"{wanted[: LENGTH - len(str(number))]}{number}"
        taken.add(name)
        names[medium.id] = name
    return names


def _letters(text: str) -> str:
    """Plain capitals: letters lose their accents, what is left of other scripts goes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return _UNFIT.sub("", plain.upper().replace(" ", "_")).strip("_")
