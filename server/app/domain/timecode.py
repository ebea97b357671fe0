"""Exact time in frames: rates as fractions, SMPTE 12M timecode with and without drop-frame.

Seconds here are `Fraction`s. Drop-frame skips *numbers*, never frames: at 30000/1001 the labels ;00 and ;01 of
every minute are left out except in minutes divisible by ten, so that the label keeps step with the wall clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..errors import InvalidOption

Seconds = Fraction | float | int | Decimal

_NTSC = Fraction(1000, 1001)
_NTSC_TOLERANCE = Fraction(1, 200)
_MAX_RATE = 1000
_PATTERN: Final = re.compile(r"(\d{1,3}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")
_DAY_S = 86_400


def parse_rate(text: str | float | Fraction) -> Fraction:
    """Read a frame rate exactly: `25`, `30000/1001`, or the usual decimal short forms `23.976`, `29.97`, `59.94`.

    A decimal within 0.005 of an NTSC rate (a whole number times 1000/1001) is taken for that rate, because that
    is what people mean by it.

    Raises:
        InvalidOption: It is not a number, or not within 0 < rate ≤ 1000.
    """
    try:
        rate = Fraction(str(text)) if isinstance(text, float) else Fraction(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InvalidOption(f"'{text}' is not a frame rate.", hint="Write it like 25, 29.97 or 30000/1001.") from None
    if not 0 < rate <= _MAX_RATE:
        raise InvalidOption(f"A frame rate of {text} makes no sense.", hint="Rates lie between 0 and 1000.")
    ntsc = -(-rate // 1) * _NTSC
    exact_already = rate.denominator in (1, 1001)
    return ntsc if not exact_already and abs(rate - ntsc) < _NTSC_TOLERANCE else rate


@dataclass(frozen=True, slots=True)
class Timebase:
    """A frame rate and how its frames are labelled.

    Attributes:
        rate: Frames per second, exact.
        drop_frame: Drop-frame labels; possible at 30000/1001 and its multiples only.
    """

    rate: Fraction
    drop_frame: bool = False

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise InvalidOption("A frame rate must be above 0.")
        if self.drop_frame and (self.nominal % 30 or self.rate != self.nominal * _NTSC):
            raise InvalidOption(
                f"There is no drop-frame timecode at {float(self.rate):.3f} frames per second.",
                hint="Drop-frame exists at 29.97, 59.94 and 119.88.",
            )

    @property
    def nominal(self) -> int:
        """Whole frames labelled per second: 30 for 30000/1001."""
        return max(1, -(-self.rate.numerator // self.rate.denominator))

    @property
    def frame_s(self) -> Fraction:
        """Length of one frame in seconds."""
        return 1 / self.rate

    @property
    def frames_per_day(self) -> int:
        """How many labels there are before the clock starts again at 00:00:00:00."""
        labels = _DAY_S * self.nominal
        return labels - self._dropped_per_minute * (24 * 60 - 24 * 6)

    @property
    def _dropped_per_minute(self) -> int:
        return self.nominal // 15 if self.drop_frame else 0

    def frames(self, seconds: Seconds) -> int:
        """The frame boundary nearest to a time; halves go up."""
        exact = _exact(seconds) * self.rate
        return (exact.numerator * 2 + exact.denominator) // (2 * exact.denominator)

    def frame_at(self, seconds: Seconds) -> int:
        """The frame that is on screen at a time: the last one that began at or before it."""
        return int(_exact(seconds) * self.rate // 1)

    def seconds(self, frames: int) -> Fraction:
        """When a frame begins, exactly."""
        return frames / self.rate

    def format(self, frame: int) -> str:
        """Label a frame `HH:MM:SS:FF`, or `HH:MM:SS;FF` in drop-frame. The clock wraps after 24 hours.

        Raises:
            InvalidOption: The frame number is negative.
        """
        if frame < 0:
            raise InvalidOption(f"There is no timecode before zero (frame {frame}).")
        number = self._with_dropped(frame % self.frames_per_day)
        seconds, frames = divmod(number, self.nominal)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        width = 2 if self.nominal <= 100 else 3
        return f"{hour:02d}:{minute:02d}:{second:02d}{';' if self.drop_frame else ':'}{frames:0{width}d}"

    def parse(self, text: str) -> int:
        """Read a label back into a frame number.

        A colon before the frames is accepted in drop-frame too, since many programs write it so; a semicolon
        (or the comma or dot some write instead) says drop-frame and is refused where this is none.

        Raises:
            InvalidOption: Not a timecode, out of range, or a label that drop-frame skips.
        """
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise InvalidOption(f"'{text}' is not a timecode.", hint="Write it like 01:02:03:04 or 01:02:03;04.")
        hour, minute, second, frame = (int(match[group]) for group in (1, 2, 3, 5))
        if match[4] != ":" and not self.drop_frame:
            raise InvalidOption(f"'{text}' is drop-frame timecode, but this timebase is not drop-frame.")
        if hour > 23 or minute > 59 or second > 59 or frame >= self.nominal:
            raise InvalidOption(
                f"'{text}' is out of range.", hint=f"It goes up to 23:59:59:{self.nominal - 1:02d} here."
            )
        minutes = hour * 60 + minute
        if minute % 10 and second == 0 and frame < self._dropped_per_minute:
            raise InvalidOption(f"'{text}' does not exist: drop-frame skips this label.")
        number = (minutes * 60 + second) * self.nominal + frame
        return number - self._dropped_per_minute * (minutes - minutes // 10)

    def _with_dropped(self, frame: int) -> int:
        """Number of the label a frame carries: the frame's own plus all labels skipped before it."""
        drop = self._dropped_per_minute
        if not drop:
            return frame
        per_minute = 60 * self.nominal - drop
        per_ten = 10 * per_minute + drop
        tens, rest = divmod(frame, per_ten)
        skipped = tens * 9 * drop
        if rest >= per_minute + drop:
            skipped += drop * ((rest - drop) // per_minute)
        return frame + skipped


def timebase_of(frame_rate: str | float | Fraction, *, drop_frame: bool = False) -> Timebase:
    """The timebase of a rate as files state it.

    Raises:
        InvalidOption: The rate is none, or drop-frame does not exist at it.
    """
    return Timebase(parse_rate(frame_rate), drop_frame)


def _exact(seconds: Seconds) -> Fraction:
    try:
        return Fraction(seconds)
    except (ValueError, OverflowError):
        raise InvalidOption(f"{seconds} is not a time.") from None
