"""Reads a finished Kdenlive document again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import ParseError, parse

from ..material import Material


def structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Everything that is named exists, and clips lie inside their media."""
    try:
        root = parse(file).getroot()
    except ParseError as error:
        yield f"It is not XML: {error}."
        return
    lengths = {one.get("id"): int(one.get("out", 0)) for one in root.iter("producer")}
    named = {element.get("id") for element in root}
    for playlist in root.iter("playlist"):
        for entry in playlist.iter("entry"):
            first, last = int(entry.get("in", 0)), int(entry.get("out", 0))
            if not 0 <= first <= last <= lengths.get(entry.get("producer"), last):
                yield f"An entry of {playlist.get('id')} plays {first} to {last}, more than there is."
    used = {element.get("producer") for tag in ("entry", "track") for element in root.iter(tag)}
    yield from (f"'{name}' is used but not there." for name in sorted(map(str, used - named)))
