"""Reads a finished xmeml document and holds it against itself: ids, links, lengths, markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from ...material import Material

_POINT = -1
_TIMES = ("start", "end", "in", "out", "duration")
_GATHERED = frozenset({"clipitem", "link", "marker", "sourcetrack", "sequence"})
_Values = dict[str, str]
_Link = tuple[str, str, int, int]


def structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Ids are unique, links go both ways, clips lie inside their media and markers inside what they mark."""
    reader = _Reader()
    try:
        reader.read(file)
    except ExpatError as error:
        yield f"It is not XML: {error}."
        return
    yield from reader.problems
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
    """Is told of elements as they begin and end, since keeping half a million of them would take long."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.has_sequence = False
        self._open: list[str] = []
        self._text = ""
        self._values: dict[str, _Values] = {}
        self._links: list[_Link] = []
        self._items: dict[str, _Place] = {}
        self._tracks: dict[str, int] = {}
        self._place = self._reached = self._end = 0
        self._ids: set[str] = set()
        self._named: str | None = None

    def read(self, file: BinaryIO) -> None:
        """Read the document.

        Raises:
            ExpatError: It is none.
        """
        parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._begun
        parser.EndElementHandler = self._ended
        parser.CharacterDataHandler = self._heard
        parser.ParseFile(file)

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

    def _heard(self, text: str) -> None:
        self._text = text

    def _begun(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._text = ""
        if self._named:
            self._identified(self._named)  # a file with something in it is described here
            self._named = None
        self._open.append(tag)
        if tag in _GATHERED:
            self._values[tag] = dict(attributes)
        if tag == "file":
            self._named = attributes.get("id")
        elif "id" in attributes:
            self._identified(attributes["id"])
        if tag == "track":
            self._place = self._reached = 0

    def _ended(self, tag: str) -> None:
        self._open.pop()
        parent = self._open[-1] if self._open else ""
        if parent in _GATHERED:
            self._values[parent][tag] = self._text
        self._text = ""
        if tag == "file" and self._named:
            if self._named not in self._ids:
                self.problems.append(f"The file '{self._named}' is referred to before it is described.")
            self._named = None
        elif tag == "link":
            self._links.append(_link(self._values[tag]))
        elif tag == "marker":
            self._marker(self._values[tag], self._values[parent], is_clip=parent == "clipitem")
        elif tag == "clipitem" and not self.has_sequence:
            self._item(self._values[tag])
        elif tag == "sequence":
            self.has_sequence = True
            length = int(self._values[tag].get("duration", "0"))
            if self._end > length:
                self.problems.append(f"Clips go on to frame {self._end} of a sequence of {length}.")

    def _identified(self, name: str) -> None:
        if name in self._ids:
            self.problems.append(f"The id '{name}' stands there twice.")
        self._ids.add(name)

    def _item(self, values: _Values) -> None:
        name = values.get("id", "")
        start, end, first, last, length = (int(values.get(time, "-1")) for time in _TIMES)
        if not self._reached <= start < end:
            self.problems.append(f"'{name}' stands on another clip or has no length.")
        if not 0 <= first < last <= length:
            self.problems.append(f"'{name}' plays frames {first} to {last} of {length}.")
        kind = self._values.get("sourcetrack", {}).get("mediatype", "")
        self._place += 1
        if self._place == 1:
            self._tracks[kind] = self._tracks.get(kind, 0) + 1
        self._items[name] = _Place(kind, self._tracks[kind], self._place, tuple(self._links))
        self._links = []
        self._reached, self._end = end, max(end, self._end)

    def _marker(self, values: _Values, marked: _Values, *, is_clip: bool) -> None:
        start, end = int(values.get("in", "-1")), int(values.get("out", "0"))
        first, last = (int(marked["in"]), int(marked["out"])) if is_clip else (0, start + 1)
        if not first <= start < last or (end != _POINT and end <= start):
            self.problems.append(f"A marker on '{marked.get('id')}' lies at {start} to {end}.")


def _link(values: _Values) -> _Link:
    return (
        values.get("linkclipref", ""),
        values.get("mediatype", ""),
        int(values.get("trackindex", "0")),
        int(values.get("clipindex", "0")),
    )
