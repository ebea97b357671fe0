"""Quantiles are exact, and so are the exact tests."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from audapolis.analytics.quantiles import corrected, densest, evidence, more_than_elsewhere, quantile, spread_of
from hypothesis import given
from hypothesis import strategies as st

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(numbers, st.floats(0, 1))
def test_a_quantile_is_that_of_hyndman_and_fan_type_7(values: list[float], share: float) -> None:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    wanted = ordered[below] + (place - below) * (ordered[above] - ordered[below])
    assert quantile(values, share) == pytest.approx(wanted, rel=1e-9, abs=1e-6)


def test_what_is_not_known_is_left_out() -> None:
    assert quantile([1.0, math.nan, 3.0], 0.5) == 2.0
    assert quantile([math.nan], 0.5) is None
    assert spread_of([]) is None
    spread = spread_of([math.nan, *range(1, 101)])
    assert spread is not None
    assert (spread.count, spread.mean, spread.p50, spread.most) == (100, 50.5, 50.5, 100.0)
    assert (spread.p90, spread.p95, spread.p99) == pytest.approx((90.1, 95.05, 99.01))


def exactly(hits: int, tries: int, all_hits: int, all_tries: int) -> float:
    """Fisher's test in whole numbers."""
    ways = sum(
        math.comb(all_hits, here) * math.comb(all_tries - all_hits, tries - here)
        for here in range(hits, min(tries, all_hits) + 1)
    )
    return float(Fraction(ways, math.comb(all_tries, tries)))


@given(st.data())
def test_fishers_test_agrees_with_counting_all_ways(data: st.DataObject) -> None:
    all_tries = data.draw(st.integers(1, 120))
    tries = data.draw(st.integers(0, all_tries))
    hits = data.draw(st.integers(0, tries))
    all_hits = data.draw(st.integers(hits, all_tries - (tries - hits)))
    wanted = exactly(hits, tries, all_hits, all_tries)
    assert more_than_elsewhere(hits, tries, all_hits, all_tries) == pytest.approx(wanted, rel=1e-9)


def test_fishers_test_copes_with_many_and_with_certainty() -> None:
    assert more_than_elsewhere(400, 500, 700, 100_000) < 1e-300
    assert more_than_elsewhere(0, 10, 5, 100) == 1.0
    with pytest.raises(ValueError, match="no 3 of 2"):
        more_than_elsewhere(3, 2, 5, 10)


def test_the_correction_is_benjamini_and_hochbergs() -> None:
    assert corrected([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert corrected([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_corrected_p_values_are_never_smaller_and_keep_their_order(p_values: list[float]) -> None:
    worth = corrected(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, worth, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [worth[index] for index in order] == sorted(worth)


def test_of_many_chance_findings_hardly_any_is_believed() -> None:
    dice = random.Random(7)
    believed = sum(min(corrected([dice.random() for _ in range(100)])) <= 0.05 for _ in range(400))
    assert believed / 400 < 0.08


def test_evidence_is_a_likelihood_ratio_and_nothing_where_hits_are_no_more_frequent() -> None:
    ten, elsewhere, all_one = 10 * math.log(10 / 20) * 2, 5 * math.log(5 / 80) + 75 * math.log(75 / 80), 0.15
    one_rate = 15 * math.log(all_one) + 85 * math.log(1 - all_one)
    found = evidence([10, 3, 0], [20, 20, 20], [15, 15, 0], [100, 100, 100])
    assert found == pytest.approx([ten + elsewhere - one_rate, 0.0, 0.0])


def test_evidence_is_greatest_where_it_parts_hits_from_misses() -> None:
    narrower, exact, wider = evidence([20, 30, 30], [20, 30, 60], [30, 30, 30], [500, 500, 500])
    assert exact > max(narrower, wider)


def test_the_densest_stretch_is_where_hits_crowd() -> None:
    hits = np.zeros(1000, bool)
    hits[[3, 250, 700, 990]] = True
    hits[500:520] = True
    assert densest(hits) == (500, 519)
    assert densest(np.zeros(10, bool)) is None
    assert densest(np.arange(10) == 3) is None
