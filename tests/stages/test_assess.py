"""What a transcript says about its own quality, and the advice that follows from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from audapolis.domain.codec import to_json
from audapolis.domain.events import Event, TranscriptMade
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Segment, Span, Transcript, Turn
from audapolis.domain.transcript_file import read_transcript, transcript_schema
from audapolis.stages.assess import MOST_DOUBTS, AssessStage, assessed
from audapolis.stages.base import StageContext
from audapolis.stages.work import Work

from ..builders import make_transcript

FINE = make_transcript(("S1", 0, 2, "Good morning, how are you?"), ("S2", 3, 5, "I am well, thanks a lot."))
SPEECH = [Span(0, 2), Span(3, 5)]


def quality(transcript: Transcript = FINE, speech: list[Span] = SPEECH, **known: Any) -> dict[str, Any]:
    return assessed(replace(transcript, quality={"grade": "good", "confidence": 0.9, **known}), speech)


def codes(found: dict[str, Any]) -> list[str]:
    return [each["code"] for each in found["advice"]]


def test_a_good_transcript_needs_no_advice() -> None:
    found = quality()
    assert (found["advice"], found["doubts"], found["doubts_found"]) == ([], [], 0)
    assert (found["speech_share"], found["unspoken_share"], found["overlap_share"]) == (0.7273, 0.0, 0.0)
    assert [each["speaker"] for each in found["speakers"]] == ["S2", "S1"]
    assert found["grade"] == "good"


def test_what_is_known_of_the_sound_stays() -> None:
    sound = {"denoise": "auto", "cleaned": False, "channels": [{"figures": {"snr_db": 30.0}, "steps": [], "left": []}]}
    assert quality(audio=sound)["audio"] == sound


@pytest.mark.parametrize(
    ("snr_db", "denoise", "advised"), [(5.0, "auto", True), (5.0, "light", False), (None, "off", False)]
)
def test_noise_that_was_left_is_worth_another_try(snr_db: float | None, denoise: str, advised: bool) -> None:
    sound = {"denoise": denoise, "channels": [{"figures": {"snr_db": snr_db}}]}
    assert ("noise" in codes(quality(audio=sound))) is advised


def test_a_draft_says_so_first() -> None:
    assert codes(quality(grade="draft", confidence=0.3)) == ["draft_engine"]
    assert codes(quality(confidence=0.3)) == ["unsure"]


def test_speech_nobody_understood_points_at_the_language() -> None:
    found = quality(speech=[*SPEECH, Span(6, 16)])
    assert codes(found) == ["unspoken", "doubts"]
    assert "71% of the speech" in found["advice"][0]["text"]
    assert found["advice"][1]["text"] == "1 place is doubtful, the first at 0:06; listen there."


def test_talking_at_once_and_changing_within_words_is_noticed() -> None:
    both = replace(FINE, turns=(Turn(0, 5, "S1"), Turn(0.2, 5, "S2")))
    assert codes(quality(both)) == ["overlap", "boundaries"]


def test_only_the_first_doubts_are_listed_but_all_are_counted() -> None:
    lines = [("S1", 10.0 * n, 10.0 * n + 0.1, "far too fast for anybody") for n in range(MOST_DOUBTS + 5)]
    found = quality(make_transcript(*lines), [Span(0, 2000)])
    assert len(found["doubts"]) == MOST_DOUBTS
    assert found["doubts_found"] > MOST_DOUBTS


def test_an_empty_transcript_can_be_assessed() -> None:
    found = quality(make_transcript(duration_s=10), [], confidence=None)
    assert (found["regions"][0]["confidence"], found["speakers"], found["boundary_agreement"]) == (None, [], None)


def test_the_stage_leaves_the_transcript_with_its_quality_and_nothing_else_changed(tmp_path: Path) -> None:
    work = Work(tmp_path / "talk.wav", "talk.wav", TranscribeOptions())
    work.chunks, work.transcript = (), FINE
    after = AssessStage().run(work, StageContext(tmp_path))
    assert replace(after, quality={}) == FINE
    assert after.quality["speech_share"] == 0.0


def test_quality_is_as_the_schema_says_and_survives_being_written() -> None:
    quick = Segment(
        "9", 20, 20.1, "S1", "much too quick", 0.1, make_transcript(("S1", 20, 20.1, "much too quick")).words
    )
    full = replace(FINE, segments=(*FINE.segments, quick), turns=(Turn(0, 5, "S1"), Turn(0.2, 5, "S2")))
    told = replace(full, quality=quality(full, [Span(0, 30)], grade="draft"))
    written = to_json(told)
    jsonschema.validate(json.loads(written), transcript_schema())
    assert read_transcript(written) == told
    assert told.quality["doubts"]


def test_what_the_transcript_looks_like_is_told_without_its_words(tmp_path: Path) -> None:
    told: list[Event] = []
    work = Work(tmp_path / "talk.wav", "talk.wav", TranscribeOptions())
    for transcript in (FINE, make_transcript(duration_s=10)):
        work.chunks, work.transcript = (), transcript
        AssessStage().run(work, StageContext(tmp_path, emit=told.append))
    full, empty = told
    assert isinstance(full, TranscriptMade)
    assert (full.transcript_id, full.language, full.words, full.speakers) == (FINE.id, "en", 11, 2)
    assert full.confidence == pytest.approx(0.9)
    assert isinstance(empty, TranscriptMade)
    assert (empty.words, empty.speakers, empty.confidence) == (0, 0, None)
