"""Text for people: names that can't garble the terminal, durations, aligned tables."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_JOINERS = "\u200c\u200d"


def shown(name: str | Path) -> str:
    """A file name that is safe to print on one line.

    Control characters (newlines, escape codes), direction overrides that would reorder what follows, and
    bytes that are no text are written as escapes; all else, right-to-left scripts and emoji included, stays.
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(
        char if unicodedata.category(char) not in {"Cc", "Cf", "Zl", "Zp"} or char in _JOINERS else _escaped(char)
        for char in text
    )


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def duration(seconds: float | None) -> str:
    """Minutes and seconds (`3:07`), with hours where there are any (`1:02:03`); `-` for None."""
    if seconds is None:
        return "-"
    total = round(seconds)
    minutes, rest = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `3 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def width(text: str) -> int:
    """Columns the text takes on a terminal (East Asian wide characters take two, combining marks none)."""
    return sum(
        0 if unicodedata.combining(c) or c in _JOINERS else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def clipped(text: str, columns: int) -> str:
    """The text, its middle left out where it is wider than `columns` (≥ 3)."""
    if width(text) <= columns:
        return text
    head, tail = text, text
    while width(head) > (columns - 1 + 1) // 2:
        head = head[:-1]
    while width(tail) > (columns - 1) // 2:
        tail = tail[1:]
    return f"{head}…{tail}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under a header, columns aligned by display width; ends with a newline."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(header))]
    return "".join(
        "  ".join(cell + " " * (w - width(cell)) for cell, w in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def json_bytes(value: object) -> bytes:
    """A value as JSON for a terminal or a file: indented, not escaped, ending in a line end."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
