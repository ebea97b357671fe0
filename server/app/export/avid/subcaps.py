"""Captions on the frames of a sequence, the way Avid's SubCap effect takes them: one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from ...domain.timecode import Timebase
from ..captions import Caption

_MS = 1000
_FILM_RATES = (24,)
_REFUSED_REMAINDER = 2
_REFUSED_EVERY = 5


@dataclass(frozen=True, slots=True)
class Subcap:
    """A caption from one frame up to another, counted from the start of the sequence."""

    start: int
    end: int
    lines: tuple[str, ...]


def on_frames(captions: Iterable[Caption], timebase: Timebase, *, start_frame: int) -> Iterator[Subcap]:
    """Put captions on frames. One ends when the next begins, and every one lasts at least a frame.

    At 23.976 and 24 frames per second, Media Composer refuses captions that end on the frames 02, 07, 12, 17 and 22
    of a second: those end one frame earlier, or where that would leave nothing, one later.
    """
    wanted = [(*_frames(caption, timebase), caption.texts) for caption in captions]
    ends = [min(end, following[0]) for (_, end, _), following in pairwise(wanted)] + [end for _, end, _ in wanted[-1:]]
    free = 0
    for (start, _, lines), end in zip(wanted, ends, strict=True):
        begin = max(start, free)
        last = max(end, begin + 1)
        if _is_refused(start_frame + last, timebase):
            last += -1 if last - 1 > begin else 1
        yield Subcap(begin, last, lines)
        free = last


def _frames(caption: Caption, timebase: Timebase) -> tuple[int, int]:
    start, end = (timebase.frames(Fraction(ms, _MS)) for ms in (caption.start_ms, caption.end_ms))
    return start, end


def _is_refused(frame: int, timebase: Timebase) -> bool:
    if timebase.nominal not in _FILM_RATES:
        return False
    return frame % timebase.nominal % _REFUSED_EVERY == _REFUSED_REMAINDER
