"""The primary storyline: clips cut from recordings, with captions, markers and keywords on them.

Positions of clips count from the sequence's first timecode. What stands in a clip counts in the clip's own time, which
is the recording's timecode at its first frame and goes on in frames of the sequence, so that all falls on its frames.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, Literal, TypeVar

from ...timeline.model import Clip, Marker, Media, Timeline
from ..writing import Attributes, XmlLines
from .captions import FrameCaption, captions_of
from .naming import caption_role, conformed_rate, fit, rational, roles
from .resources import Resources

T = TypeVar("T")

Captions = Literal["none", "itt", "srt"]
_CAPTION_START = "3600s"
_STYLE: Attributes = {
    "font": ".AppleSystemUIFont",
    "fontSize": 13,
    "fontFace": "Regular",
    "fontColor": "1 1 1 1",
    "backgroundColor": "0 0 0 1",
}
NO_SPEAKER = "Speech"


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of a clip that a keyword stands on: who speaks and, where the speech begins, what is said."""

    start: int
    end: int
    speaker: str
    text: str


@dataclass(slots=True)
class _Shelf(Generic[T]):
    """Things by the clip they belong to."""

    by_clip: dict[int, list[T]] = field(default_factory=lambda: defaultdict(list))

    def of(self, number: int) -> list[T]:
        return self.by_clip.get(number, [])


