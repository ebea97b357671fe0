"""Captions as CEA-608 sends them: rows at the bottom of a grid of 15 by 32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .characters import text_words
from .codes import COLUMNS, ERASE_HIDDEN, RESUME_LOADING, ROWS, position

Alignment = Literal["centre", "left"]


def load(lines: Sequence[str], alignment: Alignment) -> tuple[str, ...]:
    """What is sent to bring lines into hidden memory."""
    words = [RESUME_LOADING, ERASE_HIDDEN]
    for row, line in enumerate(lines, start=ROWS - len(lines) + 1):
        words.append(position(row, (COLUMNS - len(line)) // 2 if alignment == "centre" else 0))
        words += text_words(line)
    return tuple(words)
