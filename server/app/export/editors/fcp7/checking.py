"""Reads a finished xmeml document and holds it against itself: ids, links, lengths, markers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, iterparse

from ...material import Material

_POINT = -1
_TIMES = ("start", "end", "in", "out", "duration")
_Link = tuple[str, str, int, int]


def structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Ids are unique, links go both ways, clips lie inside their media and markers inside what they mark."""
    reader = _Reader()
    try:
        for _, element in iterparse(file):
            yield from reader.take(element)
    except ParseError as error:
        yield f"It is not XML: {error}."
        return
    if not reader.has_sequence:
        yield "It has no sequence."
    yield from reader.links()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item stands, and what it is linked to."""

    kind: str
    track: int
    place: int
    links: tuple[_Link, ...]


class _Reader:
    """Takes elements as they end; tracks are forgotten once read, since they are most of the document."""

    def __init__(self) -> None:
        self.has_sequence = False
        self._items: dict[str, _Place] = {}
        self._tracks = {"video": 0, "audio": 0}
        self._reached = 0
        self._ids: set[str] = set()
        self._described: set[str] = set()

    def take(self, element: Element) -> Iterator[str]:
        """What is wrong with an element that is complete."""
        if "id" in element.attrib:
            yield from self._id(element)
        if element.tag == "track" and not self.has_sequence:
            yield from self._track(element)
            element.clear()
        elif element.tag == "sequence":
            self.has_sequence = True
            length = int(element.findtext("duration", "0"))
            if self._reached > length:
                yield f"Clips go on to frame {self._reached} of a sequence of {length}."
            yield from _markers(element, 0, None)

    def links(self) -> Iterator[str]:
        """Links that lead nowhere or go one way only."""
        for name, item in self._items.items():
            if item.links and all(link[0] != name for link in item.links):
                yield f"'{name}' is not linked to itself."
            for other, *where in item.links:
                found = self._items.get(other)
                if found is None or [found.kind, found.track, found.place] != where:
                    yield f"'{name}' is linked to '{other}', which is not there."
                elif found.links != item.links:
                    yield f"'{name}' is linked to '{other}', but not the other way."

    def _id(self, element: Element) -> Iterator[str]:
        """Files may be named again without being described again; all else has its id once."""
        name = element.attrib["id"]
        if element.tag == "file" and not len(element):
            if name not in self._described:
                yield f"The file '{name}' is referred to before it is described."
            return
        if name in self._ids:
            yield f"The id '{name}' stands there twice."
        self._ids.add(name)
        if element.tag == "file":
            self._described.add(name)

    def _track(self, track: Element) -> Iterator[str]:
        items = track.findall("clipitem")
        kind = items[0].findtext("sourcetrack/mediatype", "") if items else "audio"
        self._tracks[kind] = self._tracks.get(kind, 0) + 1
        reached = 0
        for place, item in enumerate(items, start=1):
            yield from _lengths(item, reached)
            reached = int(item.findtext("end", "0"))
            self._items[item.get("id", "")] = _Place(kind, self._tracks[kind], place, tuple(_linked(item)))
        self._reached = max(self._reached, reached)


def _lengths(item: Element, reached: int) -> Iterator[str]:
    found = {child.tag: child.text or "" for child in item}
    start, end, first, last, length = (int(found.get(name, "-1")) for name in _TIMES)
    name = item.get("id")
    if not reached <= start < end:
        yield f"'{name}' stands on another clip or has no length."
    if not 0 <= first < last <= length:
        yield f"'{name}' plays frames {first} to {last} of {length}."
    yield from _markers(item, first, last)


def _markers(parent: Element, first: int, last: int | None) -> Iterator[str]:
    for one in parent.iterfind("marker"):
        start, end = int(one.findtext("in", "-1")), int(one.findtext("out", "0"))
        outside = start < first or (last is not None and start >= last)
        if outside or (end != _POINT and end <= start):
            yield f"A marker on '{parent.get('id')}' lies at {start} to {end}."


def _linked(item: Element) -> Iterator[_Link]:
    for link in item.iterfind("link"):
        found = {child.tag: child.text or "" for child in link}
        yield (
            found.get("linkclipref", ""),
            found.get("mediatype", ""),
            int(found.get("trackindex", "0")),
            int(found.get("clipindex", "0")),
        )
