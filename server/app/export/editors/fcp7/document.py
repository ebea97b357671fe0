"""The whole document: a project with the sequence, and a bin with the recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element

from ...timeline.model import Clip, Marker, Media, Timeline
from ..xml import child, document, root
from .elements import SPEAKER_COLOURS, label, marker, path_url, picture, rate_of, sound, timecode
from .tracks import Item, Layout, Track

MarkersOn = Literal["sequence", "clips", "both"]
_CHANNEL_TYPES = {1: ("mono", "Mono"), 2: ("stereo", "Stereo")}


@dataclass(frozen=True, slots=True)
class Style:
    """How the sequence is laid out."""

    by_speaker: bool
    markers_on: MarkersOn


def write(timeline: Timeline, style: Style) -> bytes:
    """The document."""
    return document(_Writer(timeline, style).tree(), "xmeml")


class _Writer:
    def __init__(self, timeline: Timeline, style: Style) -> None:
        self._timeline, self._style = timeline, style
        self._layout = Layout(timeline, by_speaker=style.by_speaker)
        speakers = enumerate(timeline.speakers)
        self._colours = {speaker: SPEAKER_COLOURS[n % len(SPEAKER_COLOURS)] for n, speaker in speakers}
        self._defined: set[int] = set()
        self._clip_markers = self._markers_by_clip() if style.markers_on != "sequence" else {}

    def tree(self) -> Element:
        """The sequence comes first, so that every file is described before it is referred to."""
        tree = root("xmeml", version=5)
        project = child(tree, "project")
        child(project, "name", self._timeline.name)
        children = child(project, "children")
        self._sequence(children)
        if self._timeline.media:
            media = child(children, "bin")
            child(media, "name", "Media")
            inside = child(media, "children")
            for medium in self._timeline.media:
                self._master(inside, medium)
        return tree

    def _sequence(self, parent: Element) -> None:
        timeline = self._timeline
        sequence = child(parent, "sequence", id="sequence-1")
        child(sequence, "uuid", str(uuid5(NAMESPACE_URL, f"audapolis:{timeline.transcript.id}:{timeline.name}")))
        child(sequence, "duration", timeline.frames)
        rate_of(sequence, timeline.timebase)
        child(sequence, "name", timeline.name)
        media = child(sequence, "media")
        video = child(media, "video")
        picture(child(video, "format"), timeline.timebase, timeline.size)
        for track in self._layout.video:
            self._track(video, track)
        self._sound(child(media, "audio"))
        timecode(sequence, timeline.timebase, timeline.start_frame)
        if self._style.markers_on != "clips":
            for one in timeline.markers:
                marker(sequence, one, one.start, one.frames)

    def _sound(self, audio: Element) -> None:
        rates = {medium.sample_rate_hz for medium in self._timeline.media}
        child(audio, "numOutputChannels", 2)
        sound(child(audio, "format"), rates.pop() if len(rates) == 1 else 48_000)
        outputs = child(audio, "outputs")
        for index in (1, 2):
            group = child(outputs, "group")
            child(group, "index", index)
            child(group, "numchannels", 1)
            child(group, "downmix", 0)
            child(child(group, "channel"), "index", index)
        for track in self._layout.audio:
            self._track(audio, track)

    def _track(self, parent: Element, track: Track) -> None:
        element = child(parent, "track")
        if track.kind == "audio":
            element.set("currentExplodedTrackIndex", str(track.channel - 1))
            element.set("totalExplodedTrackCount", str(track.channels))
            if track.channels in _CHANNEL_TYPES:
                element.set("premiereTrackType", _CHANNEL_TYPES[track.channels][1])
        if track.speaker:
            element.set("MZ.TrackName", track.speaker)
        for item in track.items:
            self._item(element, item)
        child(element, "enabled", "TRUE")
        child(element, "locked", "FALSE")
        if track.kind == "audio":
            child(element, "outputchannelindex", (track.channel - 1) % 2 + 1)

    def _item(self, parent: Element, item: Item) -> None:
        clip, medium = item.clip, item.clip.media
        assert medium  # gaps stand on no track
        element = child(parent, "clipitem", id=item.id)
        if item.kind == "audio" and medium.channels in _CHANNEL_TYPES:
            element.set("premiereChannelType", _CHANNEL_TYPES[medium.channels][0])
        child(element, "masterclipid", _master_id(medium))
        child(element, "name", clip.speaker or medium.name)
        child(element, "enabled", "TRUE")
        child(element, "duration", medium.frames)
        rate_of(element, medium.timebase)
        for name, frame in (
            ("start", clip.start),
            ("end", clip.end),
            ("in", clip.source_start),
            ("out", clip.source_end),
        ):
            child(element, name, frame)
        self._file(element, medium)
        source = child(element, "sourcetrack")
        child(source, "mediatype", item.kind)
        child(source, "trackindex", item.channel)
        linked = self._layout.linked(item)
        self._link(element, item)
        if item is linked[0]:
            for one, start, frames in self._clip_markers.get(item.number, ()):
                marker(element, one, start, frames)
        if clip.text:
            child(child(element, "logginginfo"), "lognote", clip.text)
        label(element, self._colours[clip.speaker])

    def _link(self, parent: Element, item: Item) -> None:
        linked = self._layout.linked(item)
        for other in linked if len(linked) > 1 else ():
            link = child(parent, "link")
            child(link, "linkclipref", other.id)
            child(link, "mediatype", other.kind)
            child(link, "trackindex", other.track)
            child(link, "clipindex", other.place)
            if other.kind == "audio":
                child(link, "groupindex", 1)

    def _file(self, parent: Element, medium: Media) -> None:
        """The recording's description the first time, afterwards only a reference to it."""
        file = child(parent, "file", id=f"file-{medium.index}")
        if medium.index in self._defined:
            return
        self._defined.add(medium.index)
        child(file, "name", medium.name)
        child(file, "pathurl", path_url(medium.location))
        rate_of(file, medium.timebase)
        child(file, "duration", medium.frames)
        timecode(file, medium.timebase, medium.start_frame)
        kinds = child(file, "media")
        if medium.has_video:
            video = child(kinds, "video")
            child(video, "duration", medium.frames)
            size = (medium.width, medium.height) if medium.width and medium.height else self._timeline.size
            picture(video, medium.timebase, size)
        audio = child(kinds, "audio")
        sound(audio, medium.sample_rate_hz)
        child(audio, "channelcount", medium.channels)

    def _master(self, parent: Element, medium: Media) -> None:
        name = _master_id(medium)
        master = child(parent, "clip", id=name)
        child(master, "masterclipid", name)
        child(master, "ismasterclip", "TRUE")
        child(master, "duration", medium.frames)
        rate_of(master, medium.timebase)
        child(master, "name", medium.name)
        media = child(master, "media")
        kinds = ["video"] * medium.has_video + ["audio"] * medium.channels
        parents = {kind: child(media, kind) for kind in dict.fromkeys(kinds)}
        for number, kind in enumerate(kinds, start=1):
            item = child(child(parents[kind], "track"), "clipitem", id=f"{name}-{number}")
            child(item, "masterclipid", name)
            child(item, "name", medium.name)
            rate_of(item, medium.timebase)
            self._file(item, medium)
            source = child(item, "sourcetrack")
            child(source, "mediatype", kind)
            child(source, "trackindex", number - medium.has_video if kind == "audio" else 1)

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
