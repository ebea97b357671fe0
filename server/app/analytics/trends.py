"""What has changed for good: figures that came to another level, or that drift, told from chance.

* Levels: A. Pettitt, A non-parametric approach to the change-point problem, Applied Statistics 28 (1979). What chance
  does is found by shuffling, because the usual formula is off for few values; the step is where two levels of
  ranks fit best, levels are medians. Once a change is believed, the stretches before and after it are searched in turn.
* Drifts, such as memory that leaks: H. Mann, Econometrica 13 (1945), and M. Kendall's test for a trend, with the slope
  of H. Theil (1950) and P. Sen (1968).
* What is like what was just before it looks like a change more often than chance allows: such values count as fewer
  (S. Yue and C. Wang, The Mann-Kendall test modified by effective sample size, Water Resources Management 18, 2004).
* What comes with the day of the week, or the hour of the day, is taken away first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from .frame import Column, Frame
from .history.store import History
from .quantiles import corrected
from .series import SERIES
from .span import DAY_S, HOUR_S, Period

CERTAINTY = 0.01
"""Changes are told that chance would make this rarely, over all figures that were looked at."""

RELEVANT = 0.1
"""And that are at least this part of the level before."""

FEWEST = 8
"""Of fewer values than this nothing is said."""

_SHUFFLES = 9999
_MOST_VALUES = 400
"""More values are taken together, so that all pairs can be compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure changed for good.

    Attributes:
        kind: `level` for a step, `drift` for a slope.
        at: When the new level began, or the drift was first seen; Unix time.
        before, after: Medians before and since; of a drift, where its line begins and ends. In the figure's unit.
        per_day: Slope of a drift; None of a step.
        p_value: How often chance would do so.
    """

    kind: Literal["level", "drift"]
    at: float
    before: float
    after: float
    per_day: float | None
    p_value: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure of `TREND_FIGURES` or a curve of `SERIES` that changed; `labels` tells which of its curves."""

    figure: str
    unit: str
    labels: dict[str, str]
    change: Change


@dataclass(frozen=True, slots=True)
class TrendFigure:
    """A figure of all jobs that ended within a day or an hour. A `volume` is only looked at by the day."""

    name: str
    unit: str
    tells: str
    volume: bool = False


_FIGURES = (
    TrendFigure("jobs", "count", "Jobs that ended", volume=True),
    TrendFigure("audio_h", "h", "Sound in them", volume=True),
    TrendFigure("failure_rate", "fraction", "Failed, of those that were not cancelled"),
    TrendFigure("real_time_factor", "s/s", "Median seconds of work for a second of sound"),
    TrendFigure("queue_s", "s", "Median wait for a worker"),
    TrendFigure("confidence", "fraction", "Median confidence of transcripts"),
    TrendFigure("peak_rss_bytes", "bytes", "Median of the most memory a job held"),
)
TREND_FIGURES = {figure.name: figure for figure in _FIGURES}
"""Figures of jobs that are followed."""

WATCHED = ("process.rss_bytes", "process.threads", "process.open_files", "memory.used_bytes", "disk.free_bytes")
"""Sampled series that are followed too: what leaks, shows here."""


def trends(history: History, period: Period, figures: Sequence[str] | None = None) -> tuple[Trend, ...]:
    """What changed for good in a period, surest first. By the day from ten days on, by the hour below.

    Args:
        history: What is remembered.
        period: When.
        figures: Names of `TREND_FIGURES` and `WATCHED`; all when None.
    """
    step_s, rhythm = (DAY_S, 7) if period.duration_s >= 10 * DAY_S else (HOUR_S, 24)
    wanted = (*TREND_FIGURES, *WATCHED) if figures is None else figures
    found: list[Trend] = []
    looked_at = 0
    for name, unit, labels, at, values in _curves(history, period, step_s, wanted):
        looked_at += 1
        found += [Trend(name, unit, labels, change) for change in changes(at, values, rhythm)]
    worth = corrected([trend.change.p_value for trend in found] + [1.0] * max(0, looked_at - len(found)))
    sure = [trend for trend, p_value in zip(found, worth, strict=False) if p_value <= CERTAINTY]
    return tuple(sorted((trend for trend in sure if _matters(trend.change)), key=lambda trend: trend.change.p_value))


