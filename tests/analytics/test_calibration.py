"""Calibration from bins."""

from __future__ import annotations

import numpy as np
import pytest
from audapolis.analytics.calibration import BINS, binned, calibration
from hypothesis import given
from hypothesis import strategies as st

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=200)


@given(JUDGED)
def test_every_word_is_in_one_bin(judged: list[tuple[float, bool]]) -> None:
    bins = binned(judged)
    assert len(bins) == BINS
    assert sum(each.words for each in bins) == len(judged)
    assert sum(each.right for each in bins) == sum(stood for _, stood in judged)
    for index, each in enumerate(bins):
        assert index / BINS - 1e-6 <= each.confidence <= (index + 1) / BINS + 1e-6


def test_a_confidence_of_one_and_impossible_ones_are_in_the_outer_bins() -> None:
    bins = binned([(1.0, True), (1.5, True), (-0.5, False)])
    assert (bins[9].words, bins[9].confidence) == (2, 1.0)
    assert (bins[0].words, bins[0].confidence) == (1, 0.0)


def test_without_words_there_is_no_calibration() -> None:
    assert calibration([]) is None
    assert calibration([binned([])]) is None


def test_a_model_that_promises_too_much_is_overconfident() -> None:
    found = calibration([binned([(0.95, stood) for stood in [True] * 6 + [False] * 4])])
    assert found is not None
    assert found.error == pytest.approx(0.35)
    assert found.overconfidence == pytest.approx(0.35)
    assert (found.words, found.recordings) == (10, 1)
    assert found.table[9].right is not None
    assert found.table[9].right.value == pytest.approx(0.6)
    assert found.table[0].right is None
    assert found.table[0].confidence is None


def test_errors_in_both_directions_do_not_cancel_out() -> None:
    found = calibration([binned([(0.85, True)] * 10 + [(0.15, False)] * 10)])
    assert found is not None
    assert found.error == pytest.approx(0.15)
    assert found.overconfidence == pytest.approx(0)
    assert found.resolution == pytest.approx(0.25)


def test_a_well_calibrated_model_has_a_small_error() -> None:
    rng = np.random.default_rng(3)
    stated = rng.beta(5, 1, 20_000)
    found = calibration([binned(zip(stated.tolist(), (rng.random(20_000) < stated).tolist(), strict=True))])
    assert found is not None
    assert found.error < 0.02
    assert found.brier < found.uncertainty


@given(st.lists(st.tuples(st.sampled_from([0.05, 0.15, 0.55, 0.95]), st.booleans()), min_size=1, max_size=100))
def test_the_brier_score_is_that_of_single_words_where_a_bin_holds_one_confidence(
    judged: list[tuple[float, bool]],
) -> None:
    found = calibration([binned(judged)])
    assert found is not None
    truth = sum((stated - stood) ** 2 for stated, stood in judged) / len(judged)
    assert found.brier == pytest.approx(truth, abs=1e-5)


@given(JUDGED.filter(bool), JUDGED)
def test_recordings_add_up(one: list[tuple[float, bool]], other: list[tuple[float, bool]]) -> None:
    together, apart = calibration([binned([*one, *other])]), calibration([binned(one), binned(other)])
    assert together is not None
    assert apart is not None
    assert apart.error == pytest.approx(together.error, abs=1e-5)
    assert apart.brier == pytest.approx(together.brier, abs=1e-5)
    assert apart.words == together.words


def test_intervals_of_the_table_are_over_recordings() -> None:
    found = calibration([binned([(0.95, n % 10 > shift) for n in range(100)]) for shift in (0, 1, 2, 3)])
    assert found is not None
    right = found.table[9].right
    assert right is not None
    assert right.n == 4
    assert right.low is not None
    assert right.high is not None
    assert right.low < right.value < right.high <= 1