class Story:
    """Writes the clips of a timeline."""

    def __init__(self, timeline: Timeline, resources: Resources, captions: Captions, xml: XmlLines) -> None:
        self._timeline, self._resources, self._xml = timeline, resources, xml
        self._starts = [clip.start for clip in timeline.clips]
        self._roles = roles(dict.fromkeys([*timeline.speakers, *(speech.speaker for speech in timeline.speech)]))
        self._markers = self._placed_markers()
        self._ranges = self._placed_ranges()
        self._captions: _Shelf[FrameCaption] = _Shelf()
        self._caption_kind, self._styles = captions, 0
        if captions != "none":
            for caption in captions_of(timeline):
                self._captions.by_clip[self._clip_at(caption.start)].append(caption)

    def sequence(self, audio_rate: str, *, keywords: bool) -> None:
        """The sequence and its storyline."""
        timeline, xml = self._timeline, self._xml
        facts: Attributes = {
            "format": self._resources.sequence_format,
            "duration": self._length(timeline.frames),
            "tcStart": self._position(0),
            "tcFormat": _tc_format(drop_frame=timeline.timebase.drop_frame),
            "audioLayout": "stereo",
            "audioRate": audio_rate,
        }
        with xml.inside("sequence", facts), xml.inside("spine"):
            for number, clip in enumerate(timeline.clips):
                with xml.inside("asset-clip" if clip.media else "gap", self._facts(clip)):
                    self._inside(clip, number, keywords=keywords)

    def browser(self) -> None:
        """Each recording with keywords on what is said in it, and a collection for each speaker."""
        by_medium: dict[int, dict[tuple[Fraction, int, str], Range]] = defaultdict(dict)
        for number, clip in enumerate(self._timeline.clips):
            if clip.media:
                for span in self._ranges.of(number):
                    key = (self._local(clip, span.start), span.end - span.start, span.speaker)
                    by_medium[clip.media.index].setdefault(key, span)
        for medium in self._timeline.media:
            found = by_medium[medium.index]
            with self._xml.inside("asset-clip", self._recording(medium)):
                for start_s, length, speaker in sorted(found):
                    self._keyword(start_s, found[start_s, length, speaker])
        speakers = dict.fromkeys(range_.speaker for ranges in self._ranges.by_clip.values() for range_ in ranges)
        for speaker in speakers:
            self._xml.add("keyword-collection", attributes={"name": self._keyword_name(speaker)})

    def _recording(self, medium: Media) -> Attributes:
        return {
            "ref": self._resources.asset(medium),
            "name": medium.name,
            "start": rational(medium.timebase.seconds(medium.start_frame)),
            "duration": rational(medium.timebase.seconds(medium.frames)),
            "format": self._resources.clip_format(medium),
            "tcFormat": _tc_format(drop_frame=medium.timebase.drop_frame),
            "audioRole": "dialogue",
        }

    def _facts(self, clip: Clip) -> Attributes:
        """A clip of a recording, or a gap."""
        place: Attributes = {"offset": self._position(clip.start)}
        length = self._length(clip.frames)
        medium = clip.media
        if medium is None:
            return {"name": "Gap", **place, "start": "0s", "duration": length}
        return {
            "ref": self._resources.asset(medium),
            **place,
            "name": clip.speaker or medium.name,
            "start": rational(_origin_s(clip)),
            "duration": length,
            "format": self._resources.clip_format(medium),
            "tcFormat": _tc_format(drop_frame=medium.timebase.drop_frame),
            "audioRole": self._roles[clip.speaker],
        }

    def _inside(self, clip: Clip, number: int, *, keywords: bool) -> None:
        """What stands in a clip, in the order that the format wants."""
        if clip.media and clip.text:
            self._xml.add("note", clip.text)
        if clip.media and clip.media.timebase.rate != self._timeline.timebase.rate:
            conform: Attributes = {"scaleEnabled": 0}
            if rate := conformed_rate(clip.media.timebase.rate):
                conform["srcFrameRate"] = rate
            self._xml.add("conform-rate", attributes=conform)
        for caption in self._captions.of(number):
            self._caption(clip, caption)
        for marker in self._markers.of(number):
            self._marker(clip, marker)
        if keywords:
            for span in self._ranges.of(number):
                self._keyword(self._local(clip, span.start), span)

    def _caption(self, clip: Clip, caption: FrameCaption) -> None:
        xml = self._xml
        self._styles += 1
        style = f"ts{self._styles}"
        facts: Attributes = {
            "lane": 1,
            "offset": rational(self._local(clip, caption.start)),
            "name": " ".join(caption.lines),
            "start": _CAPTION_START,
            "duration": self._length(caption.end - caption.start),
            "role": caption_role(self._caption_kind, self._timeline.transcript.language),
        }
        with xml.inside("caption", facts):
            with xml.inside("text", {"placement": "bottom"}):
                xml.add("text-style", "\n".join(caption.lines), {"ref": style})
            with xml.inside("text-style-def", {"id": style}):
                xml.add("text-style", attributes=_STYLE)

    def _marker(self, clip: Clip, marker: Marker) -> None:
        facts: Attributes = {
            "start": rational(self._local(clip, self._held(marker.start))),
            "duration": self._length(1),
            "value": f"{marker.name}: {marker.note}" if marker.note else marker.name,
        }
        if marker.colour == "red":
            facts["completed"] = 0
        self._xml.add("marker", attributes={**facts, "note": marker.note})

    def _keyword(self, start_s: Fraction, span: Range) -> None:
        facts: Attributes = {
            "start": rational(start_s),
            "duration": self._length(span.end - span.start),
            "value": self._keyword_name(span.speaker),
        }
        if span.text:
            facts["note"] = span.text
        self._xml.add("keyword", attributes=facts)

    def _keyword_name(self, speaker: str) -> str:
        return self._roles[speaker].partition(".")[2] or fit(NO_SPEAKER)

    def _placed_markers(self) -> _Shelf[Marker]:
        shelf: _Shelf[Marker] = _Shelf()
        if self._timeline.clips:
            for marker in self._timeline.markers:
                shelf.by_clip[self._clip_at(self._held(marker.start))].append(marker)
        return shelf

    def _placed_ranges(self) -> _Shelf[Range]:
        """What is said, divided where clips end; its text stands on the first part."""
        shelf: _Shelf[Range] = _Shelf()
        clips = self._timeline.clips
        for speech in self._timeline.speech:
            text, number = speech.text, self._clip_at(speech.start)
            while number < len(clips) and clips[number].start < speech.end:
                clip = clips[number]
                start, end = max(clip.start, speech.start), min(clip.end, speech.end)
                if clip.media and start < end:
                    shelf.by_clip[number].append(Range(start, end, speech.speaker, text))
                    text = ""
                number += 1
        return shelf

    def _clip_at(self, frame: int) -> int:
        return max(0, bisect_right(self._starts, frame) - 1)

    def _held(self, frame: int) -> int:
        """A frame, or the last one where it would lie after the end."""
        return min(frame, self._timeline.frames - 1)

    def _local(self, clip: Clip, frame: int) -> Fraction:
        return _origin_s(clip) + self._timeline.timebase.seconds(frame - clip.start)

    def _position(self, frame: int) -> str:
        return self._length(self._timeline.start_frame + frame)

    def _length(self, frames: int) -> str:
        return rational(self._timeline.timebase.seconds(frames))


def _origin_s(clip: Clip) -> Fraction:
    """A clip's own time where it begins."""
    if clip.media is None:
        return Fraction(0)
    return clip.media.timebase.seconds(clip.media.start_frame + clip.source_start)


def _tc_format(*, drop_frame: bool) -> str:
    return "DF" if drop_frame else "NDF"
