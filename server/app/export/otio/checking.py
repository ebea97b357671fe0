"""Reads a finished OpenTimelineIO document as a program would that trusts nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from ..material import Material

_HALF_FRAME = 0.5


def structure(file: IO[bytes], material: Material) -> Iterator[str]:  # noqa: ARG001
    """Tracks are equally long, clips lie inside their media, markers inside the timeline."""
    try:
        root = json.load(file)
    except ValueError as error:
        yield f"It is not JSON: {error}."
        return
    tracks = root["tracks"]["children"]
    lengths = {sum(child["source_range"]["duration"]["value"] for child in track["children"]) for track in tracks}
    if len(lengths) > 1:
        yield f"Its tracks differ in length: {sorted(lengths)}."
    for track in tracks:
        for child in track["children"]:
            if child["OTIO_SCHEMA"].startswith("Clip") and not _inside(child):
                yield f"The clip '{child['name']}' in '{track['name']}' plays more than its medium has."
    for marker in root["tracks"]["markers"]:
        marked = marker["marked_range"]
        if marked["start_time"]["value"] < 0 or marked["duration"]["value"] < 1:
            yield f"The marker '{marker['name']}' lies before the timeline or is shorter than a frame."


def _inside(clip: dict[str, Any]) -> bool:
    """Whether a clip's edges lie in its medium; where rates differ, to within half a frame of either."""
    available = clip["media_references"]["DEFAULT_MEDIA"]["available_range"]
    first, length = available["start_time"], available["duration"]
    start, duration = clip["source_range"]["start_time"], clip["source_range"]["duration"]
    slack_s = _HALF_FRAME / start["rate"] + _HALF_FRAME / duration["rate"]
    begin_s = start["value"] / start["rate"] - first["value"] / first["rate"]
    end_s = begin_s + duration["value"] / duration["rate"]
    return bool(begin_s > -slack_s and end_s < length["value"] / length["rate"] + slack_s)
