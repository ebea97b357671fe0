from __future__ import annotations

import pytest
from bench.scoring import NO_WORDS, WordError, align, normalise, speaker_word_error, word_error
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.lists(st.sampled_from("abcd"), max_size=8)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Mr. Smith, isn't it?", "mister smith isn't it"),
        ("'Tis the dogs' dinner.", "tis the dogs dinner"),
        ("don’t", "don't"),
        ("well-known and/or new", "well known and or new"),
        ("21 of 1,500", "twenty one of one thousand five hundred"),
        ("In 1665, and in 2000 and 1905", "in sixteen sixty five and in two thousand and nineteen oh five"),
        ("the 3rd and the 20th", "the third and the twentieth"),
        ("007", "zero zero seven"),
        ("5 % & more", "five percent and more"),
        ("…", ""),
        ("E\u0301tude", "étude"),
    ],
)
def test_text_is_scored_as_it_was_said(written: str, said: str) -> None:
    assert normalise(written) == said


def test_other_languages_keep_their_numbers_and_abbreviations() -> None:
    assert normalise("Dr. Öz, 21", language="de-AT") == "dr öz 21"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_each_kind_of_error_is_counted() -> None:
    assert word_error("the cat sat on a mat today", "the bat sat on mat today now") == WordError(1, 1, 1, 7)


def test_nothing_said_and_nothing_heard_is_no_error_and_noise_heard_as_words_is() -> None:
    assert word_error("", "").rate == 0
    assert word_error("", "huh").rate == float("inf")
    assert word_error("a b", "").rate == 1


def test_sums_weigh_by_words() -> None:
    assert (word_error("a b c", "a b c") + word_error("a", "b") + NO_WORDS).rate == 0.25


@given(WORDS, WORDS)
def test_the_alignment_is_an_alignment_and_costs_the_edit_distance(said: list[str], heard: list[str]) -> None:
    pairs = align(said, heard)
    assert [i for i, _ in pairs if i is not None] == list(range(len(said)))
    assert [j for _, j in pairs if j is not None] == list(range(len(heard)))
    cost = sum(i is None or j is None or said[i] != heard[j] for i, j in pairs)
    assert cost == edit_distance(said, heard)


def edit_distance(said: list[str], heard: list[str]) -> int:
    """By the definition, one cell at a time."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@given(WORDS, WORDS)
def test_hearing_for_speaking_swaps_missing_and_added_words(said: list[str], heard: list[str]) -> None:
    there, back = word_error(said, heard), word_error(heard, said)
    assert there.errors == back.errors
    assert there.reference - there.deletions + there.insertions == back.reference


def test_speakers_are_compared_whoever_is_called_what() -> None:
    assert speaker_word_error(["good morning", "how are you"], ["how are you", "good morning"]).errors == 0
    assert speaker_word_error(["good morning", "hello"], ["good morning"]) == WordError(0, 1, 0, 3)
    assert speaker_word_error(["good morning"], ["good", "morning"]) == WordError(0, 1, 1, 2)
