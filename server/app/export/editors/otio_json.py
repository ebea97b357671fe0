"""OpenTimelineIO's own JSON (`Timeline.1`), written by hand so that nothing has to be installed for it."""

from __future__ import annotations

import json
from typing import Any

from .model import Clip, EditedSequence

Plain = dict[str, Any]


def write(sequence: EditedSequence) -> bytes:
    """A timeline with an audio track for each speaker, and a video track for each who is seen."""
    tracks = []
    for speaker in sequence.speakers:
        own = [clip for clip in sequence.clips if clip.speaker == speaker]
        if any(clip.media.has_video for clip in own):
            tracks.append(_track(f"{speaker} video".strip(), "Video", [c for c in own if c.media.has_video], sequence))
        tracks.append(_track(f"{speaker} audio".strip(), "Audio", own, sequence))
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": sequence.name,
        "global_start_time": None,
        "metadata": {},
        "tracks": _item("Stack.1", "tracks", None, children=tracks),
    }
    return (json.dumps(timeline, ensure_ascii=False, indent=4) + "\n").encode("utf-8")


def _item(schema: str, name: str, source_range: Plain | None, **more: Any) -> Plain:
    return {
        "OTIO_SCHEMA": schema,
        "name": name,
        "source_range": source_range,
        "effects": [],
        "markers": [],
        "enabled": True,
        "metadata": {},
        **more,
    }


def _track(name: str, kind: str, clips: list[Clip], sequence: EditedSequence) -> Plain:
    children: list[Plain] = []
    position = 0
    for clip in clips:
        if clip.start > position:
            children.append(_item("Gap.1", "", _range(0, clip.start - position, sequence)))
        children.append(_clip(clip, sequence))
        position = clip.end
    if position < sequence.frames:
        children.append(_item("Gap.1", "", _range(0, sequence.frames - position, sequence)))
    return _item("Track.1", name, None, children=children, kind=kind)


def _clip(clip: Clip, sequence: EditedSequence) -> Plain:
    reference = {
        "OTIO_SCHEMA": "ExternalReference.1",
        "name": "",
        "metadata": {},
        "target_url": clip.media.url,
        "available_range": _range(0, clip.media.frames, sequence),
        "available_image_bounds": None,
    }
    return _item(
        "Clip.2",
        clip.speaker,
        _range(clip.source_start, clip.frames, sequence),
        media_references={"DEFAULT_MEDIA": reference},
        active_media_reference_key="DEFAULT_MEDIA",
    )


def _range(start: int, frames: int, sequence: EditedSequence) -> Plain:
    rate = float(sequence.timebase.rate)
    times = [{"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(value)} for value in (start, frames)]
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": times[0], "duration": times[1]}
