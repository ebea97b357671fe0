"""Jobs that came, once more."""

from __future__ import annotations

import numpy as np
import pytest
from audapolis.analytics.capacity.contention import Contention
from audapolis.analytics.capacity.replay import replay
from hypothesis import given
from hypothesis import strategies as st

from .simulated import waits

JOBS = st.lists(st.tuples(st.floats(0, 1000), st.floats(0.01, 100)), min_size=1, max_size=40)


@given(JOBS, st.integers(1, 5))
def test_first_come_first_served_is_what_kiefer_and_wolfowitz_say(
    jobs: list[tuple[float, float]], workers: int
) -> None:
    jobs = sorted(jobs)
    arrived, work_s = np.array([at for at, _ in jobs]), np.array([work for _, work in jobs])
    found = replay(arrived, work_s, workers)
    assert found.wait_s == pytest.approx(waits(arrived, work_s, workers), abs=1e-6)
    assert found.run_s == pytest.approx(work_s, abs=1e-6)


@given(JOBS, st.integers(1, 5), st.floats(0, 1))
def test_hindered_workers_take_longer_but_lose_no_job(
    jobs: list[tuple[float, float]], workers: int, sigma: float
) -> None:
    arrived, work_s = np.array([at for at, _ in jobs]), np.array([work for _, work in jobs])
    found = replay(arrived, work_s, workers, Contention(sigma=sigma))
    assert (found.run_s >= work_s - 1e-6).all()
    assert (found.run_s <= work_s * (1 + sigma * (workers - 1)) + 1e-6).all()
    assert (found.wait_s >= -1e-9).all()


def test_two_jobs_that_share_one_core_take_twice_as_long() -> None:
    found = replay(np.array([0.0, 0.0]), np.array([10.0, 10.0]), 2, Contention(carries=1.0))
    assert found.run_s.tolist() == [20.0, 20.0]


def test_order_decides_who_waits() -> None:
    arrived, work_s = np.array([0.0, 1.0, 2.0]), np.array([10.0, 10.0, 10.0])
    assert replay(arrived, work_s, 1).wait_s.tolist() == [0.0, 9.0, 18.0]
    assert replay(arrived, work_s, 1, order=np.array([0.0, 9.0, 1.0])).wait_s.tolist() == [0.0, 19.0, 8.0]


def test_no_jobs_are_no_waits() -> None:
    assert not len(replay(np.zeros(0), np.zeros(0), 2).wait_s)
