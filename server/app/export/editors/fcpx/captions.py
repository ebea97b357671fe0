"""Captions on the frames of a sequence, one after the other, as Final Cut Pro wants them in one language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ...captions import CaptionOptions, lay_out
from ...timeline.model import Timeline

_MS = 1000


@dataclass(frozen=True, slots=True)
class FrameCaption:
    """A caption from one frame up to another."""

    start: int
    end: int
    lines: tuple[str, ...]


def captions_of(timeline: Timeline) -> Iterator[FrameCaption]:
    """The captions that begin in the sequence; each ends where the next begins, and lasts a frame at least."""
    laid_out = lay_out(timeline.transcript, CaptionOptions())
    frames = [_frame(caption.start_ms, timeline) for caption in laid_out]
    free = 0
    for number, caption in enumerate(laid_out):
        start = max(free, frames[number])
        limit = frames[number + 1] if number + 1 < len(frames) else timeline.frames
        end = max(start + 1, min(_frame(caption.end_ms, timeline), limit, timeline.frames))
        if start >= timeline.frames:
            return
        yield FrameCaption(start, end, caption.texts)
        free = end


def _frame(milliseconds: int, timeline: Timeline) -> int:
    return timeline.timebase.frames(Fraction(milliseconds, _MS))
