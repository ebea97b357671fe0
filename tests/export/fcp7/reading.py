"""Reads xmeml as an editor would, sharing no code with the writer."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import unquote

from lxml import etree


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker: first frame, length (1 for a point), name, comment and Premiere's colour."""

    start: int
    frames: int
    name: str
    comment: str
    colour: str


@dataclass(frozen=True, slots=True)
class Item:
    """A clip on a track. `first` and `last` count in the recording's frames from its first."""

    id: str
    kind: str
    track: int
    place: int
    name: str
    start: int
    end: int
    first: int
    last: int
    duration: int
    rate: Fraction
    file: str
    channel: int
    note: str
    label: str
    links: tuple[tuple[str, str, int, int], ...]
    markers: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """A track with what Premiere knows of it."""

    kind: str
    name: str
    exploded: tuple[int, int]
    output: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A recording. `start_frame` is what its timecode string says, counted by the standard's own words."""

    name: str
    location: str
    rate: Fraction
    frames: int
    start_frame: int
    drop_frame: bool
    has_video: bool
    channels: int
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """All that a reader cares for."""

    name: str
    rate: Fraction
    frames: int
    start_frame: int
    drop_frame: bool
    size: tuple[int, int]
    tracks: tuple[Track, ...]
    markers: tuple[Mark, ...]
    files: dict[str, File]
    masters: dict[str, str]

    def items(self, kind: str, channel: int = 1) -> list[Item]:
        """All clips of a kind and channel, in order of time."""
        found = [i for t in self.tracks if t.kind == kind for i in t.items if i.channel == channel]
        return sorted(found, key=lambda item: item.start)


def read(content: bytes) -> Sequence:
    """Read a document."""
    root = etree.fromstring(content)
    assert root.tag == "xmeml"
    assert root.get("version") == "5"
    (sequence,) = root.findall("project/children/sequence")
    files = {f.get("id"): file(f) for f in root.iter("file") if len(f)}
    start_frame, drop_frame = timecode(sequence.find("timecode"))
    tracks = [
        track(element, kind, number)
        for kind in ("video", "audio")
        for number, element in enumerate(sequence.findall(f"media/{kind}/track"), start=1)
    ]
    masters = {}
    for clip in root.findall("project/children/bin/children/clip"):
        names = {f.get("id") for f in clip.iter("file")}
        assert clip.findtext("ismasterclip") == "TRUE"
        assert len(names) == 1
        masters[clip.get("id")] = names.pop()
    size = sequence.find("media/video/format/samplecharacteristics")
    return Sequence(
        sequence.findtext("name"),
        rate(sequence),
        number_in(sequence, "duration"),
        start_frame,
        drop_frame,
        (number_in(size, "width"), number_in(size, "height")),
        tuple(tracks),
        tuple(mark(m) for m in sequence.findall("marker")),
        files,
        masters,
    )


def track(element: etree._Element, kind: str, number: int) -> Track:
    items = [item(child, kind, number, place) for place, child in enumerate(element.findall("clipitem"), start=1)]
    exploded = int(element.get("currentExplodedTrackIndex", "0")), int(element.get("totalExplodedTrackCount", "1"))
    output = int(element.findtext("outputchannelindex", "0"))
    return Track(kind, element.get("MZ.TrackName", ""), exploded, output, tuple(items))


def item(element: etree._Element, kind: str, number: int, place: int) -> Item:
    source = element.find("sourcetrack")
    assert source.findtext("mediatype") == kind
    links = [
        (
            link.findtext("linkclipref"),
            link.findtext("mediatype"),
            number_in(link, "trackindex"),
            number_in(link, "clipindex"),
        )
        for link in element.findall("link")
    ]
    return Item(
        element.get("id"),
        kind,
        number,
        place,
        element.findtext("name"),
        *(number_in(element, name) for name in ("start", "end", "in", "out", "duration")),
        rate(element),
        element.find("file").get("id"),
        number_in(source, "trackindex"),
        element.findtext("logginginfo/lognote", ""),
        element.findtext("labels/label2", ""),
        tuple(links),
        tuple(mark(m) for m in element.findall("marker")),
    )


def file(element: etree._Element) -> File:
    start_frame, drop_frame = timecode(element.find("timecode"))
    url = element.findtext("pathurl")
    audio = element.find("media/audio")
    return File(
        element.findtext("name"),
        unquote(url.removeprefix("file://localhost")),
        rate(element),
        number_in(element, "duration"),
        start_frame,
        drop_frame,
        element.find("media/video") is not None,
        number_in(audio, "channelcount"),
        int(audio.findtext("samplecharacteristics/samplerate")),
    )


def mark(element: etree._Element) -> Mark:
    start, end = number_in(element, "in"), number_in(element, "out")
    assert end == -1 or end > start + 1
    frames = 1 if end == -1 else end - start
    name, comment = element.findtext("name"), element.findtext("comment")
    return Mark(start, frames, name, comment, element.findtext("pproColor", ""))


def rate(element: etree._Element) -> Fraction:
    """The one rate of an element."""
    (found,) = element.findall("rate")
    base, ntsc = number_in(found, "timebase"), {"TRUE": True, "FALSE": False}[found.findtext("ntsc")]
    return Fraction(base * 1000, 1001) if ntsc else Fraction(base)


def timecode(element: etree._Element) -> tuple[int, bool]:
    """The first frame, of which label and number must agree, and whether labels drop."""
    drop = {"DF": True, "NDF": False}[element.findtext("displayformat")]
    text, nominal = element.findtext("string"), number_in(element.find("rate"), "timebase")
    assert (";" in text) is drop
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    total = hours * 60 + minutes
    frame = (total * 60 + seconds) * nominal + frames
    frame -= (nominal // 15) * (total - total // 10) if drop else 0
    assert frame == number_in(element, "frame")
    return frame, drop


def number_in(element: etree._Element, name: str) -> int:
    """A whole number that stands there once."""
    (found,) = element.findall(name)
    return int(found.text)
