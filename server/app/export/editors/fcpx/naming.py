"""What Final Cut Pro calls things: times, formats, roles, keywords, languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from ....domain.languages import primary_language

UNKNOWN_RATE = "FFVideoFormatRateUndefined"
"""The format of clips that have no picture."""

_HEIGHTS = {(1280, 720): "720p", (1920, 1080): "1080p", (3840, 2160): "3840x2160p", (4096, 2160): "4096x2160p"}
_RATES = {
    Fraction(24_000, 1001): "2398",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30_000, 1001): "2997",
    Fraction(30): "30",
    Fraction(50): "50",
    Fraction(60_000, 1001): "5994",
    Fraction(60): "60",
}
_CONFORMED = {rate: name if len(name) < 4 else f"{name[:2]}.{name[2:]}" for rate, name in _RATES.items()}
_UNFIT_IN_ROLES = re.compile(r"[.?,]+")
_LANGUAGES = {"zh": "cmn-Hans", "cmn": "cmn-Hans", "yue": "yue-Hant", "iw": "he", "no": "nb", "tl": "fil", "und": "en"}
_TRADITIONAL = ("hant", "tw", "hk", "mo")


def rational(seconds: Fraction) -> str:
    """A time as FCPXML writes it: `5s`, `1001/30000s`."""
    return f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"


def format_name(rate: Fraction, size: tuple[int, int]) -> str | None:
    """The name of a format that Final Cut Pro knows; it needs none for others."""
    height, frames = _HEIGHTS.get(size), _RATES.get(rate)
    return f"FFVideoFormat{height}{frames}" if height and frames else None


def conformed_rate(rate: Fraction) -> str | None:
    """A rate as `conform-rate` names it."""
    return _CONFORMED.get(rate)


def roles(speakers: Iterable[str]) -> dict[str, str]:
    """A role for each speaker, no two alike.

    Dots divide roles from sub-roles, question marks begin parameters and commas divide keywords: they become spaces.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for speaker in speakers:
        plain = fit(speaker)
        name, number = plain, 1
        while plain and name in taken:
            number += 1
            name = f"{plain} {number}"
        taken.add(name)
        found[speaker] = f"dialogue.{name}" if name else "dialogue"
    return found


def fit(name: str) -> str:
    """A name without the characters that mean something in roles and lists of keywords."""
    return " ".join(_UNFIT_IN_ROLES.sub(" ", name).split())


def caption_role(kind: str, language: str) -> str:
    """The role of captions of a kind, `itt` or `srt`, in a language."""
    name = {"itt": "iTT", "srt": "SRT"}[kind]
    return f"{name}?captionFormat={kind.upper()}.{caption_language(language)}"


def caption_language(tag: str) -> str:
    """A language by the tag that Final Cut Pro has for it; English where nobody knows."""
    primary = primary_language(tag)
    parts = [part.lower() for part in re.split("[-_]", tag)]
    if primary in ("zh", "cmn") and any(part in _TRADITIONAL for part in parts):
        return "cmn-Hant"
    return _LANGUAGES.get(primary, primary) or "en"
