"""How workers hinder each other, found again in what they left."""

from __future__ import annotations

import numpy as np
import pytest
from audapolis.analytics.capacity.contention import Company, Contention, fit
from audapolis.analytics.capacity.replay import replay


def seen(true: Contention, workers: int, seed: int = 1, jobs: int = 600, load: float = 0.6) -> Contention:
    """What is found where this is true: jobs at a load, with luck of 15 %."""
    dice = np.random.default_rng(seed)
    expected = dice.lognormal(4, 0.6, jobs)
    rate = load * true.speed(workers) / expected.mean()
    arrived = np.cumsum(dice.exponential(1 / rate, jobs))
    ran = replay(arrived, expected * dice.lognormal(0, 0.15, jobs), workers, true)
    began = arrived + ran.wait_s
    return fit(ran.run_s / expected, Company(began, began + ran.run_s))


@pytest.mark.parametrize("sigma", [0.1, 0.3, 0.6])
def test_work_that_goes_one_at_a_time_is_found(sigma: float) -> None:
    found = seen(Contention(sigma=sigma), 4)
    assert found.known
    assert found.slowdown(4) == pytest.approx(1 + 3 * sigma, rel=0.12)


def test_the_cost_of_keeping_step_is_found() -> None:
    assert seen(Contention(kappa=0.05), 6, load=0.8).slowdown(6) == pytest.approx(2.5, rel=0.12)


def test_a_resource_that_carries_two_jobs_is_found() -> None:
    found = seen(Contention(shares=2.0), 6, load=0.8)
    assert found.slowdown(2) == pytest.approx(1.0, abs=0.12)
    assert found.slowdown(6) == pytest.approx(3.0, rel=0.12)


def test_two_workers_are_enough() -> None:
    assert seen(Contention(sigma=0.4), 2).slowdown(2) == pytest.approx(1.4, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_chance_is_not_taken_for_hindrance(seed: int) -> None:
    assert seen(Contention(), 4, seed).slowdown(4) == pytest.approx(1.0, abs=0.1)


def test_nothing_can_be_told_where_all_ran_alone() -> None:
    began = np.arange(100) * 100.0
    found = fit(np.ones(100), Company(began, began + 50))
    assert (found.known, found.seen) == (False, 1)
    assert found.slowdown(4) == 1.0


def test_nothing_can_be_told_of_few_jobs() -> None:
    assert not seen(Contention(sigma=0.5), 2, jobs=20).known


def test_what_the_cores_carry_bounds_the_speed() -> None:
    found = Contention(carries=2.5)
    assert [found.speed(n) for n in (1, 2, 3, 10)] == pytest.approx([1.0, 2.0, 2.5, 2.5])


def test_company_is_averaged_over_time() -> None:
    beside = Company(np.array([0.0, 10.0]), np.array([20.0, 20.0]))
    assert beside.mean(float).tolist() == [1.5, 2.0]
    assert beside.mean(lambda n: n * (n - 1)).tolist() == [1.0, 2.0]
    assert beside.most == 2
