"""The whole document: a project with the sequence, and a bin with the recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from ...timeline.model import Clip, Marker, Media, Timeline
from ..writing import Attributes, XmlLines
from ..xml import url
from .elements import SPEAKER_COLOURS, label, marker, picture, rate_of, sound, timecode
from .tracks import Item, Layout, Track

MarkersOn = Literal["sequence", "clips", "both"]
_CHANNEL_TYPES = {1: "Mono", 2: "Stereo"}


@dataclass(frozen=True, slots=True)
class Style:
    """How the sequence is laid out."""

    by_speaker: bool
    markers_on: MarkersOn


def write(timeline: Timeline, style: Style) -> bytes:
    """The document."""
    return _Writer(timeline, style).document()


class _Writer:
    def __init__(self, timeline: Timeline, style: Style) -> None:
        self._timeline, self._style = timeline, style
        self._xml = XmlLines("xmeml")
        self._layout = Layout(timeline, by_speaker=style.by_speaker)
        speakers = enumerate(timeline.speakers)
        self._colours = {speaker: SPEAKER_COLOURS[n % len(SPEAKER_COLOURS)] for n, speaker in speakers}
        self._defined: set[int] = set()
        self._clip_markers = self._markers_by_clip() if style.markers_on != "sequence" else {}

    def document(self) -> bytes:
        """The sequence comes first, so that every file is described before it is referred to."""
        xml = self._xml
        with xml.inside("xmeml", {"version": 5}), xml.inside("project"):
            xml.add("name", self._timeline.name)
            with xml.inside("children"):
                self._sequence()
                if self._timeline.media:
                    self._bin()
        return xml.content()

    def _bin(self) -> None:
        with self._xml.inside("bin"):
            self._xml.add("name", "Media")
            with self._xml.inside("children"):
                for medium in self._timeline.media:
                    self._master(medium)

    def _sequence(self) -> None:
        timeline, xml = self._timeline, self._xml
        with xml.inside("sequence", {"id": "sequence-1"}):
            xml.add("uuid", str(uuid5(NAMESPACE_URL, f"audapolis:{timeline.transcript.id}:{timeline.name}")))
            xml.add("duration", timeline.frames)
            rate_of(xml, timeline.timebase)
            xml.add("name", timeline.name)
            with xml.inside("media"):
                self._picture()
                self._sound()
            timecode(xml, timeline.timebase, timeline.start_frame)
            if self._style.markers_on != "clips":
                for one in timeline.markers:
                    marker(xml, one, one.start, one.frames)

    def _picture(self) -> None:
        with self._xml.inside("video"):
            with self._xml.inside("format"):
                picture(self._xml, self._timeline.timebase, self._timeline.size)
            for track in self._layout.video:
                self._track(track)

    def _sound(self) -> None:
        xml = self._xml
        rates = {medium.sample_rate_hz for medium in self._timeline.media}
        with xml.inside("audio"):
            xml.add("numOutputChannels", 2)
            with xml.inside("format"):
                sound(xml, rates.pop() if len(rates) == 1 else 48_000)
            with xml.inside("outputs"):
                for index in (1, 2):
                    with xml.inside("group"):
                        xml.add("index", index)
                        xml.add("numchannels", 1)
                        xml.add("downmix", 0)
                        with xml.inside("channel"):
                            xml.add("index", index)
            for track in self._layout.audio:
                self._track(track)

    def _track(self, track: Track) -> None:
        xml = self._xml
        with xml.inside("track", _facts(track)):
            for item in track.items:
                self._item(item)
            xml.add("enabled", "TRUE")
            xml.add("locked", "FALSE")
            if track.kind == "audio":
                xml.add("outputchannelindex", (track.channel - 1) % 2 + 1)

    def _item(self, item: Item) -> None:
        clip, medium, xml = item.clip, item.medium, self._xml
        facts: Attributes = {"id": item.id}
        if item.kind == "audio" and medium.channels in _CHANNEL_TYPES:
            facts["premiereChannelType"] = _CHANNEL_TYPES[medium.channels].lower()
        with xml.inside("clipitem", facts):
            xml.add("masterclipid", _master_id(medium))
            xml.add("name", clip.speaker or medium.name)
            xml.add("enabled", "TRUE")
            xml.add("duration", medium.frames)
            rate_of(xml, medium.timebase)
            xml.add("start", clip.start)
            xml.add("end", clip.end)
            xml.add("in", clip.source_start)
            xml.add("out", clip.source_end)
            self._file(medium)
            self._source(item.kind, item.channel)
            self._links(item)
            if item is self._layout.linked(item)[0]:
                for one, start, frames in self._clip_markers.get(item.number, ()):
                    marker(xml, one, start, frames)
                if clip.text:
                    with xml.inside("logginginfo"):
                        xml.add("lognote", clip.text)
            label(xml, self._colours[clip.speaker])

    def _source(self, kind: str, channel: int) -> None:
        with self._xml.inside("sourcetrack"):
            self._xml.add("mediatype", kind)
            self._xml.add("trackindex", channel)

    def _links(self, item: Item) -> None:
        linked, xml = self._layout.linked(item), self._xml
        for other in linked if len(linked) > 1 else ():
            with xml.inside("link"):
                xml.add("linkclipref", other.id)
                xml.add("mediatype", other.kind)
                xml.add("trackindex", other.track)
                xml.add("clipindex", other.place)
                if other.kind == "audio":
                    xml.add("groupindex", 1)

    def _file(self, medium: Media) -> None:
        """The recording's description the first time, afterwards only a reference to it."""
        xml = self._xml
        facts: Attributes = {"id": f"file-{medium.index}"}
        if medium.index in self._defined:
            xml.add("file", attributes=facts)
            return
        self._defined.add(medium.index)
        with xml.inside("file", facts):
            xml.add("name", medium.name)
            xml.add("pathurl", url(medium.location, host="localhost"))
            rate_of(xml, medium.timebase)
            xml.add("duration", medium.frames)
            timecode(xml, medium.timebase, medium.start_frame)
            with xml.inside("media"):
                self._content(medium)

    def _content(self, medium: Media) -> None:
        xml = self._xml
        if medium.has_video:
            with xml.inside("video"):
                xml.add("duration", medium.frames)
                size = (medium.width, medium.height) if medium.width and medium.height else self._timeline.size
                picture(xml, medium.timebase, size)
        with xml.inside("audio"):
            sound(xml, medium.sample_rate_hz)
            xml.add("channelcount", medium.channels)

    def _master(self, medium: Media) -> None:
        name, xml = _master_id(medium), self._xml
        with xml.inside("clip", {"id": name}):
            xml.add("masterclipid", name)
            xml.add("ismasterclip", "TRUE")
            xml.add("duration", medium.frames)
            rate_of(xml, medium.timebase)
            xml.add("name", medium.name)
            with xml.inside("media"):
                if medium.has_video:
                    with xml.inside("video"):
                        self._master_track(medium, "video", 1)
                with xml.inside("audio"):
                    for channel in range(1, medium.channels + 1):
                        self._master_track(medium, "audio", channel)

    def _master_track(self, medium: Media, kind: str, channel: int) -> None:
        name, xml = _master_id(medium), self._xml
        with xml.inside("track"), xml.inside("clipitem", {"id": f"{name}-{kind}-{channel}"}):
            xml.add("masterclipid", name)
            xml.add("name", medium.name)
            rate_of(xml, medium.timebase)
            self._file(medium)
            self._source(kind, channel)

    def _markers_by_clip(self) -> dict[int, list[tuple[Marker, int, int]]]:
        """Markers on the clips they begin in: first frame and length in frames of the recording."""
        found: dict[int, list[tuple[Marker, int, int]]] = {}
        waiting = list(reversed(self._timeline.markers))
        for number, clip in enumerate(self._timeline.clips, start=1):
            while waiting and waiting[-1].start < clip.end:
                one = waiting.pop()
                if clip.media:
                    found.setdefault(number, []).append((one, *self._in_medium(one, clip, clip.media)))
        return found

    def _in_medium(self, one: Marker, clip: Clip, medium: Media) -> tuple[int, int]:
        base = self._timeline.timebase
        edges = [
            clip.source_start + medium.timebase.frames(base.seconds(frame - clip.start))
            for frame in (one.start, min(one.start + one.frames, clip.end))
        ]
        return edges[0], max(1, edges[1] - edges[0])


def _master_id(medium: Media) -> str:
    return f"masterclip-{medium.index}"


def _facts(track: Track) -> Attributes:
    facts: Attributes = {}
    if track.kind == "audio":
        facts["currentExplodedTrackIndex"] = track.channel - 1
        facts["totalExplodedTrackCount"] = track.channels
        if track.channels in _CHANNEL_TYPES:
            facts["premiereTrackType"] = _CHANNEL_TYPES[track.channels]
    if track.speaker:
        facts["MZ.TrackName"] = track.speaker
    return facts
