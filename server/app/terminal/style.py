"""Colour and signs on a terminal, where there are any."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_CODES = {"strong": "1", "faint": "2", "good": "32", "poor": "33", "bad": "31"}
_PLAIN_SIGNS = {"●": "*", "✓": "+", "✗": "x", "·": "-", "–": "-"}
_WIDEST = 100


@dataclass(frozen=True, slots=True)
class Style:
    """How to write for one reader.

    Attributes:
        columns: Longest line.
        colour: Whether colours may be used.
        signs: Whether signs beyond ASCII may be.
    """

    columns: int = 80
    colour: bool = False
    signs: bool = True

    def paint(self, text: str, tone: str) -> str:
        """The text in a tone (`strong`, `faint`, `good`, `poor`, `bad`), or as it is."""
        return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if self.colour and text else text

    def sign(self, sign: str) -> str:
        """The sign, or what stands for it in ASCII."""
        return sign if self.signs else _PLAIN_SIGNS.get(sign, sign)


def style_of(stream: TextIO = sys.stdout, environment: Mapping[str, str] = os.environ) -> Style:
    """The style that suits a stream.

    Colours go to terminals only, and not where `NO_COLOR` is set (no-color.org) or the terminal is dumb.
    """
    terminal = stream.isatty()
    calm = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
    columns = min(_WIDEST, shutil.get_terminal_size((80, 24)).columns) if terminal else 80
    unicode = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")
    return Style(columns=max(40, columns), colour=terminal and not calm, signs=unicode)
