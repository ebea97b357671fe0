"""Fillers, swear words and letters: one edit for each language of a transcript and its translations."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ...domain.languages import primary_language
from ...domain.transcript import Transcript
from .dropping import Edit, drop_blocked, drop_fillers, mask_blocked
from .editing import edited
from .wordlists import FILLERS, PROFANITY

_DOTTED = ("tr", "az")
"""Languages whose capital of `i` is `İ`."""


def without_fillers(transcript: Transcript) -> tuple[Transcript, tuple[str, ...]]:
    """Leave out what says nothing, such as um and uh."""

    def edit_for(language: str) -> Edit | None:
        code = primary_language(language)
        return drop_fillers(code) if code in FILLERS else None

    known = primary_language(transcript.language) in FILLERS
    told = () if known else (f"No fillers are known of the language '{transcript.language}': all words are kept.",)
    return edited(transcript, edit_for), told


def without_profanity(
    transcript: Transcript, *, treatment: Literal["mask", "drop"], blocked: str
) -> tuple[Transcript, tuple[str, ...]]:
    """Mask or leave out swear words and those the user named, separated by commas."""
    named = frozenset(entry.strip() for entry in blocked.split(",") if entry.strip())
    make = mask_blocked if treatment == "mask" else drop_blocked

    def edit_for(language: str) -> Edit | None:
        words = named | PROFANITY.get(primary_language(language), frozenset())
        return make(words) if words else None

    known = primary_language(transcript.language) in PROFANITY
    told = () if known else (f"No swear words are known of the language '{transcript.language}'.",)
    return edited(transcript, edit_for), told


def in_case(transcript: Transcript, case: Literal["lower", "upper"]) -> Transcript:
    """All letters small or all capital, as the language writes them."""

    def edit_for(language: str) -> Edit:
        change = partial(_cased, upper=case == "upper", dotted=primary_language(language) in _DOTTED)
        return lambda texts: [change(text) for text in texts]

    return edited(transcript, edit_for)


def _cased(text: str, *, upper: bool, dotted: bool) -> str:
    if upper:
        return (text.replace("i", "İ") if dotted else text).upper()
    return (text.replace("İ", "i").replace("I", "ı") if dotted else text).lower()
