"""Avid's formats, read by others: AAF with pyaaf2's own objects, the text formats line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import aaf2
import opentimelineio as otio


@dataclass(frozen=True)
class ReadClip:
    """A clip of a track: all in frames of the sequence but `source_timecode`, which is in frames of the recording."""

    start: int
    length: int
    source_start: int
    media: str
    label: str
    url: str
    source_timecode: tuple[int, int, bool]
    """Start, frames per second and drop-frame flag."""
    source_rate: Fraction
    source_length: int


@dataclass(frozen=True)
class ReadMarker:
    position: int
    length: int
    comment: str
    user: str
    colour: str
    slot: int
    attributes: dict[str, Any] = field(hash=False)


@dataclass
class ReadTrack:
    kind: str
    slot: int
    number: int
    name: str
    rate: Fraction
    length: int
    parts: int = 0
    clips: list[ReadClip] = field(default_factory=list)


@dataclass
class ReadAaf:
    name: str
    timecode: tuple[int, int, bool]
    length: int
    rate: Fraction
    tracks: list[ReadTrack]
    markers: list[ReadMarker]
    mobs: dict[str, int]
    """How many of each class."""


def read_aaf(path: Path) -> ReadAaf:
    """Go through a file with pyaaf2; everything must be there that the object model asks for."""
    with aaf2.open(str(path), "r") as file:
        for item, _ in file.content.walk_references():
            item.validate()
        (mob,) = file.content.toplevel()
        slots = list(mob.slots)
        (timecode,) = [slot for slot in slots if slot.segment.media_kind == "Timecode"]
        sounds = [slot for slot in slots if slot.segment.media_kind in ("Picture", "Sound")]
        events = [slot for slot in slots if isinstance(slot, aaf2.mobslots.EventMobSlot)]
        kinds = [type(one).__name__ for one in file.content.mobs]
        assert all(Fraction(str(slot.edit_rate)) == Fraction(str(timecode.edit_rate)) for slot in slots)
        return ReadAaf(
            name=mob.name,
            timecode=_timecode(timecode.segment),
            length=timecode.segment.length,
            rate=Fraction(str(timecode.edit_rate)),
            tracks=[_track(slot) for slot in sounds],
            markers=[_marker(marker) for slot in events for marker in slot.segment.components],
            mobs={kind: kinds.count(kind) for kind in kinds},
        )


def _timecode(segment: Any) -> tuple[int, int, bool]:
    return segment.start, segment.fps, segment.drop


def _track(slot: Any) -> ReadTrack:
    segment = slot.segment
    number = slot["PhysicalTrackNumber"].value
    rate = Fraction(str(slot.edit_rate))
    track = ReadTrack(segment.media_kind, slot.slot_id, number, slot.name, rate, segment.length)
    for component in segment.components:
        assert component.length > 0
        assert component.media_kind == segment.media_kind
        if isinstance(component, aaf2.components.SourceClip):
            track.clips.append(_clip(component, track.parts))
        else:
            assert isinstance(component, aaf2.components.Filler)
        track.parts += component.length
    return track


def _clip(clip: Any, start: int) -> ReadClip:
    master, slot = clip.mob, clip.slot
    assert isinstance(master, aaf2.mobs.MasterMob)
    assert slot.segment.media_kind == clip.media_kind
    file_clip = slot.segment
    locators = list(file_clip.mob.descriptor["Locator"].value or [])
    origin = file_clip.slot.segment.mob
    (timecode,) = [one.segment for one in origin.slots if one.segment.media_kind == "Timecode"]
    labels = {tag.name: tag.value for tag in clip["UserComments"].value}
    return ReadClip(
        start=start,
        length=clip.length,
        source_start=clip.start,
        media=master.name,
        label=labels["Name"],
        url=locators[0]["URLString"].value if locators else "",
        source_timecode=_timecode(timecode),
        source_rate=Fraction(str(slot.edit_rate)),
        source_length=file_clip.length,
    )


def _marker(marker: Any) -> ReadMarker:
    attributes = {tag.name: tag.value for tag in marker["CommentMarkerAttributeList"].value}
    assert marker.media_kind == "DescriptiveMetadata"
    (slot,) = marker["DescribedSlots"].value
    return ReadMarker(
        position=marker["Position"].value,
        length=marker["Length"].value or 1,
        comment=marker["Comment"].value,
        user=marker["CommentMarkerUser"].value,
        colour=attributes["_ATN_CRM_COLOR"],
        slot=slot,
        attributes=attributes,
    )


def frame_of(label: str, rate: Fraction) -> int:
    """A timecode as OpenTimelineIO understands it; it takes short names of rates for others than we mean."""
    exact = float(rate)
    return round(otio.opentime.from_timecode(label, exact).value)


def read_markers(content: bytes) -> list[list[str]]:
    """The fields of a marker list."""
    return [line.split("\t") for line in content.decode().replace("\r\n", "\n").splitlines()]


def read_subcap(content: bytes) -> list[tuple[str, str, list[str]]]:
    """The captions of a SubCap file."""
    head, _, rest = content.decode().replace("\r\n", "\n").partition("<begin subtitles>\n")
    assert head == "@ This file written with the Avid Caption plugin, version 1\n\n"
    body, _, after = rest.rpartition("<end subtitles>\n")
    assert after == ""
    found = []
    for block in body.split("\n\n"):
        if block:
            times, *lines = block.split("\n")
            start, end = times.split(" ")
            found.append((start, end, lines))
    return found


def read_ale(content: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Heading and rows of a log."""
    text = content.decode().replace("\r\n", "\n")
    heading, columns, data = text.split("\n\n")
    facts = dict(line.split("\t") for line in heading.split("\n")[1:])
    names = columns.split("\n")[1].split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in data.split("\n")[1:] if line]
    return facts, rows
