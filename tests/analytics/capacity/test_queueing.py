"""Waiting by formula, against closed forms and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from audapolis.analytics.capacity.contention import Contention
from audapolis.analytics.capacity.queueing import Service, Station
from hypothesis import given
from hypothesis import strategies as st

from .simulated import steady_waits

LOADS = st.floats(0.05, 0.95)


@given(LOADS, st.floats(0.1, 1000.0))
def test_one_worker_without_memory_waits_as_the_textbook_says(rho: float, mean_s: float) -> None:
    wait = Station(Service(mean_s, 1.0, 6.0), 1).wait(rho / mean_s)
    assert wait is not None
    assert wait.probability == pytest.approx(rho)
    assert wait.mean_s == pytest.approx(mean_s * rho / (1 - rho))
    exact = max(0.0, mean_s / (1 - rho) * math.log(20 * rho))
    assert wait.p95_s == pytest.approx(exact, rel=0.02, abs=0.02 * mean_s)


@given(LOADS, st.floats(0.0, 5.0))
def test_one_worker_waits_as_pollaczek_and_khinchine_say(rho: float, scv: float) -> None:
    wait = Station(Service(1.0, scv), 1).wait(rho)
    assert wait is not None
    assert wait.mean_s == pytest.approx(rho * (1 + scv) / 2 / (1 - rho))


@given(LOADS, st.integers(1, 64))
def test_several_workers_wait_as_erlang_says(rho: float, workers: int) -> None:
    offered = rho * workers
    terms = [offered**n / math.factorial(n) for n in range(workers)]
    last = offered**workers / math.factorial(workers) / (1 - rho)
    probability = last / (sum(terms) + last)
    wait = Station(Service(1.0), workers).wait(offered)
    assert wait is not None
    assert wait.probability == pytest.approx(probability, rel=1e-6)
    assert wait.mean_s == pytest.approx(probability / workers / (1 - rho), rel=1e-6)


@given(LOADS, st.floats(0.0, 4.0), st.integers(1, 16), st.floats(1.05, 1.5))
def test_more_load_never_waits_less(rho: float, scv: float, workers: int, more: float) -> None:
    station = Station(Service(10.0, scv), workers)
    less, rest = station.wait(rho * workers / 10), station.wait(min(0.99, rho * more) * workers / 10)
    assert less is not None
    assert rest is not None
    assert rest.p95_s >= less.p95_s - 1e-6
    assert rest.mean_s >= less.mean_s - 1e-9


@given(st.floats(1.0, 500.0), st.floats(0.0, 4.0), st.integers(1, 16))
def test_the_load_for_a_target_is_the_one_at_which_the_wait_is_the_target(
    target_s: float, scv: float, workers: int
) -> None:
    station = Station(Service(30.0, scv), workers)
    limit = station.load_at(target_s)
    assert 0 < limit < station.saturation_per_s
    at, below = station.wait(limit * 1.0001), station.wait(limit * 0.98)
    assert at is None or at.p95_s >= target_s * 0.98
    assert below is not None
    assert below.p95_s <= target_s * 1.001


def test_there_is_no_steady_state_at_saturation() -> None:
    station = Station(Service(60.0), 2)
    assert station.saturation_per_s == pytest.approx(2 / 60)
    assert station.wait(station.saturation_per_s) is None
    assert station.wait(0.0) is not None


def test_workers_that_hinder_each_other_saturate_sooner_and_wait_longer() -> None:
    free, hindered = (Station(Service(60.0), 4, contention=c) for c in (Contention(), Contention(sigma=0.2)))
    assert hindered.saturation_per_s == pytest.approx(free.saturation_per_s / 1.6)
    slow, quick = hindered.wait(0.03), free.wait(0.03)
    assert slow is not None
    assert quick is not None
    assert slow.mean_s > quick.mean_s


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 4, 8])
@pytest.mark.parametrize("scv", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("utilisation", [0.3, 0.6, 0.8, 0.9, 0.95])
def test_the_load_at_which_waiting_gets_too_long_is_within_a_fifth_of_the_simulated(
    workers: int, scv: float, utilisation: float
) -> None:
    """The target is what is simulated at this utilisation, so the load to be found is this one."""
    rate = utilisation * workers / 100
    target_s = float(np.quantile(steady_waits(rate, 100.0, scv, workers), 0.95))
    station = Station(Service(100.0, scv), workers)
    if target_s > 0:
        assert station.load_at(target_s) == pytest.approx(rate, rel=0.2)
    else:  # fewer than one in twenty wait at all: the load that makes it one in twenty is greater
        assert station.load_at(0.0) >= rate * 0.95