def changes(at: Column, values: Column, rhythm: int = 0) -> tuple[Change, ...]:
    """The changes of one figure that chance would hardly make, in order of time: a drift, or any number of steps.

    Args:
        at: Times, ascending.
        values: The figure then; NaN where it is not known.
        rhythm: After how many values the same part of a day or week comes again; 0 where there is no such thing.
    """
    values = _without_rhythm(values, rhythm)
    at, values = at[np.isfinite(values)], values[np.isfinite(values)]
    drifting, step = drift(at, values), level_shift(at, values)
    if drifting is None or drifting.p_value > CERTAINTY:
        return tuple(_steps(at, values))
    stepped = step is not None and step.p_value <= CERTAINTY and _is_a_step(at, values, drifting, step)
    return tuple(_steps(at, values)) if stepped else (drifting,)


def level_shift(at: Column, values: Column) -> Change | None:
    """The step that a figure most probably made, and how probable it is; None of too few values."""
    at, values = _coarser(at, values)
    count = len(values)
    if count < FEWEST:
        return None
    ranks = _ranks(values)
    path = np.abs(np.cumsum(ranks - ranks.mean())[:-1])
    sides = np.arange(1, count)
    cut = int((path / np.sqrt(sides * (count - sides)))[2:-2].argmax()) + 3
    before, after = float(np.median(values[:cut])), float(np.median(values[cut:]))
    rest = ranks - np.where(np.arange(count) < cut, ranks[:cut].mean(), ranks[cut:].mean())
    far = float(path.max()) / (max(float(ranks.std()), 1e-12) * _inflation(rest))
    chance = _chance(count)
    as_far = len(chance) - int(np.searchsorted(chance, far - 1e-9))
    return Change("level", float(at[cut]), before, after, None, (1 + as_far) / (1 + len(chance)))


def drift(at: Column, values: Column) -> Change | None:
    """The slope a figure has, and how probable it is; None of too few values."""
    at, values = _coarser(at, values)
    if len(values) < FEWEST or at[-1] <= at[0]:
        return None
    slope = _slope(at, values)
    rest = values - slope * (at - at[0])
    before = float(np.median(rest))
    after = before + slope * float(at[-1] - at[0])
    return Change("drift", float(at[0]), before, after, slope * DAY_S, _kendall_p(values, _inflation(rest)))


def _steps(at: Column, values: Column) -> Iterator[Change]:
    step = level_shift(at, values)
    if step is None or step.p_value > CERTAINTY:
        return
    cut = int(np.searchsorted(at, step.at))
    yield from _steps(at[:cut], values[:cut])
    yield step
    yield from _steps(at[cut:], values[cut:])


def _is_a_step(at: Column, values: Column, line: Change, step: Change) -> bool:
    """Whether a step describes a figure better than a line does."""
    sloped = line.before + (line.after - line.before) * (at - at[0]) / (at[-1] - at[0])
    stepped = np.where(at < step.at, step.before, step.after)
    return float(np.abs(values - stepped).sum()) < float(np.abs(values - sloped).sum())


def _matters(change: Change) -> bool:
    return abs(change.after - change.before) >= RELEVANT * max(abs(change.before), 1e-12)


def _ranks(values: Column) -> Column:
    """Ranks from 1; those of equal values are their mean."""
    _, code, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Column = (np.cumsum(counts) - (counts - 1) / 2)[code]
    return ranks


def _inflation(rest: Column) -> float:
    """How much farther than by chance alone sums stray because each value is like the one before it; 1 or more.

    Args:
        rest: What remains of the values without the change; that they were fitted makes them seem less alike than
            they are, which is made up for.
    """
    rest = rest - rest.mean()
    power, count = float((rest**2).sum()), len(rest)
    likeness = float((rest[1:] * rest[:-1]).sum()) / power if power > 0 else 0.0
    likeness = min(0.95, max(0.0, (likeness * count + 2) / (count - 4)))
    return math.sqrt((1 + likeness) / (1 - likeness))


@lru_cache(maxsize=512)
def _chance(count: int) -> Column:
    """How far sums of so many shuffled ranks stray, in standard deviations of a rank; ascending, always the same."""
    ranks = np.arange(count, dtype=np.float32)
    ranks = (ranks - ranks.mean()) / ranks.std()
    shuffled = np.random.default_rng(count).permuted(np.tile(ranks, (_SHUFFLES, 1)), axis=1)
    strayed: Column = np.sort(np.abs(np.cumsum(shuffled, axis=1)[:, :-1]).max(axis=1))
    return strayed


