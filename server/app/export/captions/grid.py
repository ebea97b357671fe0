"""What captions are timed in: whole frames of a picture, or whole milliseconds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

MS_PER_S = 1000
_NEARLY = 1e-6


@dataclass(frozen=True, slots=True)
class Grid:
    """Counts time in ticks: frames at a rate, milliseconds where there is none.

    Attributes:
        rate: Frames per second, or None.
    """

    rate: Fraction | None = None

    @property
    def ticks_per_s(self) -> float:
        """How many ticks a second has; frames of NTSC rates are no whole number."""
        return float(self.rate) if self.rate else MS_PER_S

    def nearest(self, seconds: float) -> int:
        """The tick nearest to a time."""
        return round(seconds * self.ticks_per_s)

    def at_least(self, seconds: float) -> int:
        """The fewest ticks that last so long."""
        return math.ceil(seconds * float(self.rate) - _NEARLY) if self.rate else round(seconds * MS_PER_S)

    def at_most(self, seconds: float) -> int:
        """The most ticks that last no longer; one at least."""
        return max(1, int(seconds * float(self.rate) + _NEARLY)) if self.rate else round(seconds * MS_PER_S)

    def milliseconds(self, ticks: int) -> int:
        """When a tick begins, to the nearest millisecond: exact, so that nothing drifts."""
        if not self.rate:
            return ticks
        above, below = ticks * MS_PER_S * self.rate.denominator, self.rate.numerator
        return (2 * above + below) // (2 * below)
