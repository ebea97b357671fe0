"""Premiere Pro's transcript: held against the schema, and read back word for word."""

from __future__ import annotations

import io
import json
import re
import uuid
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.arrangement import ends_sentence
from audapolis.domain.transcript import Transcript
from audapolis.export.editors.premiere.checking import schema
from audapolis.export.editors.premiere.transcript import premiere_language, voice_id
from audapolis.export.material import Material
from audapolis.export.text import clean
from hypothesis import given, settings

from tests.builders import conversation, make_transcript
from tests.export.editors.cases import CASES, Case
from tests.export.premiere.schema import CODES, SCHEMA
from tests.strategies import transcripts

exporter = AdvancedExporter()
validator = jsonschema.Draft7Validator(SCHEMA)
matrix = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rate}, {case.kind}")


def read(material: Material | Transcript, **options: str) -> dict[str, Any]:
    exported = exporter.render(material, "premiere_json", options)
    assert exported.report.problems == ()
    found = json.loads(exported.content)
    assert list(validator.iter_errors(found)) == []
    return found  # type: ignore[no-any-return]


def said(found: dict[str, Any]) -> list[tuple[float, float, str, str]]:
    """Start, end, text and speaker of every word, punctuation put back on."""
    names = {speaker["id"]: speaker["name"] for speaker in found["speakers"]}
    words: list[tuple[float, float, str, str]] = []
    for segment in found["segments"]:
        for word in segment["words"]:
            if word["type"] == "punctuation" and word["duration"] == 0 and words:
                start, end, text, speaker = words[-1]
                words[-1] = (start, end, text + word["text"], speaker)
            else:
                end = word["start"] + word["duration"]
                words.append((word["start"], end, word["text"], names[segment["speaker"]]))
    return words


@matrix
@pytest.mark.parametrize("punctuation", ["separate", "attached"])
def test_every_word_comes_back_with_its_time_and_speaker(case: Case, punctuation: str) -> None:
    timeline = case.timeline
    found = said(read(case.material, **case.options, punctuation=punctuation))
    wanted = sorted(
        (word.start_s, word.end_s, word.text, speech.speaker) for speech in timeline.speech for word in speech.words
    )
    for (start, end, text, speaker), expected in zip(sorted(found), wanted, strict=True):
        assert (text, speaker) == expected[2:]
        assert (start, end) == pytest.approx(expected[:2], abs=1e-3)


@matrix
def test_a_segment_is_a_sentence(case: Case) -> None:
    for segment in read(case.material, **case.options)["segments"]:
        assert [word["eos"] for word in segment["words"]][:-1] == [False] * (len(segment["words"]) - 1)
        assert segment["words"][-1]["eos"]
        assert segment["start"] == segment["words"][0]["start"]


def test_long_segments_are_divided_at_sentences() -> None:
    found = read(make_transcript(("S1", 0, 6, "This is one. Is this two? And Mr. Smith is three")))
    texts = [" ".join(word["text"] for word in s["words"]) for s in found["segments"]]
    assert texts == ["This is one .", "Is this two ?", "And Mr . Smith is three"]


def test_what_opens_a_word_stays_with_it_and_so_do_signs() -> None:
    found = read(make_transcript(("S1", 0, 3, "¿Qué (vale) 50%, no?")))
    items = [(word["text"], word["type"]) for segment in found["segments"] for word in segment["words"]]
    words = [text for text, kind in items if kind == "word"]
    assert words == ["¿Qué", "(vale", "50%", "no"]
    assert [text for text, kind in items if kind == "punctuation"] == [")", ",", "?"]


def test_a_dash_alone_is_punctuation() -> None:
    found = read(make_transcript(("S1", 0, 3, "Well — yes")))
    assert [word["type"] for word in found["segments"][0]["words"]] == ["word", "punctuation", "word"]


def test_fillers_and_swear_words_are_tagged() -> None:
    found = read(make_transcript(("S1", 0, 3, "Um, this is bullshit, er, sorry.")))
    tags = {word["text"]: word["tags"] for word in found["segments"][0]["words"] if word["tags"]}
    assert tags == {"Um": ["filler"], "bullshit": ["profanity"], "er": ["filler"]}


