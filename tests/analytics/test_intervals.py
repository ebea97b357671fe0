"""Intervals: known table values, and how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from audapolis.analytics.intervals import (
    Estimate,
    lesser_by,
    lesser_of,
    mean,
    median,
    ratio,
    ratio_difference,
    share,
    stratified_ratio,
    t_quantile,
)
from hypothesis import given
from hypothesis import strategies as st

FLOATS = st.floats(-1e6, 1e6)


def held(estimate: Estimate | None, truth: float) -> bool:
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


@pytest.mark.parametrize(
    ("p", "degrees", "expected"),
    [
        (0.975, 1, 12.7062),
        (0.975, 2, 4.30265),
        (0.975, 5, 2.57058),
        (0.975, 10, 2.22814),
        (0.975, 30, 2.04227),
        (0.975, 120, 1.97993),
        (0.975, 1e7, 1.95996),
        (0.95, 5, 2.01505),
        (0.995, 10, 3.16927),
        (0.9995, 3, 12.9240),
        (0.025, 10, -2.22814),
        (0.5, 4, 0.0),
    ],
)
def test_students_t_is_that_of_the_tables(p: float, degrees: float, expected: float) -> None:
    assert t_quantile(p, degrees) == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_students_t_has_a_closed_form_with_one_and_two_degrees_of_freedom() -> None:
    for p in (0.6, 0.8, 0.99, 0.99999):
        assert t_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-8)
        assert t_quantile(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-8)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.27753), (5, 10, 0.23659, 0.76341), (10, 10, 0.72247, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_shares_have_wilsons_interval(hits: int, n: int, low: float, high: float) -> None:
    found = share(hits, n)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_nothing_seen_is_no_estimate() -> None:
    assert share(0, 0) is None
    assert mean([]) is None
    assert median([]) is None
    assert ratio([], []) is None
    assert ratio([1, 2], [0, 0]) is None
    assert ratio_difference(([], []), ([], [])) is None
    assert stratified_ratio([], []) is None


def test_one_recording_is_a_figure_without_an_interval() -> None:
    assert mean([3.0]) == Estimate(3.0, None, None, 1)
    assert ratio([1], [10]) == Estimate(0.1, None, None, 1)
    assert ratio([0], [10]) == Estimate(0.0, None, None, 1)
    assert ratio_difference(([1], [10]), ([2], [10])) == Estimate(pytest.approx(-0.1), None, None, 1)


def test_the_mean_has_the_t_interval_of_the_textbook() -> None:
    found = mean([4, 5, 3, 4, 5])  # mean 4.2, standard deviation 0.83666, t = 2.77645
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(3.16115, abs=1e-4), pytest.approx(5.23885, abs=1e-4))


@pytest.mark.parametrize(("n", "rank"), [(6, 1), (10, 2), (20, 6), (40, 14), (100, 40), (1000, 469), (1001, 469)])
def test_the_median_lies_between_the_ordered_values_of_the_tables(n: int, rank: int) -> None:
    found = median(list(range(1, n + 1)))
    assert found is not None
    assert found.value == (n + 1) / 2
    assert (found.low, found.high) == (rank, n + 1 - rank)


def test_five_values_are_too_few_for_an_interval_of_their_median() -> None:
    assert median([1, 2, 3, 4, 5]) == Estimate(3, None, None, 5)


@given(st.lists(FLOATS, min_size=1, max_size=60))
def test_the_median_lies_in_its_interval(values: list[float]) -> None:
    found = median(values)
    assert found is not None
    if found.low is not None and found.high is not None:
        assert found.low <= found.value <= found.high


RECORDINGS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5000)), min_size=2, max_size=30)


@given(RECORDINGS)
def test_a_ratio_is_that_of_the_sums_and_lies_in_its_interval(recordings: list[tuple[int, int]]) -> None:
    errors, words = zip(*recordings, strict=True)
    found = ratio(errors, words)
    assert found is not None
    assert found.value == pytest.approx(sum(errors) / sum(words))
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value * (1 + 1e-9)
    assert found.value <= found.high * (1 + 1e-9)


@given(RECORDINGS, st.integers(1, 9))
def test_the_unit_of_words_changes_no_interval(recordings: list[tuple[int, int]], factor: int) -> None:
    errors, words = zip(*recordings, strict=True)
    one, other = ratio(errors, words), ratio([factor * e for e in errors], [factor * w for w in words])
    assert one is not None
    assert other is not None
    assert (other.low, other.high) == (pytest.approx(one.low), pytest.approx(one.high))


def test_many_words_of_few_recordings_are_no_certainty() -> None:
    few = ratio([1000, 3000, 200], [10_000, 10_000, 10_000])
    many = ratio([10, 30, 2] * 100, [100, 100, 100] * 100)
    assert few is not None
    assert many is not None
    assert few.value == many.value
    assert few.low is not None
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert few.high - few.low > 5 * (many.high - many.low)


def test_no_errors_in_some_recordings_does_not_mean_that_there_never_are_any() -> None:
    found = ratio([0, 0, 0, 0], [100, 100, 100, 100])
    assert found is not None
    assert found.low == 0
    assert found.high is not None
    assert found.high > 0.1


@pytest.mark.parametrize(("error", "spread"), [(0.05, 60), (0.15, 30), (0.4, 10)])
def test_intervals_of_word_errors_hold_the_truth_about_as_often_as_they_say(error: float, spread: int) -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        words = np.maximum(50, rng.lognormal(7, 0.8, 40)).astype(int)
        hits += held(ratio(rng.binomial(words, rng.beta(error * spread, (1 - error) * spread, 40)), words), error)
    assert 0.9 <= hits / 400 <= 0.99


def test_intervals_of_means_and_medians_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(8)
    means = sum(held(mean(rng.normal(3, 1, 12)), 3) for _ in range(400))
    medians = sum(held(median(rng.lognormal(0, 1, 25)), 1) for _ in range(400))
    assert 0.92 <= means / 400 <= 0.98
    assert 0.92 <= medians / 400 <= 0.99


def test_pairs_tell_more_than_two_samples_of_the_same_size() -> None:
    rng = np.random.default_rng(9)
    told, hits, apart = 0, 0, 0
    for _ in range(200):
        words = np.maximum(50, rng.lognormal(7, 0.6, 30)).astype(int)
        hardness = rng.beta(3, 27, 30)
        worse, better = rng.binomial(words, hardness), rng.binomial(words, 0.8 * hardness)
        difference = ratio_difference((worse, words), (better, words))
        hits += held(difference, 0.02)
        told += lesser_by(difference) == "second"
        apart += lesser_of(ratio(worse, words), ratio(better, words)) == "second"
    assert 0.9 <= hits / 200 <= 0.99
    assert told >= 195
    assert apart <= 100


def test_strata_are_weighted_as_asked() -> None:
    rng = np.random.default_rng(10)
    easy, hard = [(rng.binomial(1000, p, 20).astype(float), np.full(20, 1000.0)) for p in (0.05, 0.25)]
    even, mostly_hard = stratified_ratio([easy, hard], [1, 1]), stratified_ratio([easy, hard], [1, 3])
    assert even is not None
    assert mostly_hard is not None
    assert even.value == pytest.approx(0.15, abs=0.01)
    assert mostly_hard.value == pytest.approx(0.20, abs=0.01)
    assert even.n == 40


def test_intervals_that_overlap_are_not_told_apart() -> None:
    low, middle, high = Estimate(1, 0, 2, 9), Estimate(2, 1.5, 3, 9), Estimate(5, 4, 6, 9)
    assert lesser_of(low, middle) == lesser_of(middle, low) == "not_told_apart"
    assert lesser_of(low, high) == "first"
    assert lesser_of(high, low) == "second"
    assert lesser_of(low, Estimate(9, None, None, 1)) == "not_told_apart"
    assert lesser_of(None, low) == "not_told_apart"


def test_differences_that_may_be_nothing_tell_nothing_apart() -> None:
    assert lesser_by(Estimate(0.1, -0.1, 0.3, 9)) == "not_told_apart"
    assert lesser_by(Estimate(0.2, 0.1, 0.3, 9)) == "second"
    assert lesser_by(Estimate(0.5, 0.4, 0.6, 9), same=1.0) == "first"
    assert lesser_by(None) == lesser_by(Estimate(1, None, None, 1)) == "not_told_apart"
