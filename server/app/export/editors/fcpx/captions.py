"""Captions on the frames of a sequence, one after the other, as Final Cut Pro wants them in one language.

Where two people speak at once, the one who began is shown until the other begins; if that leaves too little time to
read, both stand in one caption, each on lines of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from ...captions import Caption, CaptionOptions, lay_out
from ...timeline.model import Timeline

_MS = 1000
_READABLE_S = Fraction(5, 6)
"""A caption that another would cut shorter is shown together with it."""


@dataclass(frozen=True, slots=True)
class FrameCaption:
    """A caption from one frame up to another."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(slots=True)
class _Shown:
    """What is shown from one frame up to another."""

    start: int
    end: int
    captions: list[Caption] = field(default_factory=list)

    def until(self, frame: int) -> FrameCaption:
        """The caption, gone by some frame."""
        return FrameCaption(self.start, min(self.end, frame), tuple(_lines(self.captions)))


def captions_of(timeline: Timeline) -> Iterator[FrameCaption]:
    """The captions of a sequence, none before the other is gone, each for a frame at least."""
    last_frame = timeline.frames - 1
    if last_frame < 0:
        return
    readable = timeline.timebase.frames(_READABLE_S)
    shown: _Shown | None = None
    for caption in lay_out(timeline.transcript, CaptionOptions()):
        start = min(_frame(caption.start_ms, timeline), last_frame)
        end = min(max(start + 1, _frame(caption.end_ms, timeline)), timeline.frames)
        if shown and start < min(shown.end, shown.start + readable):
            shown.captions.append(caption)
            shown.end = max(shown.end, end)
            continue
        if shown:
            yield shown.until(start)
        shown = _Shown(start, end, [caption])
    if shown:
        yield shown.until(timeline.frames)


def _lines(captions: Iterable[Caption]) -> Iterator[str]:
    """All lines; what different people say begins with a dash, as subtitlers have it."""
    captions = list(captions)
    dialogue = len({caption.speaker for caption in captions}) > 1
    for caption in captions:
        first, *others = caption.texts
        yield f"- {first}" if dialogue else first
        yield from others


def _frame(milliseconds: int, timeline: Timeline) -> int:
    return timeline.timebase.frames(Fraction(milliseconds, _MS))
