"""The transcript contract: schema, round trip, rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import jsonschema
import pytest
from audapolis.audio.filters import figures
from audapolis.audio.filters.chain import Step
from audapolis.domain import codec, recording, transcript
from audapolis.domain.document import Document
from audapolis.domain.document_transcript import transcript_of
from audapolis.domain.transcript import Transcript
from audapolis.domain.transcript_file import read_transcript, transcript_schema
from audapolis.errors import InvalidDocument
from audapolis.stages.assess import Advice
from audapolis.stages.doubts import Doubt
from audapolis.stages.measures import Region, SpeakerQuality
from audapolis.stages.work import ChannelSound
from hypothesis import given, settings

from tests.builders import VIDEO, conversation, make_transcript
from tests.strategies import transcripts

VALIDATOR = jsonschema.Draft202012Validator(transcript_schema())


@settings(max_examples=40)
@given(transcripts())
def test_every_transcript_keeps_the_schema_and_survives_json(value: Transcript) -> None:
    data = codec.to_json(value)
    VALIDATOR.validate(json.loads(data))
    assert read_transcript(data) == value
    assert codec.to_json(read_transcript(data)) == data


def test_a_document_read_as_a_transcript_keeps_the_schema() -> None:
    value = transcript_of(Document.from_transcript(conversation()), name="talk")
    VALIDATOR.validate(json.loads(codec.to_json(value)))


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(transcript_schema())


@pytest.mark.parametrize(
    ("place", "record"),
    [
        ("", transcript.Transcript),
        ("recording", recording.Recording),
        ("audio", recording.AudioFacts),
        ("video", recording.VideoFacts),
        ("provenance", transcript.Provenance),
        ("speaker", transcript.Speaker),
        ("segment", transcript.Segment),
        ("word", transcript.Word),
        ("turn", transcript.Turn),
        ("translated_segment", transcript.TranslatedSegment),
        ("channel_sound", ChannelSound),
        ("speaker_quality", SpeakerQuality),
        ("region", Region),
        ("doubt", Doubt),
        ("advice", Advice),
        ("filter_step", Step),
        ("sound_figures", figures.SoundFigures),
        ("hum", figures.Hum),
        ("clipping", figures.Clipping),
        ("dropouts", figures.Dropouts),
    ],
)
def test_the_schema_names_exactly_the_fields_of_the_records(place: str, record: type[Any]) -> None:
    schema = transcript_schema()
    described = schema["$defs"][place] if place else schema
    assert set(described["properties"]) == {field.name for field in fields(record)}
    assert described["additionalProperties"] is False


def plain() -> dict[str, Any]:
    return json.loads(codec.to_json(make_transcript(("S1", 0, 1, "a b"), ("S2", 1, 2, "c"), video=VIDEO)))


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    value = plain()
    change(value)
    return value


BROKEN_SHAPE: list[Callable[[dict[str, Any]], object]] = [
    lambda t: t.pop("segments"),
    lambda t: t.update(schema="audapolis.transcript/2"),
    lambda t: t.update(extra=1),
    lambda t: t.update(created_at="yesterday"),
    lambda t: t["recording"].update(sha256="xyz"),
    lambda t: t["recording"].update(duration_s=-1),
    lambda t: t["recording"]["video"].update(frame_rate="29.97"),
    lambda t: t["recording"]["audio"].update(channel_use="both"),
    lambda t: t["provenance"].pop("fallbacks"),
    lambda t: t["segments"][0].update(confidence=1.5),
    lambda t: t["segments"][0]["words"][0].update(start_s="0"),
    lambda t: t["segments"][0]["words"][0].update(colour="red"),
    lambda t: t["speakers"][0].update(id=""),
    lambda t: t.update(translations={"de": [{"segment": "seg-1"}]}),
    lambda t: t.update(turns=[{"start_s": 0, "end_s": 1, "speaker": None}]),
]


@pytest.mark.parametrize("change", BROKEN_SHAPE)
def test_what_breaks_the_contract_breaks_the_schema(change: Callable[[dict[str, Any]], object]) -> None:
    assert VALIDATOR.is_valid(plain())
    assert not VALIDATOR.is_valid(changed(change))


BROKEN_RULES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda t: t["segments"][0].update(end_s=-0.5), "segments.0"),
    (lambda t: t["segments"][1].update(start_s=3), "segments.1"),
    (lambda t: t["segments"].reverse(), "ordered"),
    (lambda t: t["segments"][1].update(id="seg-1"), "'seg-1' is used 2 times"),
    (lambda t: t["segments"][0].update(speaker="S9"), "'S9'"),
    (lambda t: t["segments"][0]["words"][1].update(speaker="S9"), "segments.0.words.1"),
    (lambda t: t["segments"][0]["words"][0].update(confidence=2), "segments.0.words.0.confidence"),
    (lambda t: t["speakers"][1].update(id="S1"), "speakers"),
    (lambda t: t.update(translations={"de": [{"segment": "seg-9", "text": ""}]}), "translations.de.0"),
    (lambda t: t.update(turns=[{"start_s": 0, "end_s": 1, "speaker": "S9"}]), "turns.0"),
    (lambda t: t.update(turns=[{"start_s": 2, "end_s": 1, "speaker": "S1"}]), "turns.0"),
    (lambda t: t.pop("id"), "at id"),
    (lambda t: t.update(schema="other"), "schema"),
    (lambda t: t["recording"].update(duration_s=float("inf")), "recording.duration_s"),
]


@pytest.mark.parametrize(("change", "place"), BROKEN_RULES)
def test_broken_transcripts_are_refused_with_the_place(change: Callable[[dict[str, Any]], object], place: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read_transcript(json.dumps(changed(change)))
    assert place in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"PK\x03\x04"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidDocument):
        read_transcript(data)
