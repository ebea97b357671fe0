"""Numbers about a transcript, each checked on a case where the right one is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audapolis.domain.transcript import Span, Turn, Word
from audapolis.stages.measures import (
    MOST_REGIONS,
    boundary_agreement,
    by_region,
    by_speaker,
    overlap_share,
    speech_share,
)
from hypothesis import given
from hypothesis import strategies as st

from ..builders import make_transcript

spans = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 10), st.sampled_from(["S1", "S2"])), max_size=20).map(
    lambda found: sorted((Turn(a, a + b, who) for a, b, who in found), key=lambda turn: turn.start_s)
)


def test_speakers_come_by_how_much_they_say() -> None:
    transcript = make_transcript(("S1", 0, 1, "one"), ("S2", 1, 2, "two three"), (None, 2, 3, "four"))
    found = by_speaker(transcript.segments)
    assert [(each.speaker, each.words) for each in found] == [("S2", 2), (None, 1), ("S1", 1)]
    assert found[0].confidence == pytest.approx(0.9)


def test_words_are_counted_minute_by_minute() -> None:
    words = [Word(10, 11, "one", 0.2), Word(30, 31, "two", 0.4), Word(130, 131, "three", 1.0)]
    found = by_region(words, 140)
    assert [(r.start_s, r.end_s, r.words, r.confidence) for r in found] == [
        (0, 60, 2, 0.3),
        (60, 120, 0, None),
        (120, 140, 1, 1.0),
    ]


@given(st.floats(0.1, 90_000), st.lists(st.floats(0, 1), max_size=30))
def test_no_word_and_no_second_is_lost_to_the_regions(duration_s: float, places: list[float]) -> None:
    words = [Word(place * duration_s, place * duration_s, "word", 0.5) for place in places]
    found = by_region(words, duration_s)
    assert sum(region.words for region in found) == len(words)
    assert (found[0].start_s, found[-1].end_s) == (0, duration_s)
    assert len(found) <= MOST_REGIONS


def test_speakers_that_change_between_words_agree_with_the_words() -> None:
    words = [Word(0, 1, "one", 0.9), Word(1.2, 2.2, "two", 0.9), Word(3, 4, "three", 0.9)]
    at = lambda *edges: [Turn(e, f, f"S{n % 2}") for n, (e, f) in enumerate(zip((0, *edges), (*edges, 9), strict=True))]  # noqa: E731
    assert boundary_agreement(at(1.1, 2.5), words) == 1.0
    assert boundary_agreement(at(1.7, 2.5), words) == 0.5
    assert boundary_agreement(at(0.5, 3.5), words) == 0.0
    assert boundary_agreement(at(), words) is None
    assert boundary_agreement(at(1.1), []) is None


def test_time_in_which_two_talk_at_once_is_counted_once() -> None:
    assert overlap_share([Turn(0, 6, "S1"), Turn(4, 10, "S2")]) == 0.2
    assert overlap_share([Turn(0, 6, "S1"), Turn(4, 10, "S1")]) == 0.0
    assert overlap_share([Turn(0, 9, "S1"), Turn(0, 9, "S2"), Turn(0, 9, "S3")]) == 1.0
    assert overlap_share([]) == 0.0


def test_speech_on_two_channels_at_once_is_speech_once() -> None:
    assert speech_share([Span(0, 4), Span(2, 5)], 10) == 0.5
    assert speech_share([], 10) == speech_share([], 0) == 0.0


@given(spans, st.floats(0.1, 200))
def test_shares_are_shares(turns: list[Turn], duration_s: float) -> None:
    assert 0 <= overlap_share(turns) <= 1
    assert 0 <= speech_share(turns, duration_s) <= 1
    words = [Word(turn.start_s, turn.end_s, "word", 0.5) for turn in turns]
    agreement = boundary_agreement(turns, words)
    assert agreement is None or 0 <= agreement <= 1


@given(spans)
def test_who_is_who_does_not_matter_for_overlap(turns: list[Turn]) -> None:
    swapped = [replace(turn, speaker={"S1": "S2", "S2": "S1"}[turn.speaker]) for turn in turns]
    assert overlap_share(swapped) == overlap_share(turns)
