"""The transcript as XML: valid by its schema for two validators, and read back whole by another parser."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest
import xmlschema
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.recording import AudioFacts, Recording, VideoFacts
from audapolis.domain.transcript import (
    Fallback,
    Provenance,
    Segment,
    Speaker,
    Transcript,
    TranslatedSegment,
    Turn,
    Word,
)
from audapolis.export.interchange.checking import check_xml, transcript_xsd
from audapolis.export.losses import Loss
from audapolis.export.material import Material
from audapolis.export.text import printable
from hypothesis import given, settings
from lxml import etree

from tests.builders import VIDEO, conversation
from tests.export.prose_samples import bilingual
from tests.strategies import transcripts

exporter = AdvancedExporter()
NS = "{urn:audapolis:transcript:xml:1}"


@cache
def schemas() -> tuple[etree.XMLSchema, xmlschema.XMLSchema]:
    return etree.XMLSchema(etree.fromstring(transcript_xsd().encode())), xmlschema.XMLSchema(transcript_xsd())


def valid(content: bytes) -> etree._Element:
    ours, other = schemas()
    root = etree.fromstring(content)
    ours.assertValid(root)
    other.validate(io.BytesIO(content))
    return root


def value(element: etree._Element) -> Any:
    """A value of an open table, from its kind."""
    kind, text = element.get("type"), element.text or ""
    if kind == "list":
        return [value(child) for child in element]
    if kind == "facts":
        return {child.get("name"): value(child) for child in element}
    plain = {"nothing": lambda _: None, "boolean": lambda t: t == "true", "text": str}
    return plain[kind](text) if kind in plain else float(text) if "." in text or "e" in text else int(text)


def kinds(record: type, element: etree._Element) -> Any:
    """A flat record from attributes, by the types of its fields."""
    known = {"int": int, "float": float, "bool": lambda t: t == "true"}
    return record(**{
        f.name: known.get(str(f.type), str)(element.get(f.name)) if element.get(f.name) is not None else None
        for f in fields(record)
    })  # fmt: skip


def read(root: etree._Element) -> Transcript:
    """The whole transcript back; only what XML can't hold is missing."""
    recording, made, quality, speakers, turns, segments, *translations = root
    return Transcript(
        id=root.get("id"),
        created_at=root.get("created_at"),
        language=root.get("language"),
        recording=Recording(
            recording.get("name"),
            recording.get("sha256", ""),
            float(recording.get("duration_s")),
            kinds(AudioFacts, recording[0]),
            kinds(VideoFacts, recording[1]) if len(recording) > 1 else None,
        ),
        provenance=Provenance(
            *(made.get(name) for name in ("engine", "model", "device", "precision", "diarizer")),
            options={child.get("name"): value(child) for child in made[0]},
            fallbacks=tuple(Fallback(f.get("from"), f.get("to"), f.get("reason")) for f in made.iter(f"{NS}fallback")),
            version=made.get("version"),
            warnings=tuple(w.text or "" for w in made.iter(f"{NS}warning")),
        ),
        speakers=tuple(map(speaker, speakers)),
        segments=tuple(map(segment, segments)),
        turns=tuple(Turn(float(t.get("start_s")), float(t.get("end_s")), t.get("speaker")) for t in turns),
        translations={
            track.get("language"): tuple(TranslatedSegment(line.get("segment"), line.text or "") for line in track)
            for track in translations
        },
        quality={child.get("name"): value(child) for child in quality},
    )


def speaker(element: etree._Element) -> Speaker:
    vector, model = (element[0].text, element[0].get("model")) if len(element) else ("", "")
    numbers = tuple(map(float, vector.split()))
    return Speaker(element.get("id"), element.get("name"), float(element.get("speech_s")), numbers, model)


def segment(element: etree._Element) -> Segment:
    text, *words = element
    usual = element.get("speaker")
    return Segment(
        element.get("id"), float(element.get("start_s")), float(element.get("end_s")), usual, text.text or "",
        float(element.get("confidence")),
        tuple(
            Word(float(w.get("start_s")), float(w.get("end_s")), w.text or "", float(w.get("confidence")),
                 w.get("speaker", usual))
            for w in words
        ),
    )  # fmt: skip


def fit(value: Any) -> Any:
    """The same with all text as XML can hold it."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {fit(name): fit(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(fit(one) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        kept = {f.name: fit(getattr(value, f.name)) for f in fields(value)}
        return type(value)(**kept)
    return value


@settings(max_examples=60, deadline=None)
@given(transcripts())
def test_everything_comes_back_and_is_valid(transcript: Transcript) -> None:
    exported = exporter.render(transcript, "xml")
    assert exported.report.problems == ()
    assert exported.losses == ()
    assert read(valid(exported.content)) == fit(transcript)


def test_open_values_of_every_kind_come_back() -> None:
    quality = {"a": [1, 2.5, {"b": None}], "c": True, "d": {"e": "<f>\r\n\t"}, "g": [], "h": {}, "i": 1e-9}
    talk = bilingual()
    made = replace(talk.provenance, options={"beam": 5, "x": None}, warnings=("Ünsure & <late>",))
    whole = replace(talk, quality=quality, provenance=made, recording=replace(talk.recording, video=VIDEO))
    assert read(valid(exporter.render(whole, "xml").content)) == whole


def test_control_characters_are_left_out_and_told() -> None:
    talk = replace(conversation(), quality={"note": "a\x00b"})
    assert exporter.render(talk, "xml").report.warnings == ("1 text lost characters that XML forbids.",)


def test_voice_vectors_can_stay_at_home() -> None:
    exported = exporter.render(conversation(), "xml", {"embeddings": False})
    assert valid(exported.content).find(f".//{NS}embedding") is None
    assert exported.losses == (Loss.EMBEDDINGS,)


@pytest.mark.parametrize(
    ("old", "new"),
    [('speaker="S2"', 'speaker="S9"'), ('id="seg-2"', 'id="seg-1"'), ('confidence="0.9"', 'confidence="1.5"'),
     ("<text>Yes.</text>", "<text>Yes.</text><text/>"), ('start_s="0.5"', 'start_s="-1"')],
)  # fmt: skip
def test_the_schema_refuses_what_is_wrong(old: str, new: str) -> None:
    content = exporter.render(conversation(), "xml").content.decode().replace(old, new, 1).encode()
    ours, other = schemas()
    assert not ours.validate(etree.fromstring(content))
    assert not other.is_valid(io.BytesIO(content))


def test_damaged_files_are_found() -> None:
    material = Material.of(conversation())
    content = exporter.render(conversation(), "xml").content
    assert list(check_xml(io.BytesIO(content[:-20]), material))
    lost = content.replace(b'      <word start_s="6.4" end_s="7.0" confidence="0.9">Yes.</word>\n', b"")
    assert list(check_xml(io.BytesIO(lost), material)) == ["There are 39 elements word instead of 40."]
