"""Times as readers want them: to the second, to the millisecond, or as the picture's timecode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from ..domain.timecode import Timebase, timebase_of
from ..domain.transcript import Transcript
from ..errors import InvalidOption
from .text import clock, short_clock
from .timeline.building import grid_of

Precision = Literal["second", "millisecond", "timecode"]
PrecisionOption = Annotated[
    Precision, Field(description="Times to the second, to the millisecond, or as timecode in frames.")
]
RateOption = Annotated[
    str,
    Field(
        description="Frames per second of timecode: auto (those of the picture, if there is one), 25, 29.97 and so on."
    ),
]
Stamp = Callable[[float], str]
"""Writes seconds as text."""


def stamp_of(transcript: Transcript, precision: Precision, rate: str) -> Stamp:
    """How times of this transcript are written.

    Args:
        transcript: Whose recording's frames and timecode count.
        precision: What is wanted.
        rate: `auto` or a frame rate; timecode of a rate that was given begins at zero.

    Raises:
        InvalidOption: The rate is none, or timecode is wanted of a recording that has no picture.
    """
    if precision == "second":
        return short_clock
    if precision == "millisecond":
        return lambda seconds: clock(round(seconds * 1000))
    timebase, first = _grid(transcript, rate)
    return lambda seconds: timebase.format(first + timebase.frame_at(seconds))


def _grid(transcript: Transcript, rate: str) -> tuple[Timebase, int]:
    video = transcript.recording.video
    if rate != "auto":
        return timebase_of(rate), 0
    if video is None:
        raise InvalidOption(
            "There is no timecode: the recording has no picture.", hint="Say how many frames with rate, as in rate=25."
        )
    return grid_of(video)
