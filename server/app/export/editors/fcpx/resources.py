"""What a project draws on: formats of pictures, and recordings."""

from __future__ import annotations

from fractions import Fraction

from ...timeline.model import Media, Timeline
from ..writing import Attributes, XmlLines
from ..xml import url
from .naming import UNKNOWN_RATE, format_name, rational

_FormatKey = tuple[Fraction, int, int]


class Resources:
    """Formats and recordings, each under its own id."""

    def __init__(self, xml: XmlLines, timeline: Timeline) -> None:
        self._xml = xml
        self._formats: dict[_FormatKey, str] = {}
        self._used = 0
        with xml.inside("resources"):
            self.sequence_format = self._format((timeline.timebase.rate, *timeline.size))
            self._formats_of = {medium.index: self._format_of(medium) for medium in timeline.media}
            self._no_picture = self._undefined(timeline)
            self._assets = {medium.index: self._asset(medium) for medium in timeline.media}

    def asset(self, medium: Media) -> str:
        """The id of a recording."""
        return self._assets[medium.index]

    def clip_format(self, medium: Media) -> str:
        """The id of the format that clips of a recording have."""
        return self._formats_of[medium.index] or self._no_picture

    def _id(self) -> str:
        self._used += 1
        return f"r{self._used}"

    def _format(self, key: _FormatKey) -> str:
        if key not in self._formats:
            rate, width, height = key
            facts: Attributes = {"id": self._id()}
            if name := format_name(rate, (width, height)):
                facts["name"] = name
            facts["frameDuration"] = rational(1 / rate)
            if width and height:
                facts |= {"width": width, "height": height}
            self._formats[key] = str(facts["id"])
            self._xml.add("format", attributes=facts)
        return self._formats[key]

    def _format_of(self, medium: Media) -> str:
        return self._format((medium.timebase.rate, medium.width, medium.height)) if medium.has_video else ""

    def _undefined(self, timeline: Timeline) -> str:
        if all(medium.has_video for medium in timeline.media):
            return ""
        name = self._id()
        self._xml.add("format", attributes={"id": name, "name": UNKNOWN_RATE})
        return name

    def _asset(self, medium: Media) -> str:
        name = self._id()
        facts: Attributes = {
            "id": name,
            "name": medium.name,
            "start": rational(medium.timebase.seconds(medium.start_frame)),
            "duration": rational(medium.timebase.seconds(medium.frames)),
        }
        if medium.has_video:
            facts |= {"hasVideo": 1, "format": self._formats_of[medium.index], "videoSources": 1}
        facts |= {
            "hasAudio": 1,
            "audioSources": 1,
            "audioChannels": medium.channels,
            "audioRate": medium.sample_rate_hz,
        }
        with self._xml.inside("asset", facts):
            self._xml.add("media-rep", attributes={"kind": "original-media", "src": url(medium.location)})
        return name
