"""The objects of an OpenTimelineIO file, as plain JSON: times, ranges, items, references, markers.

After the serialised data model of OpenTimelineIO 0.17. A rate is the nearest float to the exact fraction, a value a
whole number of frames at it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Plain = dict[str, Any]


def time(value: float, rate: Fraction) -> Plain:
    """A number of frames at a rate."""
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}


def span(start: Plain, duration: Plain) -> Plain:
    """From a time on, so long."""
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": start, "duration": duration}


def item(schema: str, name: str, source_range: Plain | None, metadata: Plain | None = None, **more: Any) -> Plain:
    """What all that lies in a timeline has in common."""
    return {
        "OTIO_SCHEMA": schema,
        "metadata": metadata or {},
        "name": name,
        "source_range": source_range,
        "effects": [],
        "markers": [],
        "enabled": True,
        **more,
    }


def gap(frames: int, rate: Fraction) -> Plain:
    """Nothing, for some frames."""
    return item("Gap.1", "", span(time(0, rate), time(frames, rate)))


def reference(schema: str, name: str, available: Plain, metadata: Plain, url: str | None) -> Plain:
    """Where a clip's media lies, or that nobody knows."""
    found = {
        "OTIO_SCHEMA": schema,
        "metadata": metadata,
        "name": name,
        "available_range": available,
        "available_image_bounds": None,
    }
    return found if url is None else {**found, "target_url": url}


def clip(name: str, source_range: Plain, metadata: Plain, media: Plain) -> Plain:
    """A stretch of a medium."""
    return item(
        "Clip.2",
        name,
        source_range,
        metadata,
        media_references={"DEFAULT_MEDIA": media},
        active_media_reference_key="DEFAULT_MEDIA",
    )


def marker(name: str, marked: Plain, colour: str, comment: str, metadata: Plain) -> Plain:
    """A marked range."""
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": metadata,
        "name": name,
        "color": colour,
        "marked_range": marked,
        "comment": comment,
    }
