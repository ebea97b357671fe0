"""How much workers get in one another's way: the Universal Scalability Law, fitted to how long jobs took.

With n workers busy a job takes `1 + σ(n−1) + κn(n−1)` times as long as alone (N. Gunther, Guerrilla Capacity Planning,
2007): σ is what can only be done one at a time, κ what keeping step costs. What the cores carry is a second limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..frame import Column

MIN_JOBS = 30
"""Fewer jobs don't tell the effect of company from chance."""

MIN_SPREAD = 0.15
"""Standard deviation of how many workers were busy during a job, below which nothing can be told."""

_SIGNIFICANT = 2.0
"""A coefficient counts from so many standard errors on."""

_OUTLYING = 5.0
"""A job that took so many times as long as usual says nothing of company, or too much."""


@dataclass(frozen=True, slots=True)
class Contention:
    """What company does to a job.

    Attributes:
        sigma: Share of the work that can only be done one job at a time.
        kappa: Cost of keeping step, for each pair of workers.
        carries: How many jobs at full speed the cores carry; infinite where that is not known.
        known: Whether it was measured. Without, workers are taken to be independent, up to what the cores carry.
        seen: Most workers that were busy at once in what was measured; beyond, it is extrapolated.
        error: Standard error of the slowdown with all of these busy.
    """

    sigma: float = 0.0
    kappa: float = 0.0
    carries: float = math.inf
    known: bool = False
    seen: int = 1
    error: float = 0.0

    def slowdown(self, busy: float) -> float:
        """How many times as long as alone a job takes while `busy` workers are busy, itself included."""
        if busy <= 1:
            return 1.0
        return max(1.0 + self.sigma * (busy - 1) + self.kappa * busy * (busy - 1), busy / self.carries)

    def speed(self, busy: float) -> float:
        """Jobs' worth of work that `busy` workers do together in the time of one job alone."""
        return busy / self.slowdown(busy)


INDEPENDENT = Contention()
"""Workers that do not feel one another."""


def company(began: Column, ended: Column) -> tuple[Column, Column]:
    """How many jobs ran while each job ran, itself included: the mean of n, and of n(n−1), over its time.

    Args:
        began: When each began.
        ended: When each ended; not before it began.
    """
    times = np.unique(np.concatenate([began, ended]))
    if len(times) < 2:
        return np.ones(len(began)), np.zeros(len(began))
    change = np.zeros(len(times))
    np.add.at(change, np.searchsorted(times, began), 1.0)
    np.add.at(change, np.searchsorted(times, ended), -1.0)
    busy, widths = np.cumsum(change)[:-1], np.diff(times)
    first, last = np.searchsorted(times, began), np.searchsorted(times, ended)

    def mean(values: Column) -> Column:
        total = np.concatenate([[0.0], np.cumsum(values * widths)])
        whole = np.maximum(ended - began, 1e-9)
        return np.asarray((total[last] - total[first]) / whole)

    return np.maximum(mean(busy), 1.0), mean(busy * (busy - 1))


@dataclass(frozen=True, slots=True)
class _Line:
    """A fit by least squares: how long alone, the other coefficients, their standard errors, and how well it does."""

    alone: float
    coefficients: Column
    errors: Column
    score: float

    @property
    def sensible(self) -> bool:
        """Whether each coefficient is more than chance, and company never helps."""
        return self.alone > 0 and bool(np.all(self.coefficients > _SIGNIFICANT * self.errors))


def fit(ratio: Column, busy: Column, pairs: Column, *, carries: float = math.inf) -> Contention:
    """Fit the law by least squares; coefficients that chance explains as well are 0.

    Args:
        ratio: How long each job took, over what was to be expected of one like it.
        busy: How many ran at once, as `company` gives it.
        pairs: The mean of n(n−1), likewise.
        carries: What the cores carry.
    """
    ordinary = ratio < _OUTLYING * np.median(ratio) if len(ratio) else np.zeros(0, bool)
    ratio, busy, pairs = ratio[ordinary], busy[ordinary], pairs[ordinary]
    seen = 1 + math.ceil(float(np.max(pairs / np.maximum(busy, 1.0), initial=0.0)) - 0.01)
    if len(ratio) < MIN_JOBS or float(np.std(busy)) < MIN_SPREAD:
        return Contention(carries=carries, seen=seen)
    serial = _line(ratio, busy - 1)
    fits = {"none": _line(ratio), "serial": serial}
    if seen > 2:  # with two workers at most the two coefficients can't be told apart
        fits |= {"pairs": _line(ratio, pairs), "both": _line(ratio, busy - 1, pairs)}
    name, best = min(((name, line) for name, line in fits.items() if line.sensible), key=lambda pair: pair[1].score)
    shares = best.coefficients / best.alone
    sigma = float(shares[0]) if name in {"serial", "both"} else 0.0
    kappa = float(shares[-1]) if name in {"pairs", "both"} else 0.0
    error = float(serial.errors[0]) / serial.alone * (seen - 1)
    return Contention(sigma, kappa, carries, known=True, seen=seen, error=error)


def _line(ratio: Column, *features: Column) -> _Line:
    """Scored by Schwarz's criterion: each coefficient has to earn its place."""
    matrix = np.column_stack([np.ones(len(ratio)), *features])
    inverse = np.linalg.pinv(matrix.T @ matrix)
    found = inverse @ (matrix.T @ ratio)
    rest = ratio - matrix @ found
    variance = float(rest @ rest) / max(1, len(ratio) - len(found))
    errors = np.sqrt(np.maximum(np.diag(inverse), 0.0) * variance)
    score = len(ratio) * math.log(max(variance, 1e-12)) + len(found) * math.log(len(ratio))
    return _Line(float(found[0]), found[1:], errors[1:], score)
