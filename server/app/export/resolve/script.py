"""A script that builds a timeline in DaVinci Resolve: the program in `in_resolve`, and the plan it carries out."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from ..material import Material
from ..timeline.model import Timeline
from ..timeline.spreading import one_a_frame
from .marking import COLOURS

_PLACE = 'PLAN_JSON = "{}"'
_MARK = "PLAN_JSON = "


def script(timeline: Timeline, captions: str) -> str:
    """The whole program; the plan is one ASCII string in it, whatever it holds."""
    text = json.dumps(plan(timeline, captions), separators=(",", ":"))
    before, after = _program().split(_PLACE)
    return f"{before}{_MARK}{text!r}{after}"


def plan(timeline: Timeline, captions: str) -> dict[str, Any]:
    """What is to be built, in frames: positions count from the timeline's beginning, sources from their own."""
    width, height = timeline.size
    places = {medium.id: place for place, medium in enumerate(timeline.media)}
    tracks = {name: number for number, name in enumerate(timeline.speakers, start=1)}
    return {
        "name": timeline.name,
        "rate": f"{float(timeline.timebase.rate):.3f}".rstrip("0").rstrip("."),
        "drop_frame": timeline.timebase.drop_frame,
        "start_timecode": timeline.label(0),
        "width": width,
        "height": height,
        "media": [{"name": _file_name(medium.location), "location": medium.location} for medium in timeline.media],
        "tracks": [name or "Speech" for name in tracks],
        "clips": [
            [places[clip.media.id], tracks[clip.speaker], clip.source_start, clip.source_end - 1, clip.start]
            for clip in timeline.clips
            if clip.media
        ],
        "captions": captions,
        "markers": [
            [marker.start, COLOURS[marker.colour], marker.name, marker.note, marker.frames]
            for marker in one_a_frame(timeline.markers)[0]
        ],
    }


def runnable(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Python reads the program, and its plan is complete."""
    text = file.read().decode("utf-8")
    line = next((line for line in text.splitlines() if line.startswith(_MARK)), "")
    try:
        compile(text.replace(line, _PLACE), "script", "exec")
        found = json.loads(ast.literal_eval(line.removeprefix(_MARK)))
    except (SyntaxError, ValueError) as error:
        yield f"Python can't read it: {error}."
        return
    if any(not 1 <= track <= len(found["tracks"]) for _, track, *_ in found["clips"]):
        yield "A clip is on a track that is not made."
    if any(last < first for _, _, first, last, _ in found["clips"]):
        yield "A clip ends before it begins."


def _file_name(location: str) -> str:
    return re.split(r"[\\/]", location)[-1]


@cache
def _program() -> str:
    return Path(__file__).with_name("in_resolve.py").read_text("utf-8")
