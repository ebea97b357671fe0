"""A timeline as a GES project: an asset a medium, a layer a speaker, a clip of picture and sound a stretch.

Times are nanoseconds. Each is the first nanosecond of its frame, which is what GES itself takes for a frame's time, so
that reading them back, rounded down or to the nearest, gives the same frame.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ...domain.timecode import Timebase
from ..editors.xml import url
from ..timeline.model import Clip, Colour, Media, Timeline
from .structures import nested, number, string, structure

_NANOS = 10**9
_SOUND, _PICTURE = 2, 4
_COLOURS: dict[Colour, int] = {
    "blue": 0xFF3584E4,
    "green": 0xFF33D17A,
    "yellow": 0xFFF6D32D,
    "cyan": 0xFF33C7DE,
    "purple": 0xFF9141AC,
    "orange": 0xFFFF7800,
    "pink": 0xFFF66151,
    "red": 0xFFE01B24,
}


def document(timeline: Timeline) -> bytes:
    """The whole file."""
    root = Element("ges", version="0.7")
    name = structure("metadatas", name=string(timeline.name))
    project = SubElement(root, "project", properties="properties;", metadatas=f"{name};")
    SubElement(project, "encoding-profiles")
    resources = SubElement(project, "ressources")
    ends = _ends(timeline)
    for medium in timeline.media:
        _asset(resources, medium, max(nanos(medium.frames, medium.timebase), ends.get(medium.id, 0)))
    facts = {"framerate": _fraction(timeline.timebase), "duration": number(nanos(timeline.frames, timeline.timebase))}
    if timeline.markers:
        facts["markers"] = nested("GESMarkerList", _markers(timeline))
    tree = SubElement(
        project,
        "timeline",
        properties="properties, auto-transition=(boolean)false, snapping-distance=(guint64)0;",
        metadatas=f"{structure('metadatas', **facts)};",
    )
    _tracks(tree, timeline)
    layers = {speaker: _layer(tree, place, speaker) for place, speaker in enumerate(timeline.speakers)}
    for place, clip in enumerate(timeline.clips):
        if clip.media:
            _clip(layers[clip.speaker], f"{place}", clip, clip.media, timeline)
    indent(root, "  ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'.encode()


def nanos(frames: int, timebase: Timebase) -> int:
    """The first nanosecond of a frame."""
    exact = timebase.seconds(frames) * _NANOS
    return -(-exact.numerator // exact.denominator)


def _ends(timeline: Timeline) -> dict[str, int]:
    """How far each medium is played, in nanoseconds."""
    ends: dict[str, int] = {}
    for clip in timeline.clips:
        if clip.media:
            end = nanos(clip.source_start, clip.media.timebase) + _length(clip, timeline)
            ends[clip.media.id] = max(end, ends.get(clip.media.id, 0))
    return ends


def _length(clip: Clip, timeline: Timeline) -> int:
    return nanos(clip.end, timeline.timebase) - nanos(clip.start, timeline.timebase)


def _asset(resources: Element, medium: Media, duration: int) -> None:
    formats = _SOUND + _PICTURE if medium.has_video else _SOUND
    facts = structure("properties", supported_formats=number(formats, "int"), duration=number(duration))
    SubElement(
        resources,
        "asset",
        {"id": _uri(medium), "extractable-type-name": "GESUriClip", "properties": f"{facts};"},
        metadatas=f"{structure('metadatas', name=string(medium.name))};",
    )


def _tracks(tree: Element, timeline: Timeline) -> None:
    width, height = timeline.size
    rate = max((medium.sample_rate_hz for medium in timeline.media), default=48_000)
    caps = {"audio/x-raw": f"audio/x-raw, rate=(int){rate}, channels=(int)2"}
    if timeline.has_video:
        frames = _fraction(timeline.timebase)
        size = f"width=(int){width}, height=(int){height}"
        caps = {"video/x-raw": f"video/x-raw, {size}, framerate={frames}", **caps}
    for number_, (kind, restriction) in enumerate(caps.items()):
        properties = structure("properties", restriction_caps=string(restriction), mixing="(boolean)true")
        SubElement(
            tree,
            "track",
            {
                "caps": f"{kind}(ANY)",
                "track-type": str(_PICTURE if kind.startswith("video") else _SOUND),
                "track-id": str(number_),
                "properties": f"{properties};",
                "metadatas": "metadatas;",
            },
        )


def _layer(tree: Element, priority: int, speaker: str) -> Element:
    facts = structure("metadatas", volume="(float)1", **{"video::name": string(speaker)})
    return SubElement(
        tree,
        "layer",
        priority=str(priority),
        properties="properties, auto-transition=(boolean)false;",
        metadatas=f"{facts};",
    )


def _clip(layer: Element, name: str, clip: Clip, medium: Media, timeline: Timeline) -> None:
    facts = {"speaker": string(clip.speaker)}
    if clip.text:
        facts["text"] = string(clip.text)
    SubElement(
        layer,
        "clip",
        {
            "id": name,
            "asset-id": _uri(medium),
            "type-name": "GESUriClip",
            "layer-priority": layer.get("priority", "0"),
            "track-types": str(_SOUND + _PICTURE if medium.has_video else _SOUND),
            "start": str(nanos(clip.start, timeline.timebase)),
            "duration": str(_length(clip, timeline)),
            "inpoint": str(nanos(clip.source_start, medium.timebase)),
            "rate": "0",
            "properties": f"{structure('properties', name=string(f'clip{name}'))};",
            "metadatas": f"{structure('metadatas', **facts)};",
        },
    )


def _markers(timeline: Timeline) -> str:
    found = []
    for marker in timeline.markers:
        comment = f"{marker.speaker}: {marker.note}" if marker.speaker else marker.note
        found += [
            structure("marker-times", position=number(nanos(marker.start, timeline.timebase))),
            structure("metadatas", comment=string(comment), marker_color=number(_COLOURS[marker.colour], "uint")),
        ]
    return "; ".join(found)


def _uri(medium: Media) -> str:
    found = url(medium.location)
    return found if "://" in found else f"file:///{found}"


def _fraction(timebase: Timebase) -> str:
    return f"(fraction){timebase.rate.numerator}/{timebase.rate.denominator}"
