"""A queue simulated customer by customer, by another method than the product's: what its formulas are held against."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt
from audapolis.analytics.facts import JobFact

from ..fact_builders import MONDAY, done

Times = npt.NDArray[np.float64]


def durations(dice: np.random.Generator, count: int, mean_s: float, scv: float) -> Times:
    """Log-normal ones with this mean and squared coefficient of variation."""
    if scv == 0:
        return np.full(count, mean_s)
    sigma = np.sqrt(np.log(1 + scv))
    return mean_s * dice.lognormal(-(sigma**2) / 2, sigma, count)


def waits(arrived: Times, took_s: Times, workers: int) -> Times:
    """How long each waits, first come first served (J. Kiefer & J. Wolfowitz, 1955)."""
    free = [0.0] * workers
    waited = np.empty(len(arrived))
    for number, (at, work_s) in enumerate(zip(arrived.tolist(), took_s.tolist(), strict=True)):
        begins = max(free[0], at)
        heapq.heapreplace(free, begins + work_s)
        waited[number] = begins - at
    return waited


def steady_waits(
    rate_per_s: float, mean_s: float, scv: float, workers: int, *, seed: int = 1, count: int = 60_000
) -> Times:
    """Waits at a steady load, the beginning left out."""
    dice = np.random.default_rng(seed)
    arrived = np.cumsum(dice.exponential(1 / rate_per_s, count))
    return waits(arrived, durations(dice, count, mean_s, scv), workers)[count // 10 :]


def jobs_of(
    seed: int, *, count: int, utilisation: float, workers: int, mean_s: float = 100.0, scv: float = 1.0, **facts: object
) -> list[JobFact]:
    """Jobs as a site at this load would remember them."""
    dice = np.random.default_rng(seed)
    arrived = np.cumsum(dice.exponential(mean_s / workers / utilisation, count))
    took_s = durations(dice, count, mean_s, scv)
    waited = waits(arrived, took_s, workers)
    found = [
        done(
            float(MONDAY + at + wait + run),
            job_id=f"job-{number}",
            queued_at=float(MONDAY + at),
            queue_s=float(wait),
            run_s=float(run),
            audio_s=float(run * 6),
            cpu_s=None,
            **facts,
        )
        for number, (at, wait, run) in enumerate(zip(arrived, waited, took_s, strict=True))
    ]
    return sorted(found, key=lambda job: job.at)
