"""Text made fit for files: no control characters, exact clock times, one newline policy."""

from __future__ import annotations

import re
from typing import Literal

Newline = Literal["lf", "crlf"]

# C0 and C1 controls, lone surrogates and non-characters: forbidden in XML, harmful everywhere else.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """One line of text: white space runs become one space, control characters and lone surrogates go."""
    return " ".join(_UNFIT.sub("", text).split())


def printable(text: str) -> str:
    """Without control characters and lone surrogates, white space as it is: what paths need."""
    return _UNFIT.sub("", text)


def encode(text: str, *, newline: Newline = "lf", bom: bool = False) -> bytes:
    """UTF-8 bytes with one kind of line end and, for old Windows programs, a byte order mark."""
    ends = text.replace("\n", "\r\n") if newline == "crlf" else text
    return ends.encode("utf-8-sig" if bom else "utf-8")


def clock(milliseconds: int, *, point: str = ".") -> str:
    """`HH:MM:SS.mmm`; hours have two digits, or more from 100 hours on."""
    seconds, ms = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{point}{ms:03d}"


def short_clock(seconds: float) -> str:
    """`M:SS` or `H:MM:SS`, cut to the second: where readers look for a place, not editors for a frame."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"
