"""Changes are found when they are real and hardly ever when they are not."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audapolis.analytics.facts import Sample
from audapolis.analytics.frame import Column
from audapolis.analytics.span import DAY_S, HOUR_S, Period
from audapolis.analytics.trends import Trend, changes, drift, level_shift, trends
from audapolis.domain.codec import to_plain

from tests.analytics.fact_builders import MONDAY, done, history_of, site

SEEDS = 300
DAYS = MONDAY + DAY_S * np.arange(30)
LATER = np.arange(30) >= 18
WEEKEND = np.arange(30) % 7 >= 5

Make = Callable[[np.random.Generator], Column]


def like_the_last(dice: np.random.Generator) -> Column:
    values = dice.normal(0, 1, 30)
    for day in range(1, 30):
        values[day] += 0.5 * values[day - 1]
    return values


NOISE: dict[str, Make] = {
    "normal": lambda dice: dice.normal(10, 2, 30),
    "counts": lambda dice: dice.poisson(4, 30).astype(float),
    "long-tailed": lambda dice: dice.lognormal(0, 1, 30),
    "like the day before": like_the_last,
    "with weekends": lambda dice: dice.poisson(np.where(WEEKEND, 3, 20)).astype(float),
}
REAL: dict[str, Make] = {
    "level": lambda dice: dice.normal(10, 1, 30) + 3 * LATER,
    "level of a rate": lambda dice: dice.binomial(100, np.where(LATER, 0.15, 0.03)) / 100,
    "level with outliers": lambda dice: dice.normal(10, 1, 30) + 6 * LATER + 40 * (dice.random(30) < 0.03),
    "drift": lambda dice: dice.normal(10, 1, 30) + 5 * np.arange(30) / 30,
}


def found(make: Make, rhythm: int = 0) -> float:
    """In which share of many draws a change is found."""
    return sum(bool(changes(DAYS, make(np.random.default_rng(seed)), rhythm)) for seed in range(SEEDS)) / SEEDS


@pytest.mark.parametrize("rhythm", [0, 7])
@pytest.mark.parametrize("name", NOISE)
def test_noise_is_taken_for_a_change_at_most_once_in_twenty_times(name: str, rhythm: int) -> None:
    assert found(NOISE[name], rhythm) <= 0.05


@pytest.mark.parametrize("name", REAL)
def test_a_real_change_is_found_nineteen_times_in_twenty(name: str) -> None:
    assert found(REAL[name]) >= 0.95


def test_a_load_that_doubles_is_found_though_weekends_are_quiet() -> None:
    week = MONDAY + DAY_S * np.arange(42)
    usual = np.where(np.arange(42) % 7 >= 5, 4, 25) * np.where(np.arange(42) >= 24, 2, 1)
    draws = [np.random.default_rng(seed).poisson(usual).astype(float) for seed in range(SEEDS)]
    assert sum(bool(changes(week, values, 7)) for values in draws) / SEEDS >= 0.95


def test_a_step_is_dated_and_told_with_its_levels() -> None:
    exact = 0
    for seed in range(100):
        step = level_shift(DAYS, REAL["level"](np.random.default_rng(seed)))
        assert step is not None
        exact += abs(step.at - DAYS[18]) <= DAY_S
        assert step.before == pytest.approx(10, abs=1.5)
        assert step.after == pytest.approx(13, abs=1.5)
    assert exact >= 90


def test_several_steps_are_told_in_order_of_time() -> None:
    values = np.random.default_rng(1).normal(0, 1, 90) + np.repeat([0.0, 10.0, 3.0], 30)
    at = MONDAY + DAY_S * np.arange(90)
    assert [(change.kind, round((change.at - MONDAY) / DAY_S)) for change in changes(at, values)] == [
        ("level", 30),
        ("level", 60),
    ]


def test_a_leak_is_a_drift_with_its_slope_and_not_a_step() -> None:
    kinds = []
    for seed in range(100):
        values = np.random.default_rng(seed).normal(1e9, 5e7, 168) + 1e8 * np.arange(168) / 24
        [change, *_] = changes(MONDAY + HOUR_S * np.arange(168), values)
        kinds.append(change.kind)
        if change.kind == "drift":
            assert change.per_day == pytest.approx(1e8, rel=0.2)
            assert change.after - change.before == pytest.approx(7e8, rel=0.2)
    assert kinds.count("drift") >= 95


def test_values_that_are_not_known_are_left_out_and_few_tell_nothing() -> None:
    values = np.array([1.0, math.nan, 1.1] * 2)
    assert changes(DAYS[:6], values) == ()
    assert level_shift(DAYS[:5], np.ones(5)) is None
    assert drift(DAYS[:5], np.ones(5)) is None
    assert changes(DAYS, np.full(30, 7.0)) == ()
    assert changes(DAYS, np.full(30, math.nan)) == ()


def test_the_same_figures_always_give_the_same_answer() -> None:
    values = NOISE["normal"](np.random.default_rng(5))
    assert level_shift(DAYS, values) == level_shift(DAYS, values.copy())


def test_a_quiet_site_has_no_trends(tmp_path: Path) -> None:
    alarms = 0
    for seed in range(10):
        jobs = site(seed, jobs=1500, days=28)
        (tmp_path / str(seed)).mkdir()
        history = history_of(tmp_path / str(seed), jobs)
        alarms += bool(trends(history, Period(MONDAY, MONDAY + 28 * DAY_S)))
    assert alarms <= 1


def by_figure(found: tuple[Trend, ...]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for trend in found:
        kinds.setdefault(trend.figure, []).append(trend.change.kind)
    return kinds


def test_a_site_that_gets_slower_from_one_day_on_is_told_so(tmp_path: Path) -> None:
    moment = MONDAY + 20 * DAY_S
    jobs = [
        done(job.at, queued_at=job.queued_at, job_id=job.job_id, run_s=job.run_s * (2 if job.at > moment else 1))
        for job in site(4, jobs=1500, days=28)
    ]
    period = Period(MONDAY, MONDAY + 28 * DAY_S)
    told = trends(history_of(tmp_path, jobs), period)
    [slower] = [trend for trend in told if trend.figure == "real_time_factor"]
    assert slower.change.kind == "level"
    assert abs(slower.change.at - moment) <= 2 * DAY_S
    assert slower.change.after / slower.change.before == pytest.approx(2, rel=0.25)
    assert to_plain(slower)["change"]["kind"] == "level"


def test_memory_that_leaks_shows_in_the_curve_of_the_process_that_leaks(tmp_path: Path) -> None:
    dice = np.random.default_rng(2)
    samples = [
        Sample(series="process.rss_bytes", at=MONDAY + 600.0 * step, value=value, labels=(("role", role),))
        for step in range(6 * 24 * 5)
        for role, value in (
            ("worker", 1e9 + 2e6 * step + dice.normal(0, 4e7)),
            ("server", 3e8 + dice.normal(0, 1e7)),
        )
    ]
    history = history_of(tmp_path, samples=samples)
    [leak] = trends(history, Period(MONDAY, MONDAY + 5 * DAY_S), ("process.rss_bytes",))
    assert (leak.labels, leak.change.kind, leak.unit) == ({"role": "worker"}, "drift", "bytes")
    assert leak.change.per_day == pytest.approx(2e6 * 144, rel=0.2)


def test_a_history_without_anything_has_no_trends(tmp_path: Path) -> None:
    assert by_figure(trends(history_of(tmp_path), Period(MONDAY, MONDAY + 30 * DAY_S))) == {}
