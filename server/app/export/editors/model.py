"""An edited sequence in whole frames: what every timeline writer starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ...domain.timecode import Timebase
from ..text import clean


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of a source as asked for, in seconds; the sequence is these one after the other."""

    speaker: str
    source: str
    source_duration_s: float
    has_video: bool
    source_start_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Media:
    """One source file. `frames` is its length, never less than what clips use of it."""

    index: int
    url: str
    frames: int
    has_video: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of media on the sequence, in frames from the start of either."""

    speaker: str
    media: Media
    start: int
    end: int
    source_start: int

    @property
    def frames(self) -> int:
        """Its length."""
        return self.end - self.start

    @property
    def source_end(self) -> int:
        """The first frame of the media after it."""
        return self.source_start + self.frames


@dataclass(frozen=True, slots=True)
class EditedSequence:
    """Clips in order, without gaps."""

    name: str
    timebase: Timebase
    clips: tuple[Clip, ...]
    media: tuple[Media, ...]

    @property
    def frames(self) -> int:
        """Its length."""
        return self.clips[-1].end if self.clips else 0

    @property
    def speakers(self) -> tuple[str, ...]:
        """In order of first appearance."""
        return tuple(dict.fromkeys(clip.speaker for clip in self.clips))


def edited(name: str, cuts: Sequence[Cut], timebase: Timebase) -> EditedSequence:
    """Place cuts on whole frames.

    Each boundary is rounded from the exact sum of all lengths before it, so nothing drifts: the result is never
    more than half a frame away from what was asked for. Cuts that are shorter than that vanish.
    """
    media: dict[str, Media] = {}
    clips: list[Clip] = []
    position_s = Fraction(0)
    for cut in cuts:
        start = timebase.frames(position_s)
        position_s += Fraction(cut.length_s)
        end = timebase.frames(position_s)
        source_start = timebase.frames(cut.source_start_s)
        known = media.get(cut.source) or Media(len(media) + 1, cut.source, 0, False)
        frames = max(known.frames, timebase.frames(cut.source_duration_s), source_start + end - start)
        media[cut.source] = replace(known, frames=frames, has_video=known.has_video or cut.has_video)
        if end > start:
            clips.append(Clip(clean(cut.speaker), media[cut.source], start, end, source_start))
    final = tuple(replace(clip, media=media[clip.media.url]) for clip in clips)
    return EditedSequence(clean(name), timebase, final, tuple(media.values()))
