"""Reads a finished FCPXML document and holds it against the format's rules: order, references, whole frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, iterparse

from ...material import Material

_Time = tuple[int, int]
_CLIPS = frozenset({"asset-clip", "gap"})
_MARKS = frozenset({"marker", "keyword"})
ORDER: Mapping[str, tuple[frozenset[str], ...]] = {
    "fcpxml": (frozenset({"resources"}), frozenset({"library"})),
    "resources": (frozenset({"format", "asset"}),),
    "asset": (frozenset({"media-rep"}),),
    "library": (frozenset({"event"}),),
    "event": (frozenset({"asset-clip", "keyword-collection", "project"}),),
    "project": (frozenset({"sequence"}),),
    "sequence": (frozenset({"note"}), frozenset({"spine"})),
    "spine": (_CLIPS,),
    "asset-clip": (frozenset({"note"}), frozenset({"conform-rate"}), frozenset({"caption"}), _MARKS),
    "gap": (frozenset({"note"}), frozenset({"caption"}), _MARKS),
    "caption": (frozenset({"text"}), frozenset({"text-style-def"}), frozenset({"note"})),
    "text": (frozenset({"text-style"}),),
    "text-style-def": (frozenset({"text-style"}),),
}
"""What elements hold, in this order; those that are missing hold nothing."""
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "fcpxml": ("version",),
    "format": ("id",),
    "asset": ("id",),
    "media-rep": ("src",),
    "sequence": ("format",),
    "asset-clip": ("ref",),
    "gap": ("duration",),
    "caption": ("duration", "role"),
    "marker": ("start", "value"),
    "keyword": ("start", "value"),
    "keyword-collection": ("name",),
    "text-style-def": ("id",),
}


def structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Elements stand in order, references lead somewhere, the storyline has no gaps, all falls on whole frames."""
    reader = _Reader()
    try:
        for event, element in iterparse(file, ("start", "end")):
            if event == "end":
                yield from reader.ended(element)
            elif element.tag == "sequence":
                reader.sequence_begun(element)
    except ParseError as error:
        yield f"It is not XML: {error}."


def _shape(elements: Iterable[Element]) -> Iterator[str]:
    for element in elements:
        steps = ORDER.get(element.tag, ())
        at = 0
        for one in element:
            while at < len(steps) and one.tag not in steps[at]:
                at += 1
            if at == len(steps):
                yield f"<{one.tag}> does not belong where it stands in <{element.tag}>."
                break
        for name in REQUIRED.get(element.tag, ()):
            if name not in element.attrib:
                yield f"<{element.tag}> lacks '{name}'."


