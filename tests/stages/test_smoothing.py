"""Speakers are smoothed as wished; words stay what, where and as many as they are."""

from __future__ import annotations

from dataclasses import replace

from audapolis.domain.transcript import Turn, Word
from audapolis.stages.smoothing import Smoothing, smooth_turns, smooth_words
from hypothesis import given
from hypothesis import strategies as st

wishes = st.builds(Smoothing, min_turn_s=st.floats(0, 3), merge_gap_s=st.floats(0, 3), min_run_words=st.integers(1, 5))
spoken = st.lists(st.sampled_from(["S1", "S2", "S3", None]), max_size=60).map(
    lambda speakers: [Word(float(n), n + 0.5, f"w{n}", 0.9, who) for n, who in enumerate(speakers)]
)
turns = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0.01, 5), st.sampled_from(["S1", "S2", "S3"])), max_size=30
).map(lambda found: sorted((Turn(a, a + b, who) for a, b, who in found), key=lambda turn: turn.start_s))


def said(who: str) -> list[Word]:
    return [Word(float(n), n + 0.5, f"w{n}", 0.9, f"S{letter}") for n, letter in enumerate(who)]


def heard(words: tuple[Word, ...]) -> str:
    return "".join((word.speaker or "?")[-1] for word in words)


def test_a_word_between_words_of_one_other_speaker_is_that_speakers() -> None:
    assert heard(smooth_words(said("1112111"), Smoothing(min_run_words=2))) == "1111111"
    assert heard(smooth_words(said("1122111"), Smoothing(min_run_words=2))) == "1122111"
    assert heard(smooth_words(said("1122111"), Smoothing(min_run_words=3))) == "1111111"
    assert heard(smooth_words(said("2111113"), Smoothing(min_run_words=9))) == "2111113"


def test_turns_of_one_speaker_with_a_short_pause_are_one() -> None:
    found = smooth_turns([Turn(0, 1, "S1"), Turn(1.2, 2, "S1"), Turn(4, 5, "S1")], Smoothing(merge_gap_s=0.5))
    assert found == (Turn(0, 2, "S1"), Turn(4, 5, "S1"))


def test_nobody_is_talked_over_when_turns_are_joined() -> None:
    three = [Turn(0, 1, "S1"), Turn(1, 1.2, "S2"), Turn(1.2, 2, "S1")]
    assert smooth_turns(three, Smoothing(merge_gap_s=0.5)) == tuple(three)


def test_a_short_turn_is_left_out_unless_it_is_all_its_speaker_has() -> None:
    found = smooth_turns([Turn(0, 3, "S1"), Turn(3, 3.1, "S1"), Turn(4, 4.1, "S2")], Smoothing(min_turn_s=0.5))
    assert found == (Turn(0, 3, "S1"), Turn(4, 4.1, "S2"))


@given(spoken, wishes)
def test_no_word_is_lost_moved_or_changed(words: list[Word], wish: Smoothing) -> None:
    smoothed = smooth_words(words, wish)
    assert [replace(word, speaker=None) for word in smoothed] == [replace(word, speaker=None) for word in words]
    assert {word.speaker for word in smoothed} <= {word.speaker for word in words}


@given(turns, wishes)
def test_every_speaker_keeps_a_turn_and_turns_stay_in_order(found: list[Turn], wish: Smoothing) -> None:
    smoothed = smooth_turns(found, wish)
    assert {turn.speaker for turn in smoothed} == {turn.speaker for turn in found}
    assert [turn.start_s for turn in smoothed] == sorted(turn.start_s for turn in smoothed)


@given(spoken, turns)
def test_by_default_nothing_changes(words: list[Word], found: list[Turn]) -> None:
    assert smooth_words(words, Smoothing()) == tuple(words)
    assert smooth_turns(found, Smoothing()) == tuple(found)
