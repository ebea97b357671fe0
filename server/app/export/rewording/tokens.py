"""What a written word is made of: marks before it, the word itself, marks after it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SENTENCE_MARKS = ".?!…。？！؟۔।"
PAUSE_MARKS = ",;:–—-،、，；："
CLOSERS = "\"'”’»)]}"
_OPENERS = "\"'“„‘‚«‹([{¿¡"
_MARKS = SENTENCE_MARKS + PAUSE_MARKS + CLOSERS + _OPENERS + "›*_"
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")


@lru_cache(maxsize=1 << 14)  # most words of a talk are said again and again
def core(text: str) -> str:
    """The word without marks around it, for looking it up: lower case, drawn-out letters twice."""
    bare = text.strip(_MARKS).lower()
    if not bare.isascii():
        bare = unicodedata.normalize("NFC", bare)
    return _DRAWN_OUT.sub(r"\1\1", bare)


def parts(text: str) -> tuple[str, str, str]:
    """The marks before a word, the word, and the marks after it."""
    bare = text.strip(_MARKS)
    if not bare:
        return "", "", text
    begin = text.index(bare)
    return text[:begin], bare, text[begin + len(bare) :]


def capitalised(text: str) -> str:
    """The text with its first letter, marks before it passed over, made a capital."""
    head, bare, tail = parts(text)
    return f"{head}{bare[:1].upper()}{bare[1:]}{tail}" if bare else text
