"""What rules look at: the figures of a period, each worked out once, when the first rule asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..capacity import Fitted, fitted, queue_jobs, replay
from ..capacity.contention import Contention
from ..frame import Column, Frame
from ..history.store import Curve, History
from ..models_compared import ModelsCompared, compare_models
from ..span import DAY_S, Period
from .cold import Loads, loads_of
from .records import Site
from .reuse import Repeat, repeats_of

MIN_JOBS = 20
"""Fewer jobs tell nothing about waiting."""

MIN_SAMPLES = 30
"""Fewer steps of a curve tell nothing about a machine."""

MOST_JOBS = 5000
"""Waiting is judged by the newest jobs; more would not make it truer, only slower."""

PRESUMED_SIGMA = 0.15
"""Where workers were never seen busy together: each other one may make a job take so much longer, at worst."""

SCARCE = 0.08
"""Memory is scarce where less than this share of it is available."""

FREE_BYTES = 5 * 2**30
"""A disk is nearly full where less is free."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What 95 % of jobs wait less than: as expected, at best and at worst."""

    p95_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class Level:
    """A curve in a few figures, over `samples` steps."""

    low: float
    median: float
    high: float
    samples: int


class Look:
    """A look at a period of a site.

    Args:
        history: What happened.
        period: When.
        site: Where.
        now: Unix time.
    """

    def __init__(self, history: History, period: Period, site: Site, now: float) -> None:
        self.history, self.period, self.site, self.now = history, period, site, now

    @cached_property
    def jobs(self) -> Frame:
        """Jobs that a worker was at, in the order they ended."""
        names = ("at", "job_id", "outcome", "error", "queued_at", "queue_s", "run_s", "audio_s", "client", "origin")
        more = ("recording", "model", "device", "language", "worker_pid", "cpu_s", "peak_rss_bytes")
        jobs = self.history.frame("jobs", self.period, (*names, *more))
        return jobs.where((jobs["run_s"] > 0) & (jobs["origin"] != "command"))

    @cached_property
    def queue(self) -> Fitted | None:
        """The queueing model of the newest jobs; None where there were too few."""
        jobs, period = queue_jobs(self.history, self.period), self.period
        if len(jobs) > MOST_JOBS:
            jobs = jobs.where(np.arange(len(jobs) - MOST_JOBS, len(jobs)))
            period = Period(float(jobs["at"][0]), period.until)
        return fitted(jobs, period, self.site.workers, self.site.cores)

    @cached_property
    def p95_wait_s(self) -> float | None:
        """What 95 % of the newest jobs waited less than; None where there were too few."""
        return float(np.quantile(self.jobs["queue_s"][-MOST_JOBS:], 0.95)) if len(self.jobs) >= MIN_JOBS else None

    @property
    def waits_too_long(self) -> bool:
        """Whether the target is missed."""
        return self.p95_wait_s is not None and self.p95_wait_s > self.site.target_wait_s

    @cached_property
    def models(self) -> ModelsCompared:
        """The models that were used, by language."""
        return compare_models(self.history, self.period, ("language",), now=self.now)

    @cached_property
    def days(self) -> float:
        """How many days there is anything to know of."""
        jobs = self.jobs
        return max(1 / 24, float(jobs["at"].max() - jobs["queued_at"].min()) / DAY_S) if len(jobs) else 0.0

    @cached_property
    def stages(self) -> Frame:
        """Stages of jobs."""
        names = ("at", "began_at", "job_id", "stage", "origin", "outcome", "path_s", "looks", "hits", "cpu_s", "device")
        return self.history.frame("stages", self.period, names)

    @cached_property
    def loads(self) -> Frame:
        """Models that were got ready, and let go of."""
        return self.history.frame(
            "loads", self.period, ("at", "what", "model", "device", "wall_s", "size_bytes", "job_id")
        )

    @cached_property
    def cold(self) -> Loads:
        """Models that had to be loaded for jobs."""
        return loads_of(self.jobs, self.loads)

    @cached_property
    def repeats(self) -> tuple[Repeat, ...]:
        """Recordings that came again."""
        return repeats_of(self.jobs, self.stages)

    def failures(self, *errors: str) -> int:
        """How many jobs or attempts failed with one of these errors."""
        frame = self.history.frame("failures", self.period, ("error", "kind"))
        return int(np.isin(frame["error"].astype(str), errors).sum()) if len(frame) else 0

    @cached_property
    def contention(self) -> tuple[Contention, Contention] | None:
        """How workers hinder one another: as measured, and at worst. The same twice where it was measured."""
        if self.queue is None:
            return None
        found = self.queue.station.contention
        if found.known:
            return found, found
        return found, Contention(PRESUMED_SIGMA, 0.0, found.carries)

    def waits(
        self, workers: int, *, speed: Column | float = 1.0, order: Column | None = None, chosen: Column | None = None
    ) -> Prediction | None:
        """How long jobs would have waited, had they met something else: the jobs that came, once more.

        Args:
            workers: With so many.
            speed: Each taking this times as long.
            order: Of those that wait the smallest goes first.
            chosen: Only these are looked at; all are replayed.
        """
        if self.queue is None or self.contention is None:
            return None
        jobs, (expected, worst) = self.queue.jobs, self.contention
        error = max(0.05, min(0.5, self.queue.error))
        work_s, shown = jobs["work_s"] * speed, slice(None) if chosen is None else chosen

        def p95_s(factor: float, contention: Contention) -> float:
            done = replay(jobs["queued_at"], work_s * factor, workers, contention, order=order)
            return float(np.quantile(done.wait_s[shown], 0.95))

        found = p95_s(1.0, expected), p95_s(1.0 - error, expected), p95_s(1.0 + error, worst)
        return Prediction(found[0], min(found), max(found))

    def curve(self, series: str, labels: Mapping[str, str] | None = None) -> Curve | None:
        """A series that has one curve, or one of its curves."""
        curves = self.curves(series, labels)
        return curves[0] if curves else None

    def curves(self, series: str, labels: Mapping[str, str] | None = None) -> list[Curve]:
        """All curves of a series, in the same steps as all others."""
        if series not in self._curves:
            self._curves[series] = self.history.curves(series, self.period, step_s=self._step_s)
        return [
            curve
            for curve in self._curves[series]
            if all(curve.labels.get(name) == value for name, value in (labels or {}).items())
        ]

    @cached_property
    def _curves(self) -> dict[str, list[Curve]]:
        return {}

    @property
    def _step_s(self) -> float:
        """A step of which there are at most 2000."""
        return next((step for step in (60.0, 300.0, 900.0) if self.period.duration_s / step <= 2000), 3600.0)

    def level(self, series: str, labels: Mapping[str, str] | None = None, *, busy: bool | None = None) -> Level | None:
        """Where a curve lies: the tenth, fiftieth and ninetieth percentile of its steps.

        Args:
            series: Which.
            labels: Which of its curves, where it has several.
            busy: Only while all workers were at a job, or, False, while none was.
        """
        curve = self.curve(series, labels)
        if curve is None:
            return None
        values = curve.mean
        if busy is not None:
            values = values[np.isin(curve.at, self._steps(busy=busy))]
        if len(values) < MIN_SAMPLES:
            return None
        low, median, high = (float(each) for each in np.quantile(values, (0.1, 0.5, 0.9)))
        return Level(low, median, high, len(values))

    def _steps(self, *, busy: bool) -> Column:
        """The steps in which all workers were at a job, or none."""
        at_work = self.curve("workers.busy")
        if at_work is None:
            return np.empty(0)
        return at_work.at[at_work.mean >= self.site.workers - 0.1] if busy else at_work.at[at_work.mean < 0.1]

    @cached_property
    def worker_bytes(self) -> tuple[float, int] | None:
        """What a worker at work holds, 95th percentile, and of how many samples or jobs; None where unknown."""
        held = [curve.high for curve in self.curves("worker.rss_bytes")]
        values = np.concatenate(held) if held else self.jobs["peak_rss_bytes"]
        values = values[np.isfinite(values) & (values > 0)]
        return (float(np.quantile(values, 0.95)), len(values)) if len(values) >= MIN_JOBS else None

    @cached_property
    def free_bytes(self) -> Level | None:
        """Main memory available."""
        return self.level("memory.available_bytes")

    @cached_property
    def short_bytes(self) -> float | None:
        """Memory that is wanting, in the tightest tenth of the time; 0 where there is enough, None where unknown."""
        if self.free_bytes is None or not self.site.memory_bytes:
            return None
        scarce = SCARCE * self.site.memory_bytes
        return 0.0 if self.free_bytes.low >= scarce else 2 * scarce - self.free_bytes.low

    @property
    def memory_is_scarce(self) -> bool:
        """Whether there is too little memory, by the curve or by jobs that failed for it."""
        return bool(self.short_bytes) or self.failures("out_of_memory") >= 3

    def memory_left(self, taken_bytes: float) -> bool | None:
        """Whether memory would not be scarce with so much more taken; None where unknown."""
        if self.free_bytes is None or not self.site.memory_bytes:
            return None
        return self.free_bytes.low - taken_bytes >= SCARCE * self.site.memory_bytes
