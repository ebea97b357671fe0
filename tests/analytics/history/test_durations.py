"""Quantiles of durations: exact while there are facts, within 1 % for long after."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from audapolis.analytics.facts import Fact, JobFact, StageFact
from audapolis.analytics.history.sketch import ACCURACY
from audapolis.analytics.history.store import History, Retention
from audapolis.analytics.span import DAY_S, HOUR_S, Period
from audapolis.errors import InvalidOption, UnknownName

START = 1_700_000_000 // HOUR_S * HOUR_S
SHARES = (0.0, 0.5, 0.9, 0.95, 0.99, 1.0)
KEEP = Retention(raw_days=1, minute_days=1, hour_days=1000, fact_days=10)
ALL = Period(START, START + 100 * DAY_S)


def work(count: int, days: float) -> list[Fact]:
    """Jobs and their recognition over some days, some of which failed or were found in the cache."""
    draw = random.Random(1)
    facts: list[Fact] = []
    for n in range(count):
        at, run_s, queue_s = START + n * days * DAY_S / count, draw.paretovariate(1.1), draw.expovariate(0.1)
        model = draw.choice(("tiny", "small"))
        outcome = draw.choice(("done", "done", "done", "failed"))
        facts.append(
            JobFact(
                at=at,
                job_id=str(n),
                queued_at=at - run_s - queue_s,
                outcome=outcome,  # type: ignore[arg-type]
                model=model,
                run_s=run_s,
                queue_s=queue_s,
            )
        )
        origin = draw.choice(("computed", "computed", "cache"))
        stage = {"stage": "transcribe", "began_at": at - run_s * 0.7, "model": model, "origin": origin}
        facts.append(StageFact(at=at, job_id=str(n), **stage))  # type: ignore[arg-type]
    return facts


def true(facts: Sequence[Fact], metric: str, period: Period, model: str | None = None) -> list[float]:
    jobs = [fact for fact in facts if isinstance(fact, JobFact) and fact.outcome == "done"]
    stages = [fact for fact in facts if isinstance(fact, StageFact) and fact.origin == "computed"]
    measured = {
        "queue": [(job.at, job.model, job.queue_s) for job in jobs],
        "run": [(job.at, job.model, job.run_s) for job in jobs],
        "end_to_end": [(job.at, job.model, job.latency_s) for job in jobs],
        "stage.transcribe": [(stage.at, stage.model, stage.wall_s) for stage in stages],
    }
    return [
        seconds for at, own, seconds in measured[metric] if period.since <= at < period.until and model in {None, own}
    ]


METRICS = ("queue", "run", "end_to_end", "stage.transcribe")


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("model", [None, "small"])
def test_quantiles_are_exact_while_there_are_facts(history: History, metric: str, model: str | None) -> None:
    facts = work(500, 5)
    history.write(facts)
    history.thin_out(START + 6 * DAY_S, KEEP)
    period = Period(START + DAY_S, START + 4 * DAY_S)
    told = history.quantiles(metric, period, SHARES, {"model": model} if model else None)
    expected = true(facts, metric, period, model)
    assert told.values_s == pytest.approx(np.quantile(expected, SHARES), abs=1e-6)
    assert (told.metric, told.q, told.count, told.error) == (metric, SHARES, len(expected), 0.0)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("model", [None, "tiny"])
def test_quantiles_stay_within_one_percent_when_facts_are_let_go(
    history: History, metric: str, model: str | None
) -> None:
    facts = work(3000, 20)
    history.write(facts)
    labels = {"model": model} if model else None
    for days in (12, 15, 21, 40):  # of facts and sketches, then of sketches only
        history.thin_out(START + days * DAY_S, KEEP)
        for period in (ALL, Period(START, START + DAY_S), Period(START + 3 * DAY_S, START + 15 * DAY_S)):
            told = history.quantiles(metric, period, SHARES, labels)
            expected = true(facts, metric, period, model)
            assert told.count == len(expected)
            assert told.values_s == pytest.approx(np.quantile(expected, SHARES), rel=ACCURACY * 1.001, abs=1e-6)
    assert history.quantiles(metric, ALL, [0.5]).error == ACCURACY
    assert len(history.frame("jobs", None, ["at"])) == 0


def test_sketches_go_when_the_hours_of_samples_go(history: History) -> None:
    history.write(work(100, 1))
    history.thin_out(START + 20 * DAY_S, KEEP)
    assert history.quantiles("run", ALL, [0.5]).count > 0
    assert history.thin_out(START + 1002 * DAY_S, KEEP).sketches > 0
    assert history.quantiles("run", ALL, [0.5, 1.0]).values_s == (None, None)


def test_a_fact_that_comes_late_is_counted_too(history: History) -> None:
    for _ in range(2):
        history.write(work(100, 1))
        history.thin_out(START + 20 * DAY_S, KEEP)
    assert history.quantiles("run", ALL, [0.5]).count == 2 * len(true(work(100, 1), "run", ALL))


def test_a_clock_that_was_set_back_makes_no_time_negative(history: History) -> None:
    history.write([StageFact(at=START, job_id="a", stage="decode", began_at=START + 5)])
    assert history.quantiles("stage.decode", ALL, [0.5]).values_s == (0.0,)
    history.thin_out(START + 20 * DAY_S, KEEP)
    assert history.quantiles("stage.decode", ALL, [0.5]).values_s == (0.0,)


def test_nothing_has_no_quantiles(history: History) -> None:
    told = history.quantiles("queue", ALL, [0.5])
    assert (told.values_s, told.count, told.error) == ((None,), 0, 0.0)


def test_what_is_not_measured_is_refused(history: History) -> None:
    with pytest.raises(UnknownName, match="queue"):
        history.quantiles("queues", ALL, [0.5])
    with pytest.raises(InvalidOption, match="model"):
        history.quantiles("queue", ALL, [0.5], {"language": "en"})
    with pytest.raises(InvalidOption, match="from 0 to 1"):
        history.quantiles("queue", ALL, [50])