def test_speakers_are_known_by_version_four_uuids_that_stay_the_same() -> None:
    found = read(conversation())
    assert [speaker["name"] for speaker in found["speakers"]] == ["Anna & Söhne", "Bob <b>"]
    for speaker in found["speakers"]:
        one = uuid.UUID(speaker["id"])
        assert (one.version, one.variant) == (4, uuid.RFC_4122)
        assert speaker["id"] == voice_id(speaker["name"])


def test_words_of_nobody_have_a_speaker_too() -> None:
    found = read(make_transcript((None, 0, 3, "Who speaks?")))
    assert [speaker["name"] for speaker in found["speakers"]] == ["Unknown"]


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en-us"),
        ("en-GB", "en-gb"),
        ("en_AU", "en-us"),
        ("pt", "pt-pt"),
        ("pt-BR", "pt-br"),
        ("zh", "cmn-hans"),
        ("zh-TW", "cmn-hant"),
        ("zh-Hant-HK", "cmn-hant"),
        ("zh-HK", "zh-hk"),
        ("yue", "zh-hk"),
        ("no", "nb-no"),
        ("tl", "fil-ph"),
        ("fi", "??-??"),
        ("", "??-??"),
    ],
)
def test_languages_by_premieres_codes(tag: str, code: str) -> None:
    assert premiere_language(tag) == code
    assert code in CODES


def test_there_are_29_languages() -> None:
    assert len(CODES) == 30
    assert {premiere_language(code) for code in CODES} == set(CODES)


def test_unknown_languages_and_cuts_are_warned_of() -> None:
    exported = exporter.render(make_transcript(("S1", 0, 3, "Hyvää."), language="fi"), "premiere_json")
    assert exported.report.warnings[-1].startswith("Premiere Pro has no language 'fi'")
    cut = exporter.render(Case("25", "video").material, "premiere_json").report.warnings
    uncut = exporter.render(Case("25", "overlap").material, "premiere_json").report.warnings
    assert any("Times count in the cut" in warning for warning in cut)
    assert not any("Times count in the cut" in warning for warning in uncut)


def test_text_without_timed_words_is_spread_over_its_time() -> None:
    transcript = make_transcript(("S1", 1.0, 3.0, "no times here now"))
    bare = replace(transcript, segments=tuple(replace(s, words=()) for s in transcript.segments))
    assert [start for start, *_ in said(read(bare))] == [1.0, 1.5, 2.0, 2.5]


@settings(max_examples=60, deadline=None)
@given(transcript=transcripts())
def test_any_transcript_keeps_the_schema_and_its_text(transcript: Transcript) -> None:
    found = read(transcript)
    text = "".join(word["text"] for s in found["segments"] for word in s["words"])
    spoken = [clean(w.text) for s in transcript.segments if clean(s.text) for w in s.words]
    if all(segment.words for segment in transcript.segments):
        assert sorted(text) == sorted("".join(spoken))
    for segment in found["segments"]:
        inner = [word for word in segment["words"][:-1] if word["type"] == "word"]
        assert not any(ends_sentence(word["text"]) and word["eos"] for word in inner)


@pytest.mark.parametrize(
    ("pattern", "instead", "told"),
    [
        (r'"language":"en-us"', '"language":"fi-fi"', "language"),
        (r'"eos":true', '"eos":false', "does not end"),
        (r'"speakers":\[.*\]', '"speakers":[]', "not listed"),
        (r'"tags":\[\]', '"tags":["loud"]', "tags"),
        (r'"type":"word"', '"type":"word","x":1', "x"),
        (r'"start":6\.4,', '"start":600.0,', "outside of it"),
        (r"\{", "", "JSON"),
    ],
)
def test_the_check_finds_what_is_wrong(pattern: str, instead: str, told: str) -> None:
    text = exporter.render(conversation(), "premiere_json").content.decode()
    material = Material.of(conversation())
    assert list(schema(io.BytesIO(text.encode()), material)) == []
    broken, count = re.subn(pattern, instead, text, count=1)
    assert count == 1
    found = list(schema(io.BytesIO(broken.encode()), material))
    assert any(told in problem for problem in found), found
