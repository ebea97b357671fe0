"""What a caption is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A word, part of one too long for a line, or a speaker's name. `glued`: no space before it."""

    text: str
    start_s: float
    end_s: float
    glued: bool = False
    confidence: float = 1.0


Line = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption by one speaker (an id). Times are whole milliseconds, `end_ms` > `start_ms`.

    Attributes:
        second: Lines in a second language, to be shown below the others.
    """

    start_ms: int
    end_ms: int
    speaker: str | None
    lines: tuple[Line, ...]
    second: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines as text."""
        return tuple(line_text(line) for line in self.lines)

    @property
    def characters(self) -> int:
        """How many there are to be read in the first language."""
        return sum(map(len, self.texts))


def line_text(line: Sequence[Token]) -> str:
    """The text of a line."""
    return "".join(token.text if token.glued or not i else f" {token.text}" for i, token in enumerate(line))
