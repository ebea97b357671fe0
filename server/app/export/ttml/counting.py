"""How a document counts time: in milliseconds, or in frames of the picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...domain.timecode import Timebase
from ..captions import Caption
from ..text import clock

Edges = tuple[int, int]
"""Begin and end, in whatever is counted."""


class Counting(ABC):
    """Turns milliseconds into whole units, and those into text."""

    @abstractmethod
    def count(self, milliseconds: int) -> int:
        """The nearest unit."""

    @abstractmethod
    def text(self, count: int) -> str:
        """As the document says it."""

    def edges(self, captions: Sequence[Caption]) -> list[Edges]:
        """When captions begin and end; each for a unit at least."""
        counted = ((self.count(caption.start_ms), self.count(caption.end_ms)) for caption in captions)
        return [(begin, max(end, begin + 1)) for begin, end in counted]


class Milliseconds(Counting):
    """Clock time, `HH:MM:SS.mmm`, with more digits for hours where need be."""

    def count(self, milliseconds: int) -> int:
        """As it is."""
        return milliseconds

    def text(self, count: int) -> str:
        """Clock time."""
        return clock(count)


@dataclass(frozen=True, slots=True)
class Frames(Counting):
    """Offsets such as `1234f`: at rates like 29.97 the only way to name a frame exactly."""

    timebase: Timebase

    def count(self, milliseconds: int) -> int:
        """The frame boundary nearest to a time."""
        return self.timebase.frames(Fraction(milliseconds, 1000))

    def text(self, count: int) -> str:
        """An offset in frames."""
        return f"{count}f"
