"""Curves: every sample in exactly one step, however much was rolled up and let go of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from audapolis.analytics.facts import Sample
from audapolis.analytics.history.store import Curve, History, Retention
from audapolis.analytics.span import DAY_S, HOUR_S, MINUTE_S, Period
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WEEK_S = 7 * DAY_S
START = 1_700_000_000 // WEEK_S * WEEK_S
FOREVER = Retention(10_000, 10_000, 10_000, 10_000)

MILLISECONDS = st.integers(0, int(30 * HOUR_S) * 1000)
MOMENTS = MILLISECONDS.map(lambda ms: START + ms / 1000)
SAMPLES = st.lists(st.tuples(MOMENTS, st.floats(-1e6, 1e6)), min_size=1, max_size=80)
STEPS = st.sampled_from([0.25, 7.5, 10, 59, 60, 90, 600, 3599, HOUR_S, 1.5 * HOUR_S, DAY_S])


def looks(some: Sequence[tuple[float, float]], series: str = "cpu.load") -> list[Sample]:
    return [Sample(series, at, value) for at, value in some]


def steady(hours: float, every_s: float = 10.0, since: float = START) -> list[Sample]:
    return [Sample("cpu.load", since + n * every_s, float(n)) for n in range(int(hours * HOUR_S / every_s))]


def only(curves: list[Curve]) -> Curve:
    [curve] = curves
    return curve


def by_hand(some: Sequence[tuple[float, float]], period: Period, step_s: float) -> dict[float, list[float]]:
    steps: dict[float, list[float]] = {}
    for at, value in some:
        if period.since <= at < period.until:
            steps.setdefault(math.floor(at / step_s) * step_s, []).append(value)
    return steps


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(SAMPLES, min_size=1, max_size=3), MILLISECONDS, MILLISECONDS, STEPS)
def test_a_curve_is_what_counting_by_hand_gives_whatever_was_packed_when(
    history: History, rounds: list[list[tuple[float, float]]], since_ms: int, until_ms: int, step_s: float
) -> None:
    history.forget_all()
    for hours, some in enumerate(rounds):
        history.write((), looks(some))
        history.thin_out(START + hours * 12 * HOUR_S, FOREVER)  # what is written next may be older than this
    period = Period(START + min(since_ms, until_ms) / 1000, START + (max(since_ms, until_ms) + 1) / 1000)
    width_s = next(width for width in (HOUR_S, MINUTE_S, 0.001) if width <= step_s)
    counted = by_hand([sample for some in rounds for sample in some], period, math.ceil(step_s / width_s) * width_s)
    curves = history.curves("cpu.load", period, step_s=step_s)
    if not counted:
        assert curves == []
        return
    curve = only(curves)
    assert curve.at.tolist() == pytest.approx(sorted(counted))
    for n, at in enumerate(sorted(counted)):
        assert (curve.count[n], curve.low[n], curve.high[n]) == (len(counted[at]), min(counted[at]), max(counted[at]))
        assert curve.mean[n] == pytest.approx(sum(counted[at]) / len(counted[at]), rel=1e-9, abs=1e-6)


def test_a_period_that_spans_all_retentions_has_no_gap_and_counts_nothing_twice(history: History) -> None:
    days, every_s = 30, 300.0
    history.write((), steady(days * 24, every_s))
    now = START + days * DAY_S
    history.thin_out(now, Retention(raw_days=2, minute_days=10, hour_days=100))
    period = Period(START, now)
    for step_s in (every_s, 600.0, HOUR_S, DAY_S):
        curve = only(history.curves("cpu.load", period, step_s=step_s))
        assert curve.count.sum() == days * DAY_S / every_s
        assert (curve.mean * curve.count).sum() == pytest.approx(sum(range(int(days * DAY_S / every_s))))
        assert (np.diff(curve.at) > 0).all()
        assert (np.diff(curve.at) <= max(step_s, HOUR_S)).all()
    curve = only(history.curves("cpu.load", period, step_s=every_s))
    gaps = np.diff(curve.at)
    assert gaps[0] == HOUR_S  # only hours are left of the first days
    assert gaps[-1] == every_s


def test_periods_that_follow_one_another_share_no_sample(history: History) -> None:
    history.write((), steady(72))
    now = START + 72 * HOUR_S
    history.thin_out(now, Retention(raw_days=0.5, minute_days=1, hour_days=100))
    cuts = [START, START + 5000.5, START + 30 * HOUR_S + 77, START + 50 * HOUR_S + 1801, now - 6000.123, now]
    periods = [Period(since, until) for since, until in itertools.pairwise(cuts)]
    for step_s in (10.0, 60.0, HOUR_S):
        counts = [
            curve.count.sum() for period in periods for curve in history.curves("cpu.load", period, step_s=step_s)
        ]
        assert sum(counts) == len(steady(72))


def test_a_long_question_reads_no_raw_samples(history: History) -> None:
    history.write((), steady(24 * 14))
    now = START + 14 * DAY_S
    history.thin_out(now, FOREVER)
    before = history.curves("cpu.load", Period(START, now))
    history._database.write(lambda database: database.execute("DELETE FROM blocks WHERE level < 2"))
    after = history.curves("cpu.load", Period(START, now))
    assert np.array_equal(only(before).mean, only(after).mean)


@pytest.mark.parametrize(
    ("duration_s", "step_s"), [(HOUR_S, 10), (DAY_S, 300), (WEEK_S, 1800), (30 * DAY_S, 7200), (3000 * DAY_S, WEEK_S)]
)
def test_a_curve_has_five_hundred_steps_at_most_unless_asked(
    history: History, duration_s: float, step_s: float
) -> None:
    history.write((), [Sample("cpu.load", START + n * duration_s / 2000, 1.0) for n in range(2000)])
    curve = only(history.curves("cpu.load", Period(START, START + duration_s)))
    assert len(curve.at) <= 501  # one more where the first begins before the period
    assert (curve.at % step_s == 0).all()
    assert np.diff(curve.at).min() == step_s


def test_steps_of_more_than_centuries_are_still_at_most_five_hundred(history: History) -> None:
    history.write((), [Sample("cpu.load", START, 1.0)])
    assert only(history.curves("cpu.load", Period(0, 1e12))).count.tolist() == [1]


def test_curves_are_told_apart_and_picked_by_their_labels(history: History) -> None:
    def look(at: float, **labels: str) -> Sample:
        return Sample("model.bytes", at, 1.0, tuple(sorted(labels.items())))

    cpu, gpu = {"model": "small", "device": "cpu"}, {"model": "small", "device": "cuda:0"}
    history.write((), [look(START, **cpu), look(START, **gpu), look(START + 1, **cpu), Sample("cpu.load", START, 1.0)])
    period = Period(START, START + 10)
    assert [(curve.labels, curve.count.sum()) for curve in history.curves("model.bytes", period)] == [
        (cpu, 2),
        (gpu, 1),
    ]
    assert only(history.curves("model.bytes", period, labels={"device": "cuda:0"})).labels == gpu
    assert len(history.curves("model.bytes", period, labels={"model": "small"})) == 2
    assert history.curves("model.bytes", period, labels={"model": "tiny"}) == []
    assert history.curves("gpu.power_w", period) == []


def test_what_is_not_known_is_left_out(history: History) -> None:
    history.write((), looks([(START, math.nan), (START + 1, math.inf), (START + 2, 0.0)]))
    assert only(history.curves("cpu.load", Period(START, START + 10))).count.tolist() == [1]


def test_a_late_sample_does_not_hide_what_is_left_of_its_hour(history: History) -> None:
    now = START + 3 * DAY_S
    keep = Retention(raw_days=1, minute_days=2, hour_days=10)
    history.write((), steady(48))
    history.thin_out(now, keep)
    late = [Sample("cpu.load", START + hour * HOUR_S + 5, 1e6) for hour in range(48)]
    history.write((), late)
    for step_s in (10.0, 60.0, HOUR_S):
        curve = only(history.curves("cpu.load", Period(START, now), step_s=step_s))
        assert curve.count.sum() == len(steady(48)) + len(late)
    history.thin_out(now, Retention(5, 5, 10))  # even where more is kept now than before
    for step_s in (10.0, 60.0, HOUR_S):
        curve = only(history.curves("cpu.load", Period(START, now), step_s=step_s))
        assert curve.count.sum() == len(steady(48)) + len(late)


def test_samples_come_back_after_the_history_was_closed_and_opened(history: History) -> None:
    history.write((), steady(1))
    history.close()
    history.write((), steady(1, since=START + HOUR_S))
    assert only(history.curves("cpu.load", Period(START, START + DAY_S))).count.sum() == 720


def test_a_write_that_fails_leaves_nothing_and_the_next_one_is_told_apart_right(history: History) -> None:
    with pytest.raises(TypeError):
        history.write((), [Sample("cpu.load", START, 1.0), Sample("cpu.iowait", "never", 1.0)])  # type: ignore[arg-type]
    history.write((), [Sample("queue.oldest_s", START, 2.0), Sample("cpu.load", START, 3.0)])
    period = Period(START, START + 10)
    assert only(history.curves("cpu.load", period)).mean.tolist() == [3.0]
    assert only(history.curves("queue.oldest_s", period)).mean.tolist() == [2.0]
