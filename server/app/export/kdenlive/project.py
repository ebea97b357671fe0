"""A timeline as a Kdenlive document: a bin, two playlists a track, a sequence, and the project around it.

MLT counts everything in frames of the profile, inclusive of the last one, and names files by their path.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from math import gcd
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..text import printable
from ..timeline.model import Clip, Colour, Marker, Media, Timeline
from ..timeline.spreading import one_a_frame

_IDS = uuid.UUID("6f0f4a3e-5b1c-5d0e-9d53-0f6a3f1b7c2d")
_LONGEST = 2**31 - 1
_BLACK = "black_track"
_BIN = "main_bin"
_CATEGORIES: dict[Colour, tuple[int, str]] = {
    "purple": (0, "#9b59b6"),
    "blue": (1, "#3daee9"),
    "cyan": (2, "#1abc9c"),
    "green": (3, "#1cdc9a"),
    "yellow": (4, "#c9ce3b"),
    "orange": (6, "#f39c1f"),
    "pink": (7, "#f47750"),
    "red": (8, "#da4453"),
}
"""Kdenlive's own categories of guides: number and colour."""

Lane = tuple[Literal["audio", "video"], str, list[Clip]]


def document(timeline: Timeline) -> bytes:
    """The whole file."""
    sequence = f"{{{uuid.uuid5(_IDS, f'{timeline.transcript.id}/{timeline.name}')}}}"
    last = str(max(0, timeline.frames - 1))
    root = Element("mlt", LC_NUMERIC="C", producer=_BIN, version="7.22.0")
    _profile(root, timeline)
    _black(root, last)
    lengths = _lengths(timeline)
    for medium in timeline.media:
        _producer(root, medium, lengths[medium.id])
    _bin(root, timeline, sequence, lengths)
    lanes = _lanes(timeline)
    for number, lane in enumerate(lanes):
        _track(root, number, lane, timeline, last)
    _sequence(root, timeline, lanes, sequence, last)
    project = SubElement(root, "tractor", {"id": "project", "in": "0", "out": last})
    _properties(project, {"kdenlive:projectTractor": "1"})
    SubElement(project, "track", {"producer": sequence, "in": "0", "out": last})
    indent(root, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'.encode()


def profile_frames(frames: int, medium: Media, timeline: Timeline) -> int:
    """A medium's frames as the profile counts them."""
    if medium.timebase.rate == timeline.timebase.rate:
        return frames
    return timeline.timebase.frames(medium.timebase.seconds(frames))


def _profile(root: Element, timeline: Timeline) -> None:
    width, height = timeline.size
    shared = gcd(width, height) or 1
    rate = timeline.timebase.rate
    SubElement(
        root,
        "profile",
        description=f"{width}x{height} {float(rate):.2f}fps",
        width=str(width),
        height=str(height),
        progressive="1",
        sample_aspect_num="1",
        sample_aspect_den="1",
        display_aspect_num=str(width // shared),
        display_aspect_den=str(height // shared),
        frame_rate_num=str(rate.numerator),
        frame_rate_den=str(rate.denominator),
        colorspace="709" if height > 576 else "601",
    )


def _black(root: Element, last: str) -> None:
    black = SubElement(root, "producer", {"id": _BLACK, "in": "0", "out": last})
    _properties(
        black,
        {
            "length": str(_LONGEST),
            "eof": "continue",
            "resource": "black",
            "mlt_service": "color",
            "kdenlive:playlistid": _BLACK,
            "mlt_image_format": "rgba",
            "set.test_audio": "0",
        },
    )


def _producer(root: Element, medium: Media, frames: int) -> None:
    producer = SubElement(root, "producer", {"id": _producer_id(medium), "in": "0", "out": str(frames - 1)})
    _properties(
        producer,
        {
            "length": str(frames),
            "eof": "pause",
            "resource": medium.location,
            "mlt_service": "avformat-novalidate",
            "seekable": "1",
            "kdenlive:clipname": medium.name,
            "kdenlive:folderid": "-1",
            "kdenlive:id": _bin_id(medium),
            "kdenlive:clip_type": "0",
        },
    )


def _lengths(timeline: Timeline) -> dict[str, int]:
    """How long each medium is in profile frames: no less than what clips use."""
    lengths = {m.id: max(1, profile_frames(m.frames, m, timeline)) for m in timeline.media}
    for clip in timeline.clips:
        if clip.media:
            used = _source(clip, clip.media, timeline)[1] + 1
            lengths[clip.media.id] = max(lengths[clip.media.id], used)
    return lengths


def _source(clip: Clip, medium: Media, timeline: Timeline) -> tuple[int, int]:
    """First and last frame that plays."""
    first = profile_frames(clip.source_start, medium, timeline)
    return first, first + clip.frames - 1


def _bin(root: Element, timeline: Timeline, sequence: str, lengths: dict[str, int]) -> None:
    main = SubElement(root, "playlist", id=_BIN)
    _properties(
        main,
        {
            "kdenlive:docproperties.version": "1.1",
            "kdenlive:docproperties.kdenliveversion": "23.08.0",
            "kdenlive:docproperties.uuid": sequence,
            "kdenlive:docproperties.opensequences": sequence,
            "kdenlive:docproperties.activetimeline": sequence,
            "kdenlive:docproperties.guidesCategories": _json(_categories(timeline)),
            "xml_retain": "1",
        },
    )
    entries = {sequence: timeline.frames, **{_producer_id(medium): lengths[medium.id] for medium in timeline.media}}
    for name, frames in entries.items():
        SubElement(main, "entry", {"producer": name, "in": "0", "out": str(max(0, frames - 1))})


def _lanes(timeline: Timeline) -> list[Lane]:
    """Sound from the last speaker up to the first, then picture: from the bottom up, as Kdenlive shows them."""
    by_speaker: dict[str, list[Clip]] = {name: [] for name in timeline.speakers}
    for clip in timeline.clips:
        if clip.media:
            by_speaker[clip.speaker].append(clip)
    sound: list[Lane] = [("audio", name, clips) for name, clips in reversed(by_speaker.items())]
    seen = {name: [c for c in clips if c.media and c.media.has_video] for name, clips in by_speaker.items()}
    return [*sound, *(("video", name, clips) for name, clips in seen.items() if clips)]


def _track(root: Element, number: int, lane: Lane, timeline: Timeline, last: str) -> None:
    kind, name, clips = lane
    playlist = SubElement(root, "playlist", id=f"playlist{2 * number}")
    empty = SubElement(root, "playlist", id=f"playlist{2 * number + 1}")
    if kind == "audio":
        for one in (playlist, empty):
            _properties(one, {"kdenlive:audio_track": "1"})
    position = 0
    for clip in clips:
        if clip.start > position:
            SubElement(playlist, "blank", length=str(clip.start - position))
        _entry(playlist, clip, timeline)
        position = clip.end
    tractor = SubElement(root, "tractor", {"id": f"tractor{number}", "in": "0", "out": last})
    shown = {"kdenlive:audio_track": "1"} if kind == "audio" else {}
    _properties(tractor, {**shown, "kdenlive:track_name": name or kind, "kdenlive:timeline_active": "1"})
    hidden = "video" if kind == "audio" else "audio"
    for half in (0, 1):
        SubElement(tractor, "track", hide=hidden, producer=f"playlist{2 * number + half}")


def _entry(playlist: Element, clip: Clip, timeline: Timeline) -> None:
    if clip.media is None:
        return
    first, last = _source(clip, clip.media, timeline)
    entry = SubElement(playlist, "entry", {"producer": _producer_id(clip.media), "in": str(first), "out": str(last)})
    _properties(entry, {"kdenlive:id": _bin_id(clip.media)})


def _sequence(root: Element, timeline: Timeline, lanes: Sequence[Lane], sequence: str, last: str) -> None:
    tractor = SubElement(root, "tractor", {"id": sequence, "in": "0", "out": last})
    kinds = [kind for kind, _, _ in lanes]
    _properties(
        tractor,
        {
            "kdenlive:uuid": sequence,
            "kdenlive:clipname": timeline.name,
            "kdenlive:sequenceproperties.documentuuid": sequence,
            "kdenlive:sequenceproperties.hasAudio": "1" if "audio" in kinds else "0",
            "kdenlive:sequenceproperties.hasVideo": "1" if "video" in kinds else "0",
            "kdenlive:sequenceproperties.tracksCount": str(len(lanes)),
            "kdenlive:sequenceproperties.guides": _json(_guides(timeline)),
            "kdenlive:producer_type": "17",
            "kdenlive:maxduration": str(timeline.frames),
            "kdenlive:clip_type": "0",
            "kdenlive:folderid": "-1",
            "kdenlive:id": "1",
        },
    )
    SubElement(tractor, "track", producer=_BLACK)
    for number in range(len(lanes)):
        SubElement(tractor, "track", producer=f"tractor{number}")
    for number, kind in enumerate(kinds, start=1):
        _blend(tractor, number, kind)


def _blend(tractor: Element, number: int, kind: str) -> None:
    """How a track joins those below it."""
    transition = SubElement(tractor, "transition", id=f"transition{number}")
    service = "mix" if kind == "audio" else "qtblend"
    how = {"sum": "1", "accepts_blanks": "1"} if kind == "audio" else {"compositing": "0", "distort": "0"}
    common = {"a_track": "0", "b_track": str(number), "mlt_service": service, "kdenlive_id": service}
    _properties(transition, {**common, "internal_added": "237", "always_active": "1", **how})


def _guides(timeline: Timeline) -> list[dict[str, str | int]]:
    return [
        {
            "comment": f"{marker.speaker}: {marker.note}" if marker.speaker else marker.note,
            "duration": marker.frames,
            "pos": marker.start,
            "type": _CATEGORIES[marker.colour][0],
        }
        for marker in one_a_frame(timeline.markers)[0]
    ]


def _categories(timeline: Timeline) -> list[dict[str, str | int]]:
    """The categories of guides, called by the speakers whose colour they have."""
    names: dict[Colour, dict[str, None]] = {}
    for marker in timeline.markers:
        names.setdefault(marker.colour, {})[_category(marker)] = None
    return [
        {"color": colour, "comment": ", ".join(names.get(ours, {})) or ours.capitalize(), "index": index}
        for ours, (index, colour) in _CATEGORIES.items()
    ]


def _category(marker: Marker) -> str:
    return "Doubtful" if marker.colour == "red" else marker.speaker or "Speech"


def _producer_id(medium: Media) -> str:
    return f"producer{medium.index}"


def _bin_id(medium: Media) -> str:
    """Its number in the bin; the sequence has number 1."""
    return str(medium.index + 1)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _properties(parent: Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        SubElement(parent, "property", name=name).text = printable(value)
