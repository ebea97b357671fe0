"""How long jobs wait: a G/G/c queue by approximations from the literature, checked against simulation in the tests.

The workers are a birth-and-death chain in which n busy ones finish `speed(n)/S` jobs a second: with workers that do
not feel one another that is Erlang's formula (M/M/c). Its mean wait times `(ca²+cs²)/2` is the mean wait for other
arrivals and services (Allen & Cunneen; A. Allen, Probability, Statistics, and Queueing Theory, 1990, after Kingman
1962 for one server). The wait of those who wait has the squared coefficient of variation of W. Whitt, The Queueing
Network Analyzer, Bell System Technical Journal 62 (1983), eq. 53, and its quantiles are those of a distribution with
these two moments. Jobs go first come, first served: priorities change who waits, and hardly how long all wait together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..frame import Column
from .contention import INDEPENDENT, Contention

P95 = 0.95

_STEPS = 60
"""Halvings of an interval; beyond what a float can tell."""


@dataclass(frozen=True, slots=True)
class Service:
    """How long jobs take when no other runs.

    Attributes:
        mean_s: Mean.
        scv: Squared coefficient of variation: variance over mean squared.
        third: Third moment over the mean cubed; that of a log-normal distribution when not given.
    """

    mean_s: float
    scv: float = 1.0
    third: float | None = None

    @property
    def third_moment(self) -> float:
        """Third moment over the mean cubed."""
        return (1.0 + self.scv) ** 3 if self.third is None else self.third

    @classmethod
    def of(cls, durations_s: Column) -> Service:
        """What durations tell."""
        mean_s = float(np.mean(durations_s))
        relative = durations_s / mean_s
        return cls(mean_s, float(np.var(relative)), float(np.mean(relative**3)))


@dataclass(frozen=True, slots=True)
class Wait:
    """How long jobs wait for a worker.

    Attributes:
        probability: Share of jobs that wait at all.
        mean_s: Mean over all jobs, those that do not wait included.
        p95_s: 95 % wait less.
    """

    probability: float
    mean_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class Station:
    """Workers, the jobs they get, and what they do to one another.

    Attributes:
        service: How long a job takes alone.
        workers: How many there are (≥ 1).
        arrival_scv: How irregular arrivals are: variance of their number over its mean, 1 where all are independent.
        contention: How workers slow each other down.
    """

    service: Service
    workers: int
    arrival_scv: float = 1.0
    contention: Contention = INDEPENDENT

    @property
    def saturation_per_s(self) -> float:
        """Most jobs a second that get done."""
        return self.contention.speed(self.workers) / self.service.mean_s

    def utilisation(self, rate_per_s: float) -> float:
        """Share of what can be done at most; the queue grows for ever from 1 on."""
        return rate_per_s / self.saturation_per_s

    def delay(self, rate_per_s: float) -> _Delay | None:
        """How the wait is distributed at a steady load; None where there is no steady state."""
        rho = self.utilisation(rate_per_s)
        if rho >= 1.0:
            return None
        if rate_per_s <= 0.0:
            return _Delay(0.0, 0.0, 1.0)
        probability, mean_s = self._markov(rate_per_s, rho)
        mean_s *= (self.arrival_scv + self.service.scv) / 2
        scv = 2 * rho - 1 + 4 * (1 - rho) * self.service.third_moment / (3 * (self.service.scv + 1) ** 2)
        return _Delay(probability, mean_s / probability if probability > 0 else 0.0, max(scv, 0.1))

    def wait(self, rate_per_s: float) -> Wait | None:
        """How long jobs wait at a steady load; None where there is no steady state."""
        delay = self.delay(rate_per_s)
        return None if delay is None else mixed([delay], [1.0])

    def load_at(self, target_s: float, quantile: float = P95) -> float:
        """Jobs a second at which that share of them waits no more than `target_s`, and at more does."""

        def too_long(rate_per_s: float) -> bool:
            delay = self.delay(rate_per_s)
            return delay is None or delay.tail(target_s) > 1.0 - quantile

        return bisect(too_long, 0.0, self.saturation_per_s)

    def _markov(self, rate_per_s: float, rho: float) -> tuple[float, float]:
        """How many wait, and how long on the average, were both arrivals and services without memory."""
        speeds = np.array([self.contention.speed(busy) for busy in range(1, self.workers + 1)]) / self.service.mean_s
        logs = np.concatenate([[0.0], np.cumsum(np.log(rate_per_s / speeds))])
        weights = np.exp(logs - logs.max())
        all_busy = weights[-1] / (1.0 - rho)
        probability = float(all_busy / (weights[:-1].sum() + all_busy))
        return probability, float(probability * rho / (1.0 - rho) / rate_per_s)


@dataclass(frozen=True, slots=True)
class _Delay:
    """A job waits with a probability, and then so long on the average, with this coefficient of variation squared."""

    probability: float
    mean_s: float
    scv: float

    def tail(self, t_s: float) -> float:
        """Share of jobs that wait longer than `t_s`."""
        return self.probability * self._tail(t_s / self.mean_s) if self.mean_s > 0 else 0.0

    def _tail(self, t: float) -> float:
        """Of those that wait, with a mean of 1: two exponentials, or a constant and one, with the two moments."""
        if self.scv > 1.0:
            first = (1.0 + math.sqrt((self.scv - 1.0) / (self.scv + 1.0))) / 2
            return first * math.exp(-2 * first * t) + (1 - first) * math.exp(-2 * (1 - first) * t)
        spread = math.sqrt(self.scv)
        return math.exp(-max(0.0, t - (1.0 - spread)) / spread)


def mixed(delays: Sequence[_Delay], weights: Sequence[float]) -> Wait:
    """The wait of jobs some of which meet one load and some another, with the weight of each."""
    shares = [weight / sum(weights) for weight in weights]
    pairs = list(zip(delays, shares, strict=True))
    probability = sum(delay.probability * share for delay, share in pairs)
    mean_s = sum(delay.probability * delay.mean_s * share for delay, share in pairs)
    longest = max((delay.mean_s for delay in delays), default=0.0)

    def short(t_s: float) -> bool:
        return sum(delay.tail(t_s) * share for delay, share in pairs) <= 1.0 - P95

    return Wait(float(probability), float(mean_s), 0.0 if short(0.0) else bisect(short, 0.0, 200.0 * longest))


def bisect(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Where `beyond` becomes true, between a place where it is false and one where it is true."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return (low + high) / 2
