"""Gapless layout and paragraphs."""

from __future__ import annotations

import pytest
from audapolis.domain.arrangement import arrange, ends_sentence, paragraphs, spoken_words
from audapolis.domain.transcript import Segment, Transcript, Word
from hypothesis import given, settings

from tests.builders import make_transcript, transcript_with
from tests.strategies import transcripts


@settings(max_examples=40)
@given(transcripts())
def test_the_arrangement_covers_the_recording_exactly_and_keeps_every_word(transcript: Transcript) -> None:
    pieces = [piece for passage in arrange(transcript) for piece in passage.pieces]
    cursor_s = 0.0
    for piece in pieces:
        assert piece.start_s == cursor_s
        assert piece.end_s >= piece.start_s
        cursor_s = piece.end_s
    assert cursor_s == pytest.approx(transcript.recording.duration_s, abs=1e-6)
    assert sum(p.duration_s for p in pieces) == pytest.approx(transcript.recording.duration_s, abs=1e-6)
    heard = sorted(piece.word.text for piece in pieces if piece.word)
    assert heard == sorted(word.text for word in spoken_words(transcript))


@settings(max_examples=40)
@given(transcripts())
def test_every_passage_has_one_speaker(transcript: Transcript) -> None:
    for passage in arrange(transcript):
        assert {word.speaker for word in passage.words} <= {passage.speaker}


def test_silence_before_the_first_word_belongs_to_who_speaks_first() -> None:
    first, second = arrange(make_transcript(("S1", 1, 2, "one"), ("S2", 4, 5, "two"), duration_s=6))
    assert [(p.start_s, p.end_s, p.word and p.word.text) for p in first.pieces] == [
        (0, 1, None),
        (1, 2, "one"),
        (2, 4, None),
    ]
    assert [(p.start_s, p.end_s, p.word and p.word.text) for p in second.pieces] == [
        (4, 5, "two"),
        (5, 6, None),
    ]


def test_overlapping_words_end_when_the_next_begins() -> None:
    (one, two) = arrange(make_transcript(("S1", 0, 3, "long"), ("S2", 1, 2, "short"), duration_s=4))
    assert [(p.start_s, p.end_s) for p in one.pieces] == [(0, 1)]
    assert [(p.start_s, p.end_s) for p in two.pieces] == [(1, 2), (2, 4)]


def test_words_that_start_together_share_their_time() -> None:
    (one, two) = arrange(make_transcript(("S1", 1, 2, "a"), ("S2", 1, 3, "b"), duration_s=3))
    assert [(p.start_s, p.end_s) for p in (*one.pieces, *two.pieces)] == [(0, 1), (1, 2), (2, 3)]


def test_a_recording_without_words_is_one_silence() -> None:
    (passage,) = arrange(make_transcript(duration_s=7.5))
    assert passage.speaker is None
    assert [(p.start_s, p.end_s, p.word) for p in passage.pieces] == [(0, 7.5, None)]
    assert arrange(make_transcript(duration_s=0)) == ()


def test_gaps_too_short_to_show_are_closed() -> None:
    words = (Word(0.00005, 1, "a", 1, None), Word(1.00005, 1.99995, "b", 1, None))
    (passage,) = arrange(transcript_with([Segment("x", 0, 2, None, "a b", 1, words)], duration_s=2))
    assert [(p.start_s, p.end_s) for p in passage.pieces] == [(0, 1), (1, 2)]


def test_a_segment_without_timed_words_counts_as_one() -> None:
    transcript = transcript_with([Segment("x", 1, 2, "S1", "no times here", 0.5, ())], duration_s=2)
    assert [word.text for word in spoken_words(transcript)] == ["no times here"]


def test_paragraphs_break_at_speakers_and_at_pauses_after_sentences() -> None:
    transcript = make_transcript(
        ("S1", 0, 1, "One."),
        ("S1", 1.1, 2, "Two."),
        ("S1", 5, 6, "Three"),
        ("S1", 9, 10, "four."),
        ("S2", 10, 11, "Five."),
    )
    found = [[word.text for word in paragraph] for paragraph in paragraphs(spoken_words(transcript))]
    assert found == [["One.", "Two."], ["Three", "four."], ["Five."]]


def test_a_long_monologue_breaks_at_sentence_ends() -> None:
    transcript = make_transcript(
        *[("S1", n, n + 1, "Ten words in here, so that is quickly many more.") for n in range(40)]
    )
    found = paragraphs(spoken_words(transcript))
    assert [len(paragraph) for paragraph in found] == [120, 120, 120, 40]


@pytest.mark.parametrize(
    ("text", "ends"), [("yes.", True), ('yes."', True), ("(no?)", True), ("no,", False), ("吗？", True)]
)
def test_sentence_ends_are_seen_through_quotes(text: str, ends: bool) -> None:
    assert ends_sentence(text) is ends
