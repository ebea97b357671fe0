from __future__ import annotations

import math

import pytest
from audapolis.domain.transcript import Word
from bench.scoring import calibration, judged_words, word_time_errors
from hypothesis import given
from hypothesis import strategies as st


def test_only_rightly_heard_words_have_time_errors() -> None:
    truth = [("good", 0.0, 0.4), ("morning", 0.4, 1.0), ("all", 1.2, 1.5)]
    heard = [Word(0.1, 0.4, "Good", 1.0), Word(0.4, 0.9, "mourning", 1.0), Word(1.2, 1.6, "all.", 1.0)]
    errors = word_time_errors(truth, heard)
    assert errors.start_errors_s == pytest.approx((0.1, 0.0))
    assert errors.end_errors_s == pytest.approx((0.0, 0.1))
    assert (errors.matched, errors.reference) == (2, 3)
    assert errors.start_s(50) == pytest.approx(0.05)


def test_a_number_shares_its_time_among_its_words() -> None:
    errors = word_time_errors([("twenty", 1.0, 1.5), ("one", 1.5, 2.0)], [Word(1.0, 2.0, "21", 1.0)])
    assert errors.start_errors_s == (0, 0)


def test_nothing_matched_gives_no_number_instead_of_a_perfect_one() -> None:
    assert math.isnan(word_time_errors([("a", 0, 1)], []).start_s(95))


def test_words_are_judged_by_the_alignment() -> None:
    heard = [Word(0, 1, "the", 0.9), Word(1, 2, "uh", 0.2), Word(2, 3, "bat", 0.6)]
    assert judged_words("the cat", heard) == [(0.9, True), (0.2, False), (0.6, False)]


def test_honest_confidences_have_no_calibration_error_and_boasts_have() -> None:
    honest = [(0.75, True), (0.75, True), (0.75, True), (0.75, False)]
    assert calibration(honest).error == 0
    assert calibration([(1.0, False)] * 3).error == 1
    assert calibration([]).error == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_bins_hold_all_words_and_the_error_is_a_share(judged: list[tuple[float, bool]]) -> None:
    result = calibration(judged)
    assert sum(each.words for each in result.bins) == len(judged)
    assert 0 <= result.error <= 1
