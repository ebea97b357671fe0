"""Reads a finished xmeml document and holds it against itself: ids, links, lengths, markers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, parse

from ...material import Material

_POINT = -1
_TIMES = ("start", "end", "in", "out", "duration")


def structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Ids are unique, links go both ways, clips lie inside their media and markers inside what they mark."""
    try:
        root = parse(file).getroot()
    except ParseError as error:
        yield f"It is not XML: {error}."
        return
    sequence = root.find(".//sequence")
    if sequence is None:
        yield "It has no sequence."
        return
    yield from _ids(root)
    items: dict[str, tuple[Element, str, int, int]] = {}
    for kind in ("video", "audio"):
        for track, element in enumerate(sequence.iterfind(f"media/{kind}/track"), start=1):
            reached = 0
            for place, item in enumerate(element.iterfind("clipitem"), start=1):
                items[item.get("id", "")] = (item, kind, track, place)
                yield from _lengths(item, reached, int(sequence.findtext("duration", "0")))
                reached = int(item.findtext("end", "0"))
    yield from _links(items)
    yield from _markers(sequence, 0)


def _ids(root: Element) -> Iterator[str]:
    """Files may be named again without being described again; all else has its id once."""
    seen: set[str] = set()
    described: set[str] = set()
    for element in root.iter():
        name = element.get("id")
        if name is None:
            continue
        if element.tag == "file" and not len(element):
            if name not in described:
                yield f"The file '{name}' is referred to before it is described."
            continue
        if name in seen:
            yield f"The id '{name}' stands there twice."
        seen.add(name)
        if element.tag == "file":
            described.add(name)


def _lengths(item: Element, reached: int, whole: int) -> Iterator[str]:
    found = {child.tag: child.text or "" for child in item}
    start, end, first, last, length = (int(found.get(name, "-1")) for name in _TIMES)
    name = item.get("id")
    if not reached <= start < end <= whole:
        yield f"'{name}' stands on another clip or outside of the sequence."
    if not 0 <= first < last <= length:
        yield f"'{name}' plays frames {first} to {last} of {length}."
    yield from _markers(item, first)


def _markers(parent: Element, first: int) -> Iterator[str]:
    length = int(parent.findtext("duration", "0"))
    for one in parent.iterfind("marker"):
        start, end = int(one.findtext("in", "-1")), int(one.findtext("out", "0"))
        if start < first or (parent.tag == "clipitem" and start >= length) or (end != _POINT and end <= start):
            yield f"A marker on '{parent.get('id')}' lies at {start} to {end}."


def _links(items: dict[str, tuple[Element, str, int, int]]) -> Iterator[str]:
    groups = {name: tuple(_linked(one[0])) for name, one in items.items()}
    for name, links in groups.items():
        if links and all(link[0] != name for link in links):
            yield f"'{name}' is not linked to itself."
        for other, kind, track, place in links:
            if other not in items or items[other][1:] != (kind, track, place):
                yield f"'{name}' is linked to '{other}', which is not there."
            elif groups[other] != links:
                yield f"'{name}' is linked to '{other}', but not the other way."


def _linked(item: Element) -> Iterator[tuple[str, str, int, int]]:
    for link in item.iterfind("link"):
        found = {child.tag: child.text or "" for child in link}
        yield (
            found.get("linkclipref", ""),
            found.get("mediatype", ""),
            int(found.get("trackindex", "0")),
            int(found.get("clipindex", "0")),
        )
