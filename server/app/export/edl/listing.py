"""A timeline as the lines of an edit list.

All times are counted in the list's own frames, since a list says nowhere what its rate is. A medium at another rate
keeps the hours, minutes and seconds of its timecode; from there on its time is counted in the list's frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...domain.timecode import Timebase
from ..text import clean
from ..timeline.model import Clip, Colour, Marker, Media, Timeline
from .reels import BLACK, reel_names

COLOURS: dict[Colour, str] = {
    "blue": "BLUE",
    "green": "GREEN",
    "yellow": "YELLOW",
    "cyan": "CYAN",
    "purple": "MAGENTA",
    "orange": "YELLOW",
    "pink": "MAGENTA",
    "red": "RED",
}
"""The colours a locator may have."""


@dataclass(frozen=True, slots=True)
class Tape:
    """A medium as an edit list sees it.

    Attributes:
        timebase: How its frames are labelled in the list.
        first: Label of its first frame, as a frame count.
    """

    reel: str
    channels: str
    timebase: Timebase
    first: int


def lines(timeline: Timeline) -> Iterator[str]:
    """The list, line by line, without line ends."""
    tapes = _tapes(timeline)
    mode = timeline.timebase.drop_frame
    yield f"TITLE: {clean(timeline.name)}"
    yield fcm(drop_frame=mode)
    yield ""
    markers = list(reversed(timeline.markers))
    for number, clip in enumerate(_events(timeline), start=1):
        wanted = tapes[clip.media.id].timebase.drop_frame if clip.media else mode
        if wanted != mode:
            mode = wanted
            yield fcm(drop_frame=mode)
        yield _event(number, clip, tapes, timeline)
        if clip.media:
            yield from _about(clip, clip.media)
        while markers and markers[-1].start < clip.end:
            yield _locator(markers.pop(), timeline)
    yield from (_locator(marker, timeline) for marker in reversed(markers))


def _events(timeline: Timeline) -> Iterator[Clip]:
    """The clips, those in pieces that are too long for a clock of 24 hours."""
    longest = timeline.timebase.frames_per_day // 2
    for clip in timeline.clips:
        rest = clip
        while rest.frames > longest:
            head, rest = _divided(rest, longest, timeline.timebase)
            yield head
        yield rest


def _divided(clip: Clip, frames: int, sequence: Timebase) -> tuple[Clip, Clip]:
    own = clip.media.timebase.frames(sequence.seconds(frames)) if clip.media else frames
    middle = clip.start + frames
    head = replace(clip, end=middle, source_frames=own)
    rest = clip.source_frames - own
    return head, replace(clip, start=middle, source_start=clip.source_start + own, source_frames=rest)


def fcm(*, drop_frame: bool) -> str:
    """How the times below are to be read."""
    return f"FCM: {'DROP FRAME' if drop_frame else 'NON-DROP FRAME'}"


def _event(number: int, clip: Clip, tapes: dict[str, Tape], timeline: Timeline) -> str:
    record = [timeline.label(frame) for frame in (clip.start, clip.end)]
    if clip.media is None:
        reel, channels = BLACK, "B" if timeline.has_video else "A"
        source = [timeline.timebase.format(frame) for frame in (0, clip.frames)]
    else:
        tape = tapes[clip.media.id]
        reel, channels = tape.reel, tape.channels
        start = tape.first + _offset(clip, clip.media, tape.timebase)
        source = [tape.timebase.format(frame) for frame in (start, start + clip.frames)]
    return f"{number:03d}  {reel:<8} {channels:<5} C        {' '.join((*source, *record))}"


def _about(clip: Clip, medium: Media) -> Iterator[str]:
    yield f"* FROM CLIP NAME: {clean(medium.name)}"
    yield f"* SOURCE FILE: {clean(medium.location)}"
    if clip.speaker:
        yield f"* COMMENT: SPEAKER {clip.speaker}"


def _locator(marker: Marker, timeline: Timeline) -> str:
    text = f"{marker.speaker}: {marker.note}" if marker.speaker else marker.note
    return f"* LOC: {timeline.label(marker.start)} {COLOURS[marker.colour]:<7} {text}"


def _tapes(timeline: Timeline) -> dict[str, Tape]:
    reels = reel_names(timeline.media)
    return {medium.id: _tape(medium, reels[medium.id], timeline.timebase) for medium in timeline.media}


def _tape(medium: Media, reel: str, sequence: Timebase) -> Tape:
    sound = "AA" if medium.channels > 1 else "A"
    channels = sound if not medium.has_video else "AA/V" if medium.channels > 1 else "B"
    if medium.timebase.rate == sequence.rate:
        return Tape(reel, channels, medium.timebase, medium.start_frame)
    return Tape(reel, channels, sequence, _relabelled(medium.timebase.format(medium.start_frame), medium, sequence))


def _offset(clip: Clip, medium: Media, timebase: Timebase) -> int:
    if medium.timebase.rate == timebase.rate:
        return clip.source_start
    return timebase.frames(medium.timebase.seconds(clip.source_start))


def _relabelled(label: str, medium: Media, sequence: Timebase) -> int:
    """The frame with the same hours, minutes and seconds; a label that drop-frame skips stands for the next."""
    hours, minutes, seconds, frames = (int(part) for part in label.replace(";", ":").split(":"))
    frame = frames * sequence.nominal // medium.timebase.nominal
    if sequence.drop_frame and seconds == 0 and minutes % 10:
        frame = max(frame, sequence.nominal // 15)
    return sequence.parse(f"{hours:02d}:{minutes:02d}:{seconds:02d}:{frame:02d}")
