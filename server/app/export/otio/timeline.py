"""A timeline as an OpenTimelineIO document: tracks by speaker, gaps, clips, markers, and the words beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..timeline.model import Clip, Marker, Media, Speech, Timeline
from . import objects
from .flavours import Kind, Neutral
from .objects import Plain

OURS = "audapolis"
"""Under this key lies what no other program writes: speakers, confidences, words."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a document is made of.

    Attributes:
        by_speaker: Tracks for each speaker, rather than one of picture and one of sound.
        words: Every word with its times in the timeline's metadata.
        reference: Makes the reference to a medium.
    """

    flavour: Neutral
    by_speaker: bool
    words: bool
    reference: Callable[[Media, Neutral], Plain]


class Placed(NamedTuple):
    """A clip that has media, and its number in the timeline."""

    number: int
    clip: Clip
    medium: Media


def linked(medium: Media, flavour: Neutral) -> Plain:
    """A reference to the file where it lies, or by its name where nobody knows."""
    return objects.reference(
        "ExternalReference.1", medium.name, available(medium), _source(medium), flavour.url(medium)
    )


def missing(medium: Media) -> Plain:
    """A reference to a medium that is not there."""
    return objects.reference("MissingReference.1", medium.name, available(medium), _source(medium), None)


def available(medium: Media) -> Plain:
    """All of a medium, in its own frames from its own timecode on."""
    rate = medium.timebase.rate
    return objects.span(objects.time(medium.start_frame, rate), objects.time(medium.frames, rate))


def document(timeline: Timeline, layout: Layout) -> bytes:
    """The whole file."""
    flavour = layout.flavour
    stack = objects.item("Stack.1", "tracks", None, flavour.stack_metadata(), children=_tracks(timeline, layout))
    stack["markers"] = [_marker(marker, timeline, flavour) for marker in flavour.markers()]
    root = {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {OURS: _facts(timeline, words=layout.words), **flavour.timeline_metadata()},
        "name": timeline.name,
        "global_start_time": objects.time(timeline.start_frame, timeline.timebase.rate),
        "tracks": stack,
    }
    return (json.dumps(root, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def _tracks(timeline: Timeline, layout: Layout) -> list[Plain]:
    """All of picture, then all of sound, as editors count them."""
    lanes: dict[str, list[Placed]] = {}
    for number, clip in enumerate(timeline.clips, start=1):
        if clip.media:
            lanes.setdefault(clip.speaker if layout.by_speaker else "", []).append(Placed(number, clip, clip.media))
    seen = {name: [placed for placed in lane if placed.medium.has_video] for name, lane in lanes.items()}
    return [
        *(_track(name, "Video", lane, timeline, layout) for name, lane in seen.items() if lane),
        *(_track(name, "Audio", lane, timeline, layout) for name, lane in lanes.items()),
    ]


def _track(name: str, kind: Kind, lane: Sequence[Placed], timeline: Timeline, layout: Layout) -> Plain:
    rate = timeline.timebase.rate
    children: list[Plain] = []
    position = 0
    for placed in lane:
        if placed.clip.start > position:
            children.append(objects.gap(placed.clip.start - position, rate))
        children.append(_clip(placed, kind, timeline, layout))
        position = placed.clip.end
    if position < timeline.frames:
        children.append(objects.gap(timeline.frames - position, rate))
    metadata = layout.flavour.track_metadata(kind, max(placed.medium.channels for placed in lane))
    label = f"{name} {kind.lower()}".strip()
    return objects.item("Track.1", label, None, metadata, children=children, kind=kind)


def _clip(placed: Placed, kind: Kind, timeline: Timeline, layout: Layout) -> Plain:
    number, clip, medium = placed
    start = layout.flavour.source_start(clip, medium)
    said: Plain = {"speaker": clip.speaker}
    if clip.text:
        said.update(text=clip.text, confidence=_rounded(clip.confidence))
    return objects.clip(
        clip.speaker or medium.name,
        objects.span(start, objects.time(clip.frames, timeline.timebase.rate)),
        {OURS: said, **layout.flavour.clip_metadata(kind, number, medium)},
        layout.reference(medium, layout.flavour),
    )


def _marker(marker: Marker, timeline: Timeline, flavour: Neutral) -> Plain:
    rate = timeline.timebase.rate
    ours = {"speaker": marker.speaker, "confidence": _rounded(marker.confidence)}
    return objects.marker(
        marker.name,
        objects.span(objects.time(marker.start, rate), objects.time(marker.frames, rate)),
        marker.colour.upper(),
        marker.note,
        {OURS: ours, **flavour.marker_metadata(marker)},
    )


def _source(medium: Media) -> Plain:
    return {OURS: {"source": medium.id, "drop_frame": medium.timebase.drop_frame}}


def _facts(timeline: Timeline, *, words: bool) -> Plain:
    facts: Plain = {"drop_frame": timeline.timebase.drop_frame, "language": timeline.transcript.language}
    if words:
        facts["segments"] = [_segment(speech) for speech in timeline.speech]
    return facts


def _segment(speech: Speech) -> Plain:
    return {
        "id": speech.id,
        "speaker": speech.speaker,
        "start": speech.start,
        "end": speech.end,
        "text": speech.text,
        "confidence": _rounded(speech.confidence),
        "words": [
            {"text": word.text, "start_s": word.start_s, "end_s": word.end_s, "confidence": _rounded(word.confidence)}
            for word in speech.words
        ],
    }


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 4)
