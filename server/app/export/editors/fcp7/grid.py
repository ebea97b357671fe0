"""Rates that xmeml can't say, such as 12.5 or a telephone's measured 25.0000025: all is counted in one that it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from ....domain.timecode import Timebase
from ...timeline.model import Clip, Marker, Media, Timeline
from .elements import is_expressible

_USUAL_NTSC = tuple(Fraction(nominal * 1000, 1001) for nominal in (24, 30, 48, 60, 120))
_FINER = (1, 2, 3, 4)


def nearest(rate: Fraction) -> Fraction:
    """The rate itself where xmeml has it, else a multiple in which no edge moves, else the nearest usual one."""
    exact = next((rate * times for times in _FINER if is_expressible(rate * times)), None)
    return exact or min((Fraction(max(1, round(rate))), *_USUAL_NTSC), key=lambda usual: abs(usual - rate))


def conformed(timeline: Timeline) -> Timeline:
    """The timeline in frames that xmeml has, each edge on the one nearest in time; as it is where nothing is to do."""
    if all(is_expressible(base.rate) for base in (timeline.timebase, *(m.timebase for m in timeline.media))):
        return timeline
    base, grid = timeline.timebase, _grid(timeline.timebase)
    media = {medium.id: _medium(medium) for medium in timeline.media}
    clips = tuple(_clips(timeline, grid, media))
    needed: dict[str, int] = {}
    for clip in clips:
        if clip.media:
            needed[clip.media.id] = max(clip.source_end, needed.get(clip.media.id, 0))
    final = {key: replace(m, frames=max(m.frames, needed.get(key, 0))) for key, m in media.items()}
    return replace(
        timeline,
        timebase=grid,
        start_frame=_moved(timeline.start_frame, base, grid),
        clips=tuple(replace(clip, media=final[clip.media.id]) if clip.media else clip for clip in clips),
        media=tuple(final.values()),
        markers=tuple(_marker(marker, base, grid) for marker in timeline.markers),
    )


def _grid(timebase: Timebase) -> Timebase:
    return timebase if is_expressible(timebase.rate) else Timebase(nearest(timebase.rate))


def _moved(frame: int, base: Timebase, grid: Timebase) -> int:
    return frame if base == grid else grid.frames(base.seconds(frame))


def _medium(medium: Media) -> Media:
    base, grid = medium.timebase, _grid(medium.timebase)
    start, frames = (_moved(frame, base, grid) for frame in (medium.start_frame, medium.frames))
    return replace(medium, timebase=grid, start_frame=start, frames=max(1, frames))


def _clips(timeline: Timeline, grid: Timebase, media: Mapping[str, Media]) -> Iterator[Clip]:
    """Clips that have a frame left; those at the sequence's rate play as many of their own as of it."""
    for clip in timeline.clips:
        start, end = (_moved(frame, timeline.timebase, grid) for frame in (clip.start, clip.end))
        if end <= start:
            continue
        if clip.media is None:
            yield replace(clip, start=start, end=end, source_frames=end - start)
            continue
        medium, own = media[clip.media.id], clip.media.timebase
        first, after = (_moved(frame, own, medium.timebase) for frame in (clip.source_start, clip.source_end))
        length = end - start if medium.timebase.rate == grid.rate else max(1, after - first)
        yield replace(clip, start=start, end=end, media=medium, source_start=first, source_frames=length)


def _marker(marker: Marker, base: Timebase, grid: Timebase) -> Marker:
    start, end = (_moved(frame, base, grid) for frame in (marker.start, marker.start + marker.frames))
    return replace(marker, start=start, frames=max(1, end - start))
