"""What is said about the outcome of a command."""

import shlex
from dataclasses import replace
from pathlib import Path

from audapolis.domain.transcript import Fallback
from audapolis.terminal.summary import Outcome, notices, summary, to_resume

from tests.builders import make_transcript

A, B = Path("/in/a.wav"), Path("/in/b c.wav")


def test_a_transcript_is_told_in_one_line() -> None:
    transcript = make_transcript(("S1", 0.0, 2.0, "hello there"), ("S2", 2.0, 3.0, "hi"), duration_s=4.0)
    assert Outcome.of(A, transcript, 2.0).told == "3 words, 2 speakers, 0:04 in 0:02 (2.0× real time)"
    assert "no words" in Outcome.of(A, make_transcript(duration_s=4.0), 2.0).told


def test_only_fallbacks_that_somebody_should_act_on_are_told() -> None:
    transcript = make_transcript(("S1", 0.0, 2.0, "hello there"), duration_s=4.0)
    fallbacks = (
        Fallback("whisper", "pocketsphinx", "No model is here."),
        Fallback("pyannote", "acoustic", "The package pyannote.audio is not installed."),
        Fallback("sherpa", "acoustic", "Its process ended."),
        Fallback("whisper small on cuda:0", "whisper small on cpu", "The GPU vanished."),
    )
    transcript = replace(transcript, provenance=replace(transcript.provenance, fallbacks=fallbacks))
    told = Outcome.of(A, transcript, 2.0).fallbacks
    assert told == (
        "acoustic was used instead of sherpa: Its process ended.",
        "whisper small on cpu was used instead of whisper small on cuda:0: The GPU vanished.",
    )


def test_the_table_counts() -> None:
    text = summary([Outcome(A, "done before", 0), Outcome(B, "It is\nbroken.", 2), Outcome(A, "not finished", 130)])
    assert "3 files: 1 done (1 of them before), 1 failed, 1 not finished." in text
    assert "It is\\nbroken." in text


def test_the_command_to_go_on_holds_what_is_left_and_the_same_options() -> None:
    outcomes = [Outcome(A, "done", 0), Outcome(B, "not finished", 130)]
    told = to_resume(outcomes, ["transcribe", "a.wav", "b c.wav", "-o", "out"], ["a.wav", "b c.wav"])
    assert "Done: a.wav." in told
    command = told.split("To go on: ")[1]
    assert shlex.split(command) == ["audapolis", "transcribe", "-o", "out", "/in/b c.wav"]


def test_each_notice_is_given_once() -> None:
    outcome = Outcome(A, "done", 0, fallbacks=("a was used instead of b: c",), draft=True)
    lines = notices([outcome, outcome], "Get Whisper.")
    assert len(lines) == 2
    assert "draft" in lines[1]
    assert lines[1].endswith("Get Whisper.")
    assert notices([Outcome(A, "done", 0)], "Get Whisper.") == []


def test_a_damaged_file_is_named_with_what_is_wrong_with_it() -> None:
    lines = notices([Outcome(A, "done", 0, damage="One place could not be decoded.")], "")
    assert lines == [f"Note: {A.name}: One place could not be decoded."]


def test_at_most_two_pieces_of_advice_are_given_and_the_draft_is_told_of_elsewhere() -> None:
    codes = ["draft_engine", "noise", "overlap", "doubts"]
    quality = {"advice": [{"code": code, "text": f"About {code}."} for code in codes]}
    transcript = replace(make_transcript(("S1", 0.0, 2.0, "hello there")), quality=quality)
    outcome = replace(Outcome.of(A, transcript, 2.0), draft=False)
    assert notices([outcome, outcome], "") == []  # of many, the table is enough
    assert notices([outcome], "") == [f"Note: {A.name}: About noise.", f"Note: {A.name}: About overlap."]
