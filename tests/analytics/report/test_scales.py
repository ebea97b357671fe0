"""Places on paper and round numbers."""

from __future__ import annotations

import itertools
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from audapolis.analytics.report.scales import (
    Scale,
    duration,
    duration_ticks,
    figure,
    percent,
    size,
    ticks,
    time_ticks,
)
from audapolis.analytics.span import DAY_S, HOUR_S
from hypothesis import given
from hypothesis import strategies as st


@given(st.floats(0, 1e6), st.floats(1e-2, 1e12), st.integers(2, 10))
def test_ticks_are_evenly_apart_and_hold_everything_between_them(low: float, more: float, most: int) -> None:
    high = low + more
    marks = ticks(low, high, most)
    assert marks[0] <= low + 1e-6 * abs(low)
    assert marks[-1] >= high - 1e-6 * abs(high)
    assert len(marks) <= most + 2
    steps = {round((b - a) / (marks[1] - marks[0]), 3) for a, b in itertools.pairwise(marks)}
    assert steps <= {1.0}


def test_an_axis_without_values_still_has_ticks() -> None:
    assert ticks(0.0, 0.0)[-1] >= 1.0
    assert ticks(0.0, float("nan"))[0] == 0.0


def test_lengths_of_time_have_ticks_that_are_round_in_their_unit() -> None:
    assert [duration(mark) for mark in duration_ticks(0.0, 1500.0, 4)][1:] == ["10 min", "20 min", "30 min"]
    assert [duration(mark) for mark in duration_ticks(0.0, 3.0 * HOUR_S, 4)][-1] == "3 h"


@given(st.floats(-1e9, 1e9), st.floats(1, 1e9))
def test_a_scale_meets_both_its_ends(low: float, span: float) -> None:
    scale = Scale(low, low + span, 10.0, 20.0)
    assert scale(scale.low) == pytest.approx(10.0)
    assert scale(scale.high) == pytest.approx(20.0)


def test_a_scale_of_a_single_value_draws_it_at_its_start() -> None:
    assert Scale(3.0, 3.0, 10.0, 20.0)(3.0) == 10.0


def test_hours_are_those_of_the_zone() -> None:
    midnight_in_berlin = 1_767_222_000.0  # 2026-01-01 00:00 +01:00
    berlin = time_ticks(midnight_in_berlin, midnight_in_berlin + DAY_S, ZoneInfo("Europe/Berlin"))
    assert berlin[0] == (midnight_in_berlin, "00:00")
    assert time_ticks(midnight_in_berlin, midnight_in_berlin + DAY_S, UTC)[0][1] == "00:00"
    assert all(moment >= midnight_in_berlin for moment, _ in berlin)


def test_long_periods_are_marked_by_days() -> None:
    assert [name for _, name in time_ticks(0.0, 7 * DAY_S)][:2] == ["01 Jan", "02 Jan"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0 s"), (0.0412, "0.0412 s"), (12.34, "12.3 s"), (150.0, "2.5 min"), (9000.0, "2.5 h"), (3 * DAY_S, "3 d")],
)
def test_a_length_of_time_is_said_in_the_unit_that_suits_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_what_is_not_known_is_a_dash() -> None:
    assert duration(None) == size(None) == percent(None) == percent(float("nan")) == "–"


def test_figures_have_three_digits_that_count() -> None:
    assert [figure(value) for value in (0, 1e-17, 0.12345, 12.345, 123456)] == [
        "0",
        "0",
        "0.123",
        "12.3",
        "123 456",
    ]
    assert size(1_290_000_000) == "1.29 GB"
    assert [percent(share) for share in (0.5, 0.051)] == ["50 %", "5.1 %"]
