"""TTML documents as other programs read them."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import ttconv.imsc.reader
import xmlschema
from audapolis.export.captions import Caption
from ttconv import model

SCHEMAS = Path(__file__).parents[4] / "shared" / "reference" / "schemas" / "ebu-tt-d"


@dataclass(frozen=True)
class Read:
    """A caption as ttconv has it, in exact seconds."""

    begin_s: Fraction
    end_s: Fraction
    region: str
    text: str


def by_ttconv(content: bytes) -> tuple[model.ContentDocument, list[Read]]:
    """The document, and its captions in order."""
    document = ttconv.imsc.reader.to_model(ET.parse(io.BytesIO(content)))
    assert document is not None
    body = document.get_body()
    captions = [p for div in body for p in div] if body else []
    return document, [
        Read(p.get_begin() or Fraction(0), p.get_end(), p.get_region().get_id(), text_of(p)) for p in captions
    ]


def text_of(element: model.ContentElement) -> str:
    """The text of a paragraph, lines apart."""
    if isinstance(element, model.Br):
        return "\n"
    if isinstance(element, model.Text):
        return element.get_text()
    return "".join(text_of(child) for child in element)


def by_time(captions: Iterable[Caption]) -> list[Caption]:
    """Captions in the order of documents."""
    return sorted(captions, key=lambda caption: (caption.start_ms, caption.end_ms))


@cache
def ebu_tt_d() -> xmlschema.XMLSchema:
    """The schema of EBU Tech 3380. It is not part of the project."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"the EBU-TT-D schema is not at {SCHEMAS}")
    xml = "http://www.w3.org/XML/1998/namespace"
    return xmlschema.XMLSchema(SCHEMAS / "ebutt_d.xsd", locations=[(xml, str(SCHEMAS / "xml.xsd"))], allow="local")


def schema_errors(content: bytes) -> Iterator[str]:
    """What the schema finds wrong."""
    return (str(error.reason) for error in ebu_tt_d().iter_errors(io.BytesIO(content)))
