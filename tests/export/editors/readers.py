"""Readers of editor formats that share no code with their writers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import opentimelineio as otio


@dataclass(frozen=True, slots=True)
class Played:
    """A stretch of the sequence: frames of the sequence, then seconds into the medium."""

    start: int
    frames: int
    source: str
    source_s: Fraction
    speaker: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A marker, in frames of the sequence."""

    start: int
    frames: int
    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader found."""

    start_frame: int
    clips: list[Played]
    markers: list[Marked]


def exact(rate: float) -> Fraction:
    """The fraction that a rate was meant to be."""
    for denominator in (1, 1001):
        numerator = round(rate * denominator / 1000) * 1000 if denominator == 1001 else round(rate)
        if abs(numerator / denominator - rate) < 1e-9:
            return Fraction(numerator, denominator)
    raise AssertionError(rate)


def whole(value: float) -> int:
    """A number of frames, which must be whole."""
    assert value == round(value)
    return round(value)


def read_otio(content: bytes, *, floor_by: float | None = None) -> Read:
    """As OpenTimelineIO reads it; with `floor_by`, source times as a program gets them that cuts fractions off."""
    timeline = otio.adapters.read_from_string(content.decode(), "otio_json")
    clips = []
    for clip in (clip for track in timeline.audio_tracks() for clip in track.find_clips()):
        place = clip.range_in_parent()
        first = clip.available_range().start_time
        start = clip.source_range.start_time
        value = start.value if floor_by is None else float(int(start.value / start.rate * floor_by))
        source_s = Fraction(value) / exact(start.rate) - Fraction(first.value) / exact(first.rate)
        clips.append(
            Played(
                whole(place.start_time.value),
                whole(clip.duration().value),
                clip.media_reference.name,
                source_s,
                clip.metadata["audapolis"]["speaker"],
            )
        )
    markers = [
        Marked(whole(m.marked_range.start_time.value), whole(m.marked_range.duration.value), m.comment)
        for m in timeline.tracks.markers
    ]
    return Read(whole(timeline.global_start_time.value), sorted(clips, key=lambda c: c.start), markers)


def frame_of(label: str, nominal: int) -> int:
    """A timecode as a frame count, by the standard's own words: count labels up, leave out the dropped ones."""
    hours, minutes, seconds, frames = map(int, re.split("[:;]", label))
    total = hours * 60 + minutes
    number = (total * 60 + seconds) * nominal + frames
    return number - (nominal // 15) * (total - total // 10) if ";" in label else number


def labels_a_day(nominal: int, *, drop_frame: bool) -> int:
    """How many frames it takes for timecode to begin again."""
    return 86_400 * nominal - (nominal // 15 * 1296 if drop_frame else 0)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an edit list, in frames as its labels count."""

    number: int
    reel: str
    channels: str
    source_in: int
    source_out: int
    record_in: int
    record_out: int
    comments: tuple[str, ...]
    locators: tuple[tuple[int, str, str], ...]


def read_edl(content: bytes, nominal: int) -> tuple[bool, list[Event]]:
    """Whether the list begins in drop-frame, and its events; record times run on past midnight."""
    assert content.endswith(b"\r\n")
    lines = content.decode("utf-8").split("\r\n")
    assert lines[0].startswith("TITLE: ")
    assert lines[1] in ("FCM: DROP FRAME", "FCM: NON-DROP FRAME")
    drop_frame = lines[1] == "FCM: DROP FRAME"
    day = labels_a_day(nominal, drop_frame=drop_frame)
    events: list[Event] = []
    groups: list[list[str]] = []
    for line in lines[2:]:
        if line[:1].isdigit():
            groups.append([line])
        elif line and groups and not line.startswith("FCM"):
            groups[-1].append(line)
    reached, played = 0, dict[str, int]()
    for head, *comments in groups:
        number, reel, channels, cut, *times = head.split()
        assert cut == "C"
        assert len(reel) <= 8
        first, last, start, end = (frame_of(label, nominal) for label in times)
        while start < reached:
            start, end = start + day, end + day
        end = end if end > start else end + day
        reached = end
        while first < played.get(reel, 0) and first + day == played[reel]:
            first, last = first + day, last + day
        last = last if last > first else last + day
        played[reel] = last
        found = [re.fullmatch(r"\* LOC: (\S+) (\S+) +(.*)", c) for c in comments]
        locators = tuple((frame_of(m[1], nominal), m[2], m[3]) for m in found if m)
        events.append(Event(int(number), reel, channels, first, last, start, end, tuple(comments), locators))
    return drop_frame, events


def rejoined(events: list[Event]) -> list[Event]:
    """Events that were divided because they are longer than half a day, whole again."""
    found: list[Event] = []
    for event in events:
        last = found[-1] if found else None
        goes_on = last and (last.source_out, last.record_out) == (event.source_in, event.record_in)
        if last and goes_on and last.comments[:3] == event.comments[:3]:
            locators = last.locators + event.locators
            found[-1] = replace(last, source_out=event.source_out, record_out=event.record_out, locators=locators)
        else:
            found.append(event)
    return found


def comment(event: Event, key: str) -> str:
    """The value of one comment of an event."""
    return next((c.removeprefix(f"* {key}").strip() for c in event.comments if c.startswith(f"* {key}")), "")


def read_resolve_markers(content: bytes, nominal: int) -> list[tuple[int, str, Marked]]:
    """The markers of a marker list: frame of the label, colour, marker."""
    found = []
    lines = content.decode("utf-8").split("\n")
    for number, line in enumerate(lines):
        if match := re.fullmatch(r"(\d{3,})  001      V     C        (\S+) (\S+) (\S+) (\S+)  ", line):
            assert (match[2], match[3]) == (match[4], match[5])
            assert int(match[1]) == len(found) + 1
            below = re.fullmatch(r"([^|]*) \|C:ResolveColor(\w+) \|M:([^|]*) \|D:(\d+)", lines[number + 1])
            assert below
            start = frame_of(match[2], nominal)
            found.append((start, below[2], Marked(start, int(below[4]), below[1] or below[3])))
    return found


def read_mlt(content: bytes) -> tuple[Fraction, list[Played], list[Marked]]:
    """The rate, the clips of all tracks of sound, and the guides of a Kdenlive document."""
    root = ET.fromstring(content)
    profile = root.find("profile")
    assert profile is not None
    rate = Fraction(int(profile.attrib["frame_rate_num"]), int(profile.attrib["frame_rate_den"]))
    producers = {p.attrib["id"]: p for p in root.iter("producer")}
    playlists = {p.attrib["id"]: p for p in root.iter("playlist")}
    clips = []
    for tractor in root.iter("tractor"):
        if prop(tractor, "kdenlive:audio_track") != "1":
            continue
        position = 0
        for child in playlists[tractor.findall("track")[0].attrib["producer"]]:
            if child.tag == "blank":
                position += int(child.attrib["length"])
            elif child.tag == "entry":
                first, last = int(child.attrib["in"]), int(child.attrib["out"])
                producer = producers[child.attrib["producer"]]
                assert last < int(prop(producer, "length"))
                clips.append(
                    Played(
                        position,
                        last - first + 1,
                        prop(producer, "resource"),
                        first / rate,
                        prop(tractor, "kdenlive:track_name"),
                    )
                )
                position += last - first + 1
    guides = next(
        json.loads(prop(t, "kdenlive:sequenceproperties.guides")) for t in root.iter("tractor") if has_guides(t)
    )
    marked = [Marked(guide["pos"], guide["duration"], guide["comment"]) for guide in guides]
    return rate, sorted(clips, key=lambda clip: clip.start), marked


def prop(element: ET.Element, name: str) -> str:
    """A property of an MLT service."""
    return next((p.text or "" for p in element.findall("property") if p.attrib["name"] == name), "")


def has_guides(element: ET.Element) -> bool:
    """Whether it is the sequence."""
    return bool(prop(element, "kdenlive:sequenceproperties.guides"))


def read_xges(content: bytes) -> tuple[Fraction, list[Played], list[tuple[int, str]]]:
    """The rate, clips (in frames, as GES rounds them) and markers (nanoseconds and comment) of a GES project."""
    root = ET.fromstring(content)
    timeline = next(root.iter("timeline"))
    facts = timeline.attrib["metadatas"]
    rate = Fraction(re.search(r"framerate=\(fraction\)(\d+/\d+)", facts)[1])  # type: ignore[index]
    clips = []
    for layer in root.iter("layer"):
        for clip in layer.iter("clip"):
            start, length = int(clip.attrib["start"]), int(clip.attrib["duration"])
            frames = [int(Fraction(nanos, 10**9) * rate) for nanos in (start, start + length)]
            said = dict(re.findall(r'(\w+)=\(string\)"((?:[^"\\]|\\.)*)"', clip.attrib["metadatas"]))
            clips.append(
                Played(
                    frames[0],
                    frames[1] - frames[0],
                    unquote(clip.attrib["asset-id"]),
                    Fraction(int(clip.attrib["inpoint"]), 10**9),
                    unescaped(said["speaker"]),
                )
            )
    listed = re.search(r'markers=\(GESMarkerList\)"((?:[^"\\]|\\.)*)"', facts)
    return rate, sorted(clips, key=lambda clip: clip.start), list(ges_markers(listed[1] if listed else ""))


def ges_markers(escaped: str) -> Iterator[tuple[int, str]]:
    """The markers in a list, as `ges_marker_list_deserialize` takes it apart."""
    text = escaped.replace('\\"', '"').replace("\\\\", "\\")
    for position, comment_ in re.findall(
        r'marker-times, position=\(guint64\)(\d+); metadatas, comment=\(string\)"((?:[^"\\]|\\.)*)"', text
    ):
        yield int(position), unescaped(comment_)


def unescaped(text: str) -> str:
    """A string as GStreamer reads it."""
    raw = re.sub(rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else m[1], text.encode("ascii"))
    return raw.decode("utf-8")
