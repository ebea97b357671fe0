"""What is suspicious is found where it is; what is not is left alone."""

from __future__ import annotations

import itertools
from dataclasses import replace

from audapolis.domain.transcript import Segment, Span, Word
from audapolis.stages.doubts import doubts, joined, unspoken
from hypothesis import given
from hypothesis import strategies as st

from ..builders import make_transcript

EVERYWHERE = [Span(0, 1000)]


def segment(text: str, start_s: float = 0.0, end_s: float | None = None, confidence: float = 0.9) -> Segment:
    length = end_s if end_s is not None else start_s + 0.4 * len(text.split())
    return replace(make_transcript(("S1", start_s, length, text)).segments[0], confidence=confidence)


def reasons(*segments: Segment, speech: list[Span] | None = None) -> list[str]:
    heard = speech if speech is not None else [Span(s.start_s, s.end_s) for s in segments]
    return [doubt.reason for doubt in doubts(segments, heard)]


def test_ordinary_speech_is_above_suspicion() -> None:
    assert reasons(segment("Good morning, how are you?"), segment("I am well, thanks.", 3)) == []


def test_unsure_segments_are_suspicious_but_single_words_are_not() -> None:
    assert reasons(segment("who knows what this is", confidence=0.3)) == ["low_confidence"]
    assert reasons(segment("hm", confidence=0.3)) == []


def test_nobody_talks_that_fast_or_that_slowly() -> None:
    assert reasons(segment("one two three four five six seven", 0, 1)) == ["word_rate"]
    assert reasons(segment("one two three", 0, 12)) == ["word_rate"]


def test_an_engine_that_got_stuck_is_noticed() -> None:
    stuck = doubts([segment("and then I went home, I went home, I went home, I went home again")], EVERYWHERE)
    found = next(doubt for doubt in stuck if doubt.reason == "repetition")
    assert found.start_s > 0.5
    assert reasons(segment("no, no, no, that is not it")) == []


def test_speech_without_words_is_found_to_the_second() -> None:
    words = [Word(0, 2, "one", 0.9), Word(8, 9, "two", 0.9)]
    assert unspoken([Span(0, 10), Span(20, 21)], words) == [Span(2.3, 7.7)]
    assert reasons(speech=[Span(5, 9)]) == ["speech_without_words"]


def test_words_without_speech_are_found_and_put_together() -> None:
    ghosts = segment("thanks for watching", 50)
    found = doubts([segment("Good morning."), ghosts], [Span(0, 1)])
    assert [(doubt.reason, doubt.start_s) for doubt in found] == [("words_without_speech", 50)]
    assert found[0].end_s == ghosts.words[-1].end_s


spans = st.lists(st.tuples(st.floats(0, 60), st.floats(0, 9)), max_size=15).map(
    lambda found: [Span(a, a + b) for a, b in found]
)


@given(spans)
def test_joined_spans_are_apart_and_cover_the_same(found: list[Span]) -> None:
    whole = joined(found)
    assert all(one.end_s < two.start_s for one, two in itertools.pairwise(whole))
    assert all(any(w.start_s <= span.start_s and span.end_s <= w.end_s for w in whole) for span in found)


@given(spans, spans)
def test_what_is_unspoken_is_speech_and_holds_no_word(speech: list[Span], places: list[Span]) -> None:
    words = sorted((Word(p.start_s, p.end_s, "word", 0.9) for p in places), key=lambda word: word.start_s)
    heard = joined(speech)
    for gap in unspoken(heard, words):
        assert any(span.start_s <= gap.start_s and gap.end_s <= span.end_s for span in heard)
        assert all(gap.overlap_s(word) <= 1e-9 for word in words)


@given(spans, spans)
def test_doubts_are_in_order_of_time(speech: list[Span], places: list[Span]) -> None:
    segments = [segment("one two three four", p.start_s, p.end_s, 0.2) for p in places]
    found = doubts(segments, speech)
    assert [doubt.start_s for doubt in found] == sorted(doubt.start_s for doubt in found)
    assert all(doubt.start_s <= doubt.end_s for doubt in found)
