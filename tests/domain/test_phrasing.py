"""Text without times, laid over speech."""

from __future__ import annotations

from itertools import pairwise

import pytest
from audapolis.domain.phrasing import share_out, spread
from hypothesis import given
from hypothesis import strategies as st


def test_words_last_in_proportion_to_their_characters() -> None:
    words = spread("a bbb", 10.0, 16.0, confidence=0.5, speaker="S1")
    assert [(word.text, word.start_s, word.end_s) for word in words] == [("a", 10.0, 12.0), ("bbb", 12.0, 16.0)]
    assert {(word.confidence, word.speaker) for word in words} == {(0.5, "S1")}


@given(st.text(max_size=60), st.floats(0, 1e5), st.floats(0, 100))
def test_spread_words_fill_the_stretch_without_gaps(text: str, start_s: float, length_s: float) -> None:
    words = spread(text, start_s, start_s + length_s, confidence=1.0)
    assert [word.text for word in words] == text.split()
    if words:
        assert (words[0].start_s, words[-1].end_s) == (start_s, start_s + length_s)
    assert all(one.end_s == two.start_s for one, two in pairwise(words))


@pytest.mark.parametrize(
    ("text", "weights", "parts"),
    [
        ("One two three. Four five six.", [1, 1], ["One two three.", "Four five six."]),
        ("One two three. Four five six.", [1.3, 1], ["One two three.", "Four five six."]),
        ("One, two three four five six", [1, 4], ["One,", "two three four five six"]),
        ("a b c d", [1, 1], ["a b", "c d"]),
        ("a", [1, 1], ["a", ""]),
        ("", [1, 1], ["", ""]),
        ("a b", [], []),
        ("a b", [3], ["a b"]),
        ("a b c d", [0, 0], ["a b", "c d"]),
    ],
)
def test_a_text_is_shared_out_at_the_ends_of_phrases(text: str, weights: list[float], parts: list[str]) -> None:
    assert share_out(text, weights) == parts


@given(st.text(" ab.,", max_size=80), st.lists(st.floats(0, 10), min_size=1, max_size=6))
def test_sharing_out_loses_no_word(text: str, weights: list[float]) -> None:
    parts = share_out(text, weights)
    assert len(parts) == len(weights)
    assert " ".join(parts).split() == text.split()
