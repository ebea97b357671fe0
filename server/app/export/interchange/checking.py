"""Reads the document back with an XML parser, and counts what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib import resources
from typing import BinaryIO
from xml.parsers import expat

from ..material import Material
from .document import NAMESPACE


def transcript_xsd() -> str:
    """The XML Schema (1.0) of the document, as shipped."""
    return resources.files(__package__).joinpath("transcript.xsd").read_text("utf-8")


def check_xml(file: BinaryIO, material: Material) -> Iterable[str]:
    """Well-formed, and with as many speakers, segments, words and lines as the transcript has."""
    found: Counter[str] = Counter()

    def count(name: str, _: dict[str, str]) -> None:
        found[name] += 1

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = count
    try:
        parser.ParseFile(file)
    except expat.ExpatError as error:
        yield f"The file is not well-formed XML: {error}."
        return
    transcript = material.transcript
    wanted = {
        "speaker": len(transcript.speakers),
        "turn": len(transcript.turns),
        "segment": len(transcript.segments),
        "word": sum(len(segment.words) for segment in transcript.segments),
        "line": sum(map(len, transcript.translations.values())),
    }
    for name, number in wanted.items():
        if found[f"{NAMESPACE} {name}"] != number:
            yield f"There are {found[f'{NAMESPACE} {name}']} elements {name} instead of {number}."
