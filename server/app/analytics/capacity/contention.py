"""How much workers get in one another's way: the Universal Scalability Law, fitted to how long jobs took.

With n workers busy a job takes `1 + σ(n−1) + κn(n−1)` times as long as alone (N. Gunther, Guerrilla Capacity Planning,
2007): σ is what can only be done one at a time, κ what keeping step costs. Besides, the cores carry only so many jobs
at full speed, and so may something else that they share, such as a disk: beyond, each job gets its part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

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


_MOMENT_S = 1.0
"""What ran beside each other for less than this did so by the clocks' inaccuracy."""


@dataclass(frozen=True, slots=True)
class Contention:
    """What company does to a job.

    Attributes:
        sigma: Share of the work that can only be done one job at a time.
        kappa: Cost of keeping step, for each pair of workers.
        carries: How many jobs at full speed the cores carry; infinite where that is not known.
        shares: Likewise of whatever else they share, as fitted; infinite where nothing shows.
        known: Whether it was measured. Without, workers are taken to be independent, up to what the cores carry.
        seen: Most workers that were busy at once in what was measured; beyond, it is extrapolated.
        error: Standard error of the slowdown with all of these busy, over that slowdown.
    """

    sigma: float = 0.0
    kappa: float = 0.0
    carries: float = math.inf
    shares: float = math.inf
    known: bool = False
    seen: int = 1
    error: float = 0.0

    def slowdown(self, busy: float) -> float:
        """How many times as long as alone a job takes while `busy` workers are busy, itself included."""
        if busy <= 1:
            return 1.0
        part = max(1.0, busy / min(self.carries, self.shares))
        return part * (1.0 + self.sigma * (busy - 1) + self.kappa * busy * (busy - 1))

    def speed(self, busy: float) -> float:
        """Jobs' worth of work that `busy` workers do together in the time of one job alone."""
        return busy / self.slowdown(busy)


INDEPENDENT = Contention()
"""Workers that do not feel one another."""


class Company:
    """How many jobs ran beside each other.

    Args:
        began: When each began.
        ended: When each ended; not before it began.
    """

    def __init__(self, began: Column, ended: Column) -> None:
        times = np.unique(np.concatenate([began, ended]))
        change = np.zeros(len(times))
        np.add.at(change, np.searchsorted(times, began), 1.0)
        np.add.at(change, np.searchsorted(times, ended), -1.0)
        self._busy, self._widths = np.cumsum(change)[:-1].round(), np.diff(times)
        self._first, self._last = np.searchsorted(times, began), np.searchsorted(times, ended)
        self._whole = np.maximum(ended - began, 1e-9)
        self.most = int(self._busy[self._widths > _MOMENT_S].max(initial=1.0))

    def mean(self, of: Callable[[float], float]) -> Column:
        """For each job the mean, over its time, of a function of how many ran, itself included."""
        values = np.array([of(busy) for busy in range(int(self._busy.max(initial=1.0)) + 1)])
        total = np.concatenate([[0.0], np.cumsum(values[self._busy.astype(int)] * self._widths)])
        return np.asarray((total[self._last] - total[self._first]) / self._whole)


@dataclass(frozen=True, slots=True)
class _Line:
    """A fit by least squares: what it stands for, standard errors of its coefficients, and how well it does."""

    contention: Contention
    alone: float
    coefficients: Column
    errors: Column
    score: float

    @property
    def sensible(self) -> bool:
        """Whether each coefficient is more than chance, and company never helps."""
        return self.alone > 0 and bool(np.all(self.coefficients > _SIGNIFICANT * self.errors))


def fit(ratio: Column, company: Company, *, carries: float = math.inf) -> Contention:
    """Fit the law by least squares; coefficients that chance explains as well are 0.

    Args:
        ratio: How long each job took, over what was to be expected of one like it.
        company: What ran beside it.
        carries: What the cores carry.
    """
    known = Contention(carries=carries, seen=company.most)
    busy = company.mean(float)
    ordinary = ratio < _OUTLYING * np.median(ratio) if len(ratio) else np.zeros(0, bool)
    if ordinary.sum() < MIN_JOBS or float(np.std(busy[ordinary])) < MIN_SPREAD:
        return known
    part = company.mean(known.slowdown)
    rest = (ratio / part)[ordinary]
    pairs = company.mean(lambda n: n * (n - 1))[ordinary]
    serial = _line(known, rest, {"sigma": busy[ordinary] - 1})
    fits = [_line(known, rest, {}), serial]
    if company.most > 2:  # with two workers at most these can't be told from the first
        fits.append(_line(known, rest, {"kappa": pairs}))
        fits.append(_line(known, rest, {"sigma": busy[ordinary] - 1, "kappa": pairs}))
    for shares in np.arange(1.0, min(company.most, carries) - 0.2, 0.1):
        limited = replace(known, shares=float(shares))
        fits.append(_line(limited, ratio[ordinary] / company.mean(limited.slowdown)[ordinary], {}, chosen=1))
    best = min((line for line in fits if line.sensible), key=lambda line: line.score)
    error = float(serial.errors[0]) / serial.alone * (company.most - 1)
    return replace(best.contention, known=True, error=error / best.contention.slowdown(company.most))


def _line(given: Contention, ratio: Column, features: dict[str, Column], chosen: int = 0) -> _Line:
    """Scored by Schwarz's criterion: each coefficient has to earn its place, and what was `chosen` besides.

    The spread of what is left is taken relative to the level, so that fits of differently scaled ratios compare.
    """
    matrix = np.column_stack([np.ones(len(ratio)), *features.values()])
    inverse = np.linalg.pinv(matrix.T @ matrix)
    found = inverse @ (matrix.T @ ratio)
    line = matrix @ found
    left = ratio - line
    variance = float(left @ left) / max(1, len(ratio) - len(found))
    relative = float(np.mean((left / np.maximum(line, 1e-9)) ** 2))
    errors = np.sqrt(np.maximum(np.diag(inverse), 0.0) * variance)
    score = len(ratio) * math.log(max(relative, 1e-12)) + (len(found) + chosen) * math.log(len(ratio))
    alone = max(float(found[0]), 1e-9)
    shares = {name: float(value) / alone for name, value in zip(features, found[1:], strict=True)}
    fitted = replace(given, sigma=shares.get("sigma", 0.0), kappa=shares.get("kappa", 0.0))
    return _Line(fitted, float(found[0]), found[1:], errors[1:], score)
