"""When captions come and go: in whole ticks, which are frames where there is a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .model import Caption, Line
from .options import Limits


@dataclass(frozen=True, slots=True)
class Spoken:
    """A caption's text, from when to when it is said, in ticks, and how long it takes to read."""

    start: int
    end: int
    speaker: str | None
    lines: tuple[Line, ...]
    reading_s: float


def timed(spoken: Sequence[Spoken], limits: Limits, duration: int) -> tuple[Caption, ...]:
    """Give captions time to be read, without touching the next one.

    Args:
        spoken: Ordered by start.
        limits: To keep where the speech leaves room; nothing lasts longer than the longest.
        duration: Of the recording, in ticks.
    """
    grid, gap, least, most = limits.grid, limits.gap_ticks, limits.min_ticks, limits.max_ticks
    captions: list[Caption] = []
    free_from = 0
    spoken_until: dict[str | None, int] = {}
    for index, text in enumerate(spoken):
        limit = _limit(spoken, index, duration, gap)
        start = max(text.start, spoken_until.get(text.speaker, 0))
        if grid.rate and start < free_from and text.speaker in spoken_until:  # The one before was too short for a gap.
            start = max(start, min(spoken_until[text.speaker] + gap, text.end - 1))
        end = start + min(max(least, _ticks_to_read(text, limits), text.end - start), most)
        if 0 < limit - end <= limits.closing_ticks - gap and limit < duration:
            end = limit  # A gap too short to notice flickers: close it.
        end = min(end, limit, start + most)
        if end - start < least:  # No room after it: appear earlier instead, if nothing is shown then.
            start = min(start, max(free_from, end - least, 0))
        end = max(end, start + 1)
        captions.append(Caption(grid.milliseconds(start), grid.milliseconds(end), text.speaker, text.lines))
        spoken_until[text.speaker] = end
        free_from = max(free_from, end + gap)
    return tuple(sorted(captions, key=lambda caption: caption.start_ms))


def _ticks_to_read(text: Spoken, limits: Limits) -> int:
    return limits.grid.at_least(text.reading_s)


def _limit(spoken: Sequence[Spoken], index: int, duration: int, gap: int) -> int:
    """When a caption must be gone: before the next that does not sound at the same time."""
    text = spoken[index]
    for following in spoken[index + 1 :]:
        if following.speaker == text.speaker or following.start >= text.end:
            return max(text.start + 1, following.start - gap)
    return max(duration, text.end)
