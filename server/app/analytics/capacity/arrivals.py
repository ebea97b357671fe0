"""How many jobs come: by the hour, at the peak, and how irregularly within an hour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..frame import Column
from ..span import DAY_S, HOUR_S, Period

_PARTS = 6
"""Into which an hour is cut to see how irregular arrivals are within it."""

_SIGNIFICANT = 2.0
"""Arrivals are taken to be independent unless they differ from that by so many standard errors."""

_PROFILE_DAYS = 3.0
"""From so many days on hours of the day are averaged over days."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What comes.

    Attributes:
        jobs: How many came.
        per_h: Jobs an hour, over the whole time.
        peak_per_h: In the busiest hour: of the usual day where there are three or more, else of all hours.
        scv: Variance of how many come in ten minutes over its mean, changes from hour to hour taken out: 1 where
            they come independently of one another, more where they come in bursts.
        rates_per_s: For each hour, smoothed over its neighbours, so that chance is not taken for a peak.
        counts: How many came in each of these.
    """

    jobs: int
    per_h: float
    peak_per_h: float
    scv: float
    rates_per_s: Column
    counts: Column

    @property
    def peak_factor(self) -> float:
        """How much more comes at the peak than on the average."""
        return self.peak_per_h / self.per_h


def arrivals(at: Column, window: Period) -> Arrivals:
    """Count what came.

    Args:
        at: When jobs were submitted, some.
        window: The time that was watched.
    """
    hours = max(1, round(window.duration_s / HOUR_S))
    width_s = window.duration_s / hours
    counts = np.histogram(at, bins=hours, range=(window.since, window.until))[0].astype(float)
    smooth = _smooth(counts)
    return Arrivals(
        jobs=len(at),
        per_h=len(at) / window.duration_s * HOUR_S,
        peak_per_h=float(_usual_day(smooth, width_s, window.since).max()) / width_s * HOUR_S,
        scv=_irregularity(at, window, hours),
        rates_per_s=smooth / width_s,
        counts=counts,
    )


def _smooth(counts: Column) -> Column:
    """Weights 1 2 1; what is beyond an end is taken to be like the end."""
    if len(counts) < 3:
        return np.full(len(counts), counts.mean())
    padded = np.concatenate([counts[:1], counts, counts[-1:]])
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4)


def _usual_day(counts: Column, width_s: float, since: float) -> Column:
    if len(counts) * width_s < _PROFILE_DAYS * DAY_S:
        return counts
    hour = ((since + (np.arange(len(counts)) + 0.5) * width_s) % DAY_S // HOUR_S).astype(int)
    often = np.bincount(hour, minlength=24)
    return np.asarray(np.bincount(hour, counts, minlength=24)[often > 0] / often[often > 0])


def _irregularity(at: Column, window: Period, hours: int) -> float:
    """Index of dispersion of counts within hours (D. Cox & P. Lewis, The Statistical Analysis of Series, 1966)."""
    parts = np.histogram(at, bins=hours * _PARTS, range=(window.since, window.until))[0].reshape(hours, _PARTS)
    parts = parts[parts.sum(axis=1) > 0]
    if not len(parts):
        return 1.0
    found = float(parts.var(axis=1, ddof=1).sum() / parts.mean(axis=1).sum())
    error = math.sqrt(2.0 / ((_PARTS - 1) * len(parts)))
    return found if abs(found - 1.0) > _SIGNIFICANT * error else 1.0
