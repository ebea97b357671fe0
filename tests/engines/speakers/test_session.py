"""What an engine says, in our own words."""

from __future__ import annotations

import numpy as np
import pytest
from audapolis.domain.transcript import Span
from audapolis.engines.base import Diarization
from audapolis.engines.speakers.messages import Found, RawTurn
from audapolis.engines.speakers.session import in_our_words, unit
from hypothesis import given
from hypothesis import strategies as st

ALL = [Span(0.0, 1000.0)]


def found(*turns: tuple[float, float, str], voices: dict[str, tuple[float, ...]] | None = None) -> Found:
    return Found(tuple(RawTurn(*turn) for turn in turns), voices or {}, "space-1")


def test_speakers_are_numbered_as_they_appear_whatever_the_engine_calls_them() -> None:
    result = in_our_words(found((5.0, 6.0, "7"), (1.0, 2.0, "9"), (7.0, 8.0, "9")), ALL, 0.0)
    assert [(t.start_s, t.speaker) for t in result.turns] == [(1.0, "S1"), (5.0, "S2"), (7.0, "S1")]
    assert [(s.id, s.name, s.speech_s) for s in result.speakers] == [("S1", "Speaker 1", 2.0), ("S2", "Speaker 2", 1.0)]


def test_turns_that_overlap_stay_so() -> None:
    result = in_our_words(found((0.0, 4.0, "a"), (3.0, 6.0, "b")), ALL, 0.0)
    assert result.turns[0].overlap_s(result.turns[1]) == pytest.approx(1.0)


def test_times_count_from_the_first_window() -> None:
    assert in_our_words(found((1.0, 2.0, "a")), ALL, 30.0).turns[0].start_s == 31.0


def test_turns_outside_all_speech_are_noise() -> None:
    result = in_our_words(found((0.0, 1.0, "door"), (10.0, 12.0, "ann")), [Span(11.5, 20.0)], 0.0)
    assert [(t.start_s, t.speaker) for t in result.turns] == [(10.0, "S1")]


def test_voices_get_unit_length_and_the_name_of_their_space() -> None:
    result = in_our_words(found((0.0, 1.0, "a"), (2.0, 3.0, "b"), voices={"a": (3.0, 4.0), "b": (0.0, 0.0)}), ALL, 0.0)
    first, second = result.speakers
    assert first.embedding == (0.6, 0.8)
    assert first.embedding_model == "space-1"
    assert (second.embedding, second.embedding_model) == ((), "")


def test_nothing_found_is_nobody() -> None:
    assert in_our_words(found(), ALL, 0.0) == Diarization((), ())


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8))
def test_a_vector_has_unit_length_or_none(values: list[float]) -> None:
    length = np.linalg.norm(unit(values))
    assert length == 0 or length == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [(float("nan"), 1.0), (float("inf"), 1.0), ()])
def test_a_vector_that_is_none_is_left_out(bad: tuple[float, ...]) -> None:
    assert unit(bad) == ()


_turns = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 100), st.sampled_from("abcd")).map(
        lambda turn: (float(turn[0]), float(turn[0] + turn[1]), turn[2])
    ),
    max_size=20,
)


@given(_turns)
def test_whatever_an_engine_says_the_diarization_is_in_order_and_adds_up(turns: list[tuple[float, float, str]]) -> None:
    result = in_our_words(found(*turns), ALL, 0.0)
    assert list(result.turns) == sorted(result.turns, key=lambda t: (t.start_s, t.end_s))
    assert list(dict.fromkeys(t.speaker for t in result.turns)) == [s.id for s in result.speakers]
    assert sum(s.speech_s for s in result.speakers) == pytest.approx(sum(t[1] - t[0] for t in turns))
