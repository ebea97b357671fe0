"""Thinning out: each call does what is new, whoever calls, however often, and wherever it dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from audapolis.analytics.facts import LoadFact, Sample, StageFact
from audapolis.analytics.history.store import History, Retention, Thinned
from audapolis.analytics.span import DAY_S, HOUR_S, Period
from audapolis.errors import InvalidOption

START = 1_700_000_000 // (7 * DAY_S) * (7 * DAY_S)
KEEP = Retention(raw_days=1, minute_days=3, hour_days=30, fact_days=5)
NOTHING = Thinned(0, 0, 0, 0)


def fill(history: History, hours: int, curves: int = 3, since: float = START) -> int:
    looks = [
        Sample("process.cpu", since + n * 20.0, float(n % 97), (("role", str(curve)),))
        for n in range(hours * 180)
        for curve in range(curves)
    ]
    stages = [
        StageFact(at=since + n * 20.0, job_id=f"{n // 9}", stage="decode", began_at=since + n * 20.0 - 5)
        for n in range(hours * 180)
    ]
    history.write(stages, looks)
    return len(looks)


def total(history: History, step_s: float = 20.0) -> float:
    curves = history.curves("process.cpu", Period(0, 2 * START), step_s=step_s)
    return float(sum(curve.count.sum() for curve in curves))


def test_each_call_does_what_is_new(history: History) -> None:
    written = fill(history, hours=5)
    assert history.thin_out(START + 2.5 * HOUR_S, KEEP) == Thinned(written // 5 * 2, 0, 0, 0)
    assert history.thin_out(START + 2.5 * HOUR_S, KEEP) == NOTHING
    assert history.thin_out(START + 5 * HOUR_S, KEEP).packed == written // 5 * 3
    assert total(history) == written


def test_what_is_too_old_goes_by_whole_blocks(history: History) -> None:
    fill(history, hours=48, curves=1)
    history.thin_out(START + 2 * DAY_S, Retention(10, 10, 30, 5))
    assert history.thin_out(START + 2 * DAY_S, KEEP).blocks == 24  # the hours of raw samples of the first day
    assert history.thin_out(START + 4.9 * DAY_S, KEEP) == Thinned(0, 24 + 1, 0, 0)
    gone = history.thin_out(START + 6 * DAY_S, KEEP)
    assert (gone.blocks, gone.facts) == (1, 24 * 180)
    gone = history.thin_out(START + 37.1 * DAY_S, KEEP)
    assert (gone.blocks, gone.facts) == (1, 24 * 180)
    assert gone.sketches == 48
    assert total(history) == 0
    assert len(history.frame("stages", None, ["at"])) == 0


def test_facts_of_every_kind_are_let_go(history: History) -> None:
    history.write(
        [LoadFact(at=START, what="warm", model="small"), LoadFact(at=START + DAY_S, what="warm", model="tiny")]
    )
    assert history.thin_out(START + 5.5 * DAY_S, KEEP).facts == 1
    assert history.frame("loads", None, ["model"])["model"].tolist() == ["tiny"]


@pytest.mark.parametrize("days", [(2, 1, 3, 1), (1, 3, 2, 1), (0, 1, 1, 1), (1, 1, 1, 0)])
def test_finer_ones_are_not_kept_longer_than_coarser_ones(days: tuple[float, ...]) -> None:
    with pytest.raises(InvalidOption):
        Retention(*days)


def thin(path: Path, now: float) -> None:
    History(path).thin_out(now, KEEP)


def write(path: Path, hours: int, since: float) -> None:
    history = History(path)
    for hour in range(hours):
        fill(history, 1, since=since + hour * HOUR_S)


@pytest.mark.slow
def test_several_processes_thin_out_and_write_at_once(history: History, path: Path) -> None:
    written = fill(history, hours=20)
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=thin, args=(path, START + 40 * HOUR_S)) for _ in range(3)]
    others.append(context.Process(target=write, args=(path, 20, START + 20 * HOUR_S)))
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        history.thin_out(START + 40 * HOUR_S, Retention(10, 10, 10, 10))
        assert total(history, HOUR_S) >= written
    assert [other.exitcode for other in others] == [0] * 4
    history.thin_out(START + 40 * HOUR_S, KEEP)
    for step_s in (20.0, 60.0, HOUR_S):
        assert total(history, step_s) == 2 * written
    assert len(history.frame("stages", None, ["at"])) == 40 * 180
    assert history.thin_out(START + 40 * HOUR_S, KEEP) == NOTHING


def thin_forever(path: Path) -> None:
    history = History(path)
    for hour in range(10_000):
        history.thin_out(START + hour * HOUR_S / 4, KEEP)


@pytest.mark.slow
def test_a_process_that_is_killed_at_any_point_leaves_nothing_half_done(history: History, path: Path) -> None:
    written = fill(history, hours=100)
    stages = 100 * 180
    context = multiprocessing.get_context("spawn")
    end = START + 100 * HOUR_S
    for delay_s in (0.0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2):
        other = context.Process(target=thin_forever, args=(path,))
        other.start()
        before = history.size_bytes()
        deadline = time.monotonic() + 60
        while history.size_bytes() == before and time.monotonic() < deadline:  # until it is at it
            time.sleep(0.001)
        time.sleep(delay_s)
        assert other.pid is not None
        os.kill(other.pid, signal.SIGKILL)
        other.join()
        assert total(history, HOUR_S) == written
        kept = history.frame("stages", None, ["at"])
        sketched = history.quantiles("stage.decode", Period(START, end), [0.5]).count
        assert sketched == stages
        assert len(kept) <= stages
    history.thin_out(end, KEEP)
    assert total(history, HOUR_S) == total(history, 20.0) == written
    assert history.quantiles("stage.decode", Period(START, end), [0.5]).count == stages