def _without_rhythm(values: Column, rhythm: int) -> Column:
    """Each value less the median of its part of the day or week, at their common level; where there is a rhythm."""
    if not rhythm or np.isfinite(values).sum() < 3 * rhythm:
        return values
    phase = np.arange(len(values)) % rhythm
    if not _differ(values, phase):
        return values
    usual = np.array([_median(values[phase == part]) for part in range(rhythm)])
    level: Column = values - usual[phase] + _median(values)
    return level


def _differ(values: Column, phase: Column) -> bool:
    """Whether parts of a day or week differ more than one time in a hundred by chance: Kruskal and Wallis's test."""
    ranks, phase = _ranks(values[np.isfinite(values)]), phase[np.isfinite(values)]
    counts, power = np.bincount(phase), float(((ranks - ranks.mean()) ** 2).sum())
    means = np.bincount(phase, ranks) / np.maximum(counts, 1)
    differ = (len(ranks) - 1) * float((counts * (means - ranks.mean()) ** 2).sum()) / max(power, 1e-12)
    freedom = len(counts) - 1
    part = 2 / (9 * freedom)  # E. Wilson and M. Hilferty's approximation of the chi-squared distribution, 1931
    return differ > freedom * (1 - part + 2.326 * math.sqrt(part)) ** 3


def _coarser(at: Column, values: Column) -> tuple[Column, Column]:
    """The same with at most `_MOST_VALUES` values, medians of neighbours."""
    if len(values) <= _MOST_VALUES:
        return at, values
    parts = np.array_split(np.arange(len(values)), _MOST_VALUES)
    return tuple(np.array([np.median(column[part]) for part in parts]) for column in (at, values))  # type: ignore[return-value]


def _slope(at: Column, values: Column) -> float:
    """Theil and Sen's: the median of the slopes of all pairs."""
    one, two = np.triu_indices(len(values), 1)
    apart = at[two] - at[one]
    return float(np.median((values[two] - values[one])[apart > 0] / apart[apart > 0]))


def _kendall_p(values: Column, inflation: float) -> float:
    """Two-sided p value of Mann and Kendall's test, with ties."""
    count = len(values)
    one, two = np.triu_indices(count, 1)
    score = float(np.sign(values[two] - values[one]).sum())
    ties = np.unique(values, return_counts=True)[1].astype(float)
    variance = (count * (count - 1) * (2 * count + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    if variance <= 0:
        return 1.0
    return math.erfc(max(0.0, abs(score) - 1) / math.sqrt(2 * variance) / inflation)


def _curves(
    history: History, period: Period, step_s: float, wanted: Sequence[str]
) -> Iterator[tuple[str, str, dict[str, str], Column, Column]]:
    """Name, unit, labels, times and values of each curve that is to be looked at."""
    for name in wanted:
        if name in SERIES:
            for curve in history.curves(name, period, step_s=step_s):
                yield name, SERIES[name].unit, dict(curve.labels), curve.at, curve.mean
    followed = [TREND_FIGURES[name] for name in wanted if name in TREND_FIGURES]
    fields = ["at", "outcome", "audio_s", "run_s", "queue_s", "confidence", "peak_rss_bytes"]
    jobs = history.frame("jobs", period, fields) if followed else Frame({})
    if not len(jobs):
        return
    step = ((jobs["at"] - period.since) // step_s).astype(int)
    first, steps = int(step.min()), int(period.duration_s // step_s)
    parts = [jobs.where(step == number) for number in range(first, steps)]
    at = period.since + step_s * np.arange(first, steps)
    for figure in followed:
        if step_s >= DAY_S or not figure.volume:
            values = np.array([_figure(figure.name, part) for part in parts], float)
            yield figure.name, figure.unit, {}, at, values


def _figure(name: str, jobs: Frame) -> float:
    done = jobs["outcome"] == "done"
    match name:
        case "jobs":
            return len(jobs)
        case "audio_h":
            return float(np.nansum(jobs["audio_s"])) / HOUR_S
        case "failure_rate":
            ended = int((jobs["outcome"] != "cancelled").sum())
            return int((jobs["outcome"] == "failed").sum()) / ended if ended else math.nan
        case "real_time_factor":
            return _median(jobs["run_s"][done] / np.where(jobs["audio_s"] > 0, jobs["audio_s"], np.nan)[done])
        case _:
            return _median(jobs[name])


def _median(column: Column) -> float:
    numbers = column[np.isfinite(column)]
    return float(np.median(numbers)) if numbers.size else math.nan