class _Reader:
    """Takes elements as they end; clips are emptied once read, since what is on them is most of the document."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._wanted: set[str] = set()
        self._frames: dict[str, _Time] = {}
        self._assets: dict[str, Element] = {}
        self._sequence: Element | None = None
        self._frame: _Time = (0, 1)
        self._start = self._reached = Fraction(0)

    def sequence_begun(self, sequence: Element) -> None:
        """From here on, clips stand in the storyline."""
        self._sequence = sequence
        self._frame = self._frames.get(sequence.get("format", ""), (0, 1))
        self._start = self._reached = Fraction(*_time(sequence.get("tcStart", "0s")))

    def ended(self, element: Element) -> Iterator[str]:
        """What is wrong with an element that is complete."""
        if element.tag in _CLIPS:
            yield from self._elements(list(element.iter()))
            if self._sequence is not None:
                yield from self._placed(element)
            del element[:]
        elif element.tag == "resources":
            self._frames = {one.get("id", ""): _time(one.get("frameDuration", "0s")) for one in element.iter("format")}
            self._assets = {one.get("id", ""): one for one in element.iter("asset")}
        elif element.tag == "sequence":
            yield from self._sequence_ended(element)
        elif element.tag == "fcpxml":
            yield from self._elements([one for one in element.iter() if one.tag not in _CLIPS])
            yield from (f"'{name}' is referred to but not there." for name in sorted(self._wanted - self._ids))
            if self._sequence is None:
                yield "It has no sequence."

    def _elements(self, elements: Sequence[Element]) -> Iterator[str]:
        """What goes for every element: its place, what it has to have, and who refers to whom."""
        yield from _shape(elements)
        for element in elements:
            name = element.get("id")
            if name is not None:
                if name in self._ids:
                    yield f"The id '{name}' stands there twice."
                self._ids.add(name)
            self._wanted.update(element.attrib[key] for key in ("ref", "format") if key in element.attrib)

    def _sequence_ended(self, sequence: Element) -> Iterator[str]:
        """Recordings begin and end on their own frames, the sequence on its own, where its last clip does."""
        for name, asset in self._assets.items():
            frame = self._frame_of(asset)
            for key in ("start", "duration"):
                if not _is_multiple(_time(asset.get(key, "0s")), frame):
                    yield f"The {key} of '{name}' is not a whole number of its frames."
        for key in ("tcStart", "duration"):
            if not _is_multiple(_time(sequence.get(key, "0s")), self._frame):
                yield f"The sequence's {key} is not a whole number of frames."
        if self._reached - self._start != Fraction(*_time(sequence.get("duration", "0s"))):
            yield "The sequence is not as long as what is in it."

    def _placed(self, item: Element) -> Iterator[str]:
        """Clips follow one another on whole frames, and lie inside their recordings with all that is on them."""
        offset, length = _time(item.get("offset", "0s")), _time(item.get("duration", "0s"))
        if Fraction(*offset) != self._reached:
            yield f"'{item.get('name')}' at {item.get('offset')} does not follow what stands before it."
        if length[0] <= 0 or not _is_multiple(length, self._frame) or not _is_multiple(offset, self._frame):
            yield f"'{item.get('name')}' at {item.get('offset')} does not take whole frames."
        self._reached = Fraction(*offset) + Fraction(*length)
        yield from self._clip(item)

    def _clip(self, item: Element) -> Iterator[str]:
        origin = _time(item.get("start", "0s"))
        asset = self._assets.get(item.get("ref", ""))
        if asset is not None:
            frame = self._frame_of(asset)
            if not _is_multiple(origin, frame):
                yield f"'{item.get('name')}' at {item.get('offset')} begins between frames of its recording."
            first = Fraction(*_time(asset.get("start", "0s")))
            slack = Fraction(*frame) if frame != self._frame else 0
            end = Fraction(*origin) + Fraction(*_time(item.get("duration", "0s")))
            if Fraction(*origin) < first or end > first + Fraction(*_time(asset.get("duration", "0s"))) + slack:
                yield f"'{item.get('name')}' at {item.get('offset')} plays more than its recording has."
        for one in item:
            place = one.get("offset") if one.tag == "caption" else one.get("start") if one.tag in _MARKS else None
            if place is not None:
                yield from self._inside(one, _time(place), origin)

    def _inside(self, one: Element, place: _Time, origin: _Time) -> Iterator[str]:
        since = (place[0] * origin[1] - origin[0] * place[1], place[1] * origin[1])
        if since[0] < 0 or not _is_multiple(since, self._frame):
            yield f"A {one.tag} at {_text(place)} does not fall on a frame of its clip."
        length = _time(one.get("duration", "0s"))
        if length[0] <= 0 or not _is_multiple(length, self._frame):
            yield f"A {one.tag} at {_text(place)} does not last whole frames."

    def _frame_of(self, asset: Element) -> _Time:
        return self._frames.get(asset.get("format", ""), self._frame)


def _time(text: str) -> _Time:
    """A time as numerator and denominator."""
    numerator, _, denominator = text.removesuffix("s").partition("/")
    return int(numerator), int(denominator or 1)


def _text(time: _Time) -> str:
    return f"{time[0]}/{time[1]}s"


def _is_multiple(time: _Time, frame: _Time) -> bool:
    return frame[0] > 0 and time[0] * frame[1] % (time[1] * frame[0]) == 0
