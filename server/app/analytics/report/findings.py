"""All there is to say about a period, gathered once for whoever writes it down."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

import numpy as np

from ... import __version__
from ..history.store import Curve, History
from ..processing import processing
from ..questions import Asked, many
from ..span import DAY_S, HOUR_S, MINUTE_S, Period
from ..waterfall import Waterfall, waterfall

if TYPE_CHECKING:
    from ..advice import Counsel
    from ..bottlenecks import Bottleneck
    from ..capacity import Plan
    from ..failures import FailureGroup, Fallbacks, Pattern
    from ..models_compared import ModelsCompared
    from ..processing import StageWork, Work
    from ..satisfaction import Satisfaction
    from ..trends import Trend
    from ..usage import Usage

CURVES = (
    "cpu.utilisation",
    "memory.used_bytes",
    "queue.depth",
    "workers.busy",
    "process.rss_bytes",
    "disk.busy",
    "disk.free_bytes",
    "gpu.utilisation",
    "gpu.memory_used_bytes",
)
"""Series that are plotted, where there are any."""

_SLOWEST = 3
_STEPS_S = (15 * MINUTE_S, HOUR_S, 6 * HOUR_S, DAY_S)
_MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Throughput:
    """Jobs that ended in each step of a period: how many, with how much sound, and how long the median one waited."""

    step_s: float
    at: tuple[float, ...]
    jobs: tuple[int, ...]
    audio_h: tuple[float, ...]
    queue_s: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is in the report.

    Attributes:
        overall: All jobs as one; None where there were none.
        by_model: The same for each engine, model and device.
        slowest: Where the time of the jobs went that took longest from queue to end.
    """

    version: str
    generated_at: float
    period: Period
    asked: Asked
    overall: Work | None
    by_model: tuple[Work, ...]
    throughput: Throughput
    stages: tuple[StageWork, ...]
    bottlenecks: tuple[Bottleneck, ...]
    capacity: Plan
    models: ModelsCompared
    failures: tuple[FailureGroup, ...]
    patterns: tuple[Pattern, ...]
    fallbacks: tuple[Fallbacks, ...]
    usage: Usage
    satisfaction: Satisfaction
    trends: tuple[Trend, ...]
    advice: Counsel
    curves: Mapping[str, tuple[Curve, ...]]
    slowest: tuple[Waterfall, ...]

    @property
    def zone(self) -> tzinfo:
        """Whose hours and weekdays count."""
        return self.asked.zone


def find(asked: Asked) -> Findings:
    """Ask all that the report tells."""
    history, period = asked.history, asked.period
    names = (
        "stages",
        "bottlenecks",
        "capacity",
        "models",
        "failures",
        "patterns",
        "fallbacks",
        "usage",
        "satisfaction",
        "trends",
        "advice",
    )
    answers: dict[str, object] = many(names, asked)
    curves = {name: tuple(history.curves(name, period)) for name in CURVES}
    return Findings(
        version=__version__,
        generated_at=time.time(),
        period=period,
        asked=asked,
        overall=next(iter(processing(history, period)), None),
        by_model=processing(history, period, ("engine", "model", "device")),
        throughput=throughput(history, period),
        curves={name: found for name, found in curves.items() if found},
        slowest=_slowest(history, period),
        **answers,  # type: ignore[arg-type]
    )


def throughput(history: History, period: Period) -> Throughput:
    """What was done in each step; steps are as short as a plot can show."""
    step_s = next((step for step in _STEPS_S if period.duration_s / step <= _MOST_STEPS), _STEPS_S[-1])
    jobs = history.frame("jobs", period, ["at", "audio_s", "queue_s"])
    first, last = int(period.since // step_s), int(period.until // step_s)
    step = (jobs["at"] // step_s).astype(int) - first
    count = last - first + 1
    waits = [jobs["queue_s"][step == number] for number in range(count)]
    return Throughput(
        step_s,
        tuple((first + number) * step_s for number in range(count)),
        tuple(map(int, np.bincount(step, minlength=count))),
        tuple(map(float, np.bincount(step, np.nan_to_num(jobs["audio_s"]) / HOUR_S, minlength=count))),
        tuple(float(np.median(wait)) if len(wait) else None for wait in waits),
    )


def _slowest(history: History, period: Period) -> tuple[Waterfall, ...]:
    jobs = history.frame("jobs", period, ["job_id", "at", "queued_at"], {"outcome": "done"})
    order = np.argsort(-(jobs["at"] - jobs["queued_at"]))[:_SLOWEST]
    return tuple(waterfall(history, job_id) for job_id in jobs["job_id"][order])
