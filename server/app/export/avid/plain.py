"""Text for programs that know nothing but ASCII."""

from __future__ import annotations

import unicodedata

_SPELT_OUT = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-",
        "…": "...", "→": "->", "•": "*", "€": "EUR", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
        "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D",
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """The same text without accents, typographic signs spelt out; a question mark for what has no such form."""
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFKD", text.translate(_SPELT_OUT))
    kept = "".join(character for character in bare if not unicodedata.combining(character))
    return kept.encode("ascii", "replace").decode("ascii")


def lost_in_ascii(text: str) -> int:
    """How many characters become question marks."""
    return to_ascii(text).count("?") - text.count("?")
