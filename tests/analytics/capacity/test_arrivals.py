"""What comes, when, and how irregularly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from audapolis.analytics.capacity.arrivals import arrivals
from audapolis.analytics.span import DAY_S, HOUR_S, Period

from ..fact_builders import MONDAY
from .simulated import Times


def day(per_hour: Sequence[float], seed: int = 1, days: int = 1) -> Times:
    dice = np.random.default_rng(seed)
    return np.sort(
        np.concatenate(
            [
                MONDAY + d * DAY_S + hour * HOUR_S + dice.uniform(0, HOUR_S, dice.poisson(rate))
                for d in range(days)
                for hour, rate in enumerate(per_hour)
            ]
        )
    )


def test_independent_arrivals_are_regular_though_the_day_has_a_peak() -> None:
    at = day([5] * 8 + [60] * 8 + [5] * 8)
    found = arrivals(at, Period(MONDAY, MONDAY + DAY_S))
    assert found.scv == 1.0
    assert found.per_h == pytest.approx(len(at) / 24)
    assert found.peak_per_h == pytest.approx(60, rel=0.2)
    assert found.peak_factor == pytest.approx(60 / found.per_h, rel=0.2)


def test_bursts_are_irregular() -> None:
    dice = np.random.default_rng(2)
    at = np.concatenate([MONDAY + start + np.arange(20) for start in dice.uniform(0, DAY_S, 30)])
    assert arrivals(np.sort(at), Period(MONDAY, MONDAY + DAY_S)).scv > 5


def test_the_peak_of_many_days_is_that_of_the_usual_day() -> None:
    at = day([2] * 12 + [30] + [2] * 11, days=10)
    found = arrivals(at, Period(MONDAY, MONDAY + 10 * DAY_S))
    assert found.peak_per_h == pytest.approx(16, rel=0.3)  # smoothed over its neighbours


def test_less_than_an_hour_is_one_rate() -> None:
    found = arrivals(MONDAY + np.arange(0, 600, 30.0), Period(MONDAY, MONDAY + 600))
    assert found.per_h == found.peak_per_h == pytest.approx(120)
