"""How much the workers can take, and what more of them would change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..history.store import History
from ..span import HOUR_S, Period
from .fitting import MIN_JOBS, Demand, Fitted, fitted, queue_jobs
from .queueing import Service, Station, Wait, mixed
from .replay import replay

GROWTH = (1.5, 2.0, 3.0)
"""Loads that are planned for, as multiples of the present one."""

STEADY = 0.95
"""Above this share of what the workers can do, an hour is too short for a steady state: the jobs are replayed."""

_MOST_WORKERS = 512
_REPLAYED = 5000
_SHUFFLES = 5
_TRUSTED_STEPS = 2
"""Beyond so many times the workers that were seen busy at once, nothing is said where contention matters."""

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Option:
    """What another number of workers or GPUs would do.

    Attributes:
        workers: How many workers.
        limit_jobs_per_h: Load up to which 95 % wait less than the target.
        limit_audio_h_per_h: The same in hours of sound an hour; None where lengths are unknown.
        saturation_jobs_per_h: Most that gets done.
        saturation_audio_h_per_h: The same in hours of sound an hour.
        more: How much more gets done than now: 0.4 is 40 % more.
        wait: At the present peak; None where the queue would grow for ever.
    """

    workers: int
    limit_jobs_per_h: float
    limit_audio_h_per_h: float | None
    saturation_jobs_per_h: float
    saturation_audio_h_per_h: float | None
    more: float
    wait: Wait | None


@dataclass(frozen=True, slots=True)
class Growth:
    """How many workers a greater load takes for 95 % to wait less than the target, at its peak.

    Attributes:
        factor: The load over the present one.
        load_jobs_per_h: At its peak.
        workers: How many; None where no number is enough, or the data can't tell.
        reason: Why not.
    """

    factor: float
    load_jobs_per_h: float
    workers: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much the workers can take. What the data can't tell is None, and `unknown` says why, by field.

    Attributes:
        jobs: How many it is based on.
        workers: How many there are.
        target_wait_s: What 95 % of jobs should wait less than.
        demands: What comes and how long it takes, by kind.
        arrivals_per_h: Jobs that come in an hour.
        peak_factor: How much more come in the busiest hour.
        arrival_scv: Variance over mean of their number: 1 where they come independently, more in bursts.
        audio_h_per_h: Hours of sound that come in an hour.
        service: How long a job takes with no other beside it.
        sigma, kappa: How much workers hinder each other (Universal Scalability Law); None where it can't be told.
        carries: How many jobs at full speed the cores carry; None where that is not known.
        shares: Likewise of something else that jobs share, such as a disk; None where nothing shows.
        utilisation: Share of the workers' time that goes into jobs.
        peak_utilisation: Share of what can be done at most that comes in the busiest hour; over 1 queues grow.
        observed: How long jobs waited.
        predicted: How long they should have, by the model.
        method: How that was worked out: by `formula`, or by `replay` where an hour had no steady state.
        now: What the present workers can take. Its `limit_jobs_per_h` is the load at which waiting gets too long.
        saturation_low, saturation_high: 95 % interval of `now.saturation_jobs_per_h`, by the number of jobs.
        headroom: Load at which waiting gets too long over that of the busiest hour: under 1 it is too long now.
        one_more_worker: What one more would do.
        one_more_gpu: Likewise, with the workers there are.
        growth: Workers that greater loads take.
        confidence: `high` where saturation is known within 10 %, `medium` within 25 %.
        unknown: What can't be told, and why, by the name of the attribute.
    """

    jobs: int
    workers: int
    target_wait_s: float
    demands: tuple[Demand, ...] = ()
    arrivals_per_h: float | None = None
    peak_factor: float | None = None
    arrival_scv: float | None = None
    audio_h_per_h: float | None = None
    service: Service | None = None
    sigma: float | None = None
    kappa: float | None = None
    carries: float | None = None
    shares: float | None = None
    utilisation: float | None = None
    peak_utilisation: float | None = None
    observed: Wait | None = None
    predicted: Wait | None = None
    method: Literal["formula", "replay"] | None = None
    now: Option | None = None
    saturation_low: float | None = None
    saturation_high: float | None = None
    headroom: float | None = None
    one_more_worker: Option | None = None
    one_more_gpu: Option | None = None
    growth: tuple[Growth, ...] = ()
    confidence: Confidence = "low"
    unknown: Mapping[str, str] = field(default_factory=dict)


def plan(
    history: History,
    period: Period,
    workers: int,
    target_wait_s: float,
    *,
    cores: float | None = None,
    gpus: int = 0,
) -> Plan:
    """Fit a queueing model to a period and ask it.

    Args:
        history: What happened.
        period: When.
        workers: How many there are.
        target_wait_s: What 95 % of jobs should wait less than, in seconds.
        cores: What may be used of the machine; with processor times it tells how many jobs it carries.
        gpus: How many there are.
    """
    jobs = queue_jobs(history, period)
    model = fitted(jobs, period, workers, cores)
    if model is None:
        reason = f"Only {len(jobs)} jobs ran in this time; {MIN_JOBS} are needed."
        names = ("service", "now", "predicted", "headroom", "one_more_worker", "one_more_gpu", "growth")
        return Plan(jobs=len(jobs), workers=workers, target_wait_s=target_wait_s, unknown=dict.fromkeys(names, reason))
    return _Planner(model, workers, target_wait_s, gpus).plan()


class _Planner:
    """Asks a fitted model."""

    def __init__(self, model: Fitted, workers: int, target_s: float, gpus: int) -> None:
        self.model, self.workers, self.target_s, self.gpus = model, workers, target_s, gpus
        self.peak_per_s = model.arrivals.peak_per_h / HOUR_S
        self.unknown: dict[str, str] = {}

    def plan(self) -> Plan:
        """All answers."""
        model, station = self.model, self.model.station
        now = self.option(station)
        predicted, method = predict(model)
        contention = station.contention
        if not contention.known and self.workers > 1:
            self.unknown["sigma"] = self.unknown["kappa"] = (
                "Workers were too rarely, or too steadily, busy at once to see how they hinder each other."
            )
        error = model.error
        return Plan(
            jobs=len(model.jobs),
            workers=self.workers,
            target_wait_s=self.target_s,
            demands=model.demands,
            arrivals_per_h=model.arrivals.per_h,
            peak_factor=model.arrivals.peak_factor,
            arrival_scv=model.arrivals.scv,
            audio_h_per_h=self._audio(model.arrivals.per_h),
            service=station.service,
            shares=contention.shares if math.isfinite(contention.shares) else None,
            carries=contention.carries if math.isfinite(contention.carries) else None,
            sigma=contention.sigma if contention.known else None,
            kappa=contention.kappa if contention.known else None,
            utilisation=model.utilisation,
            peak_utilisation=station.utilisation(self.peak_per_s),
            observed=model.observed,
            predicted=predicted,
            method=method,
            now=now,
            saturation_low=now.saturation_jobs_per_h / (1 + error),
            saturation_high=now.saturation_jobs_per_h * (1 + error),
            headroom=now.limit_jobs_per_h / model.arrivals.peak_per_h,
            one_more_worker=self.option(model.with_workers(self.workers + 1)),
            one_more_gpu=self._one_more_gpu(),
            growth=tuple(self._growth(factor) for factor in GROWTH),
            confidence=self._confidence(),
            unknown=self.unknown,
        )

    def option(self, station: Station) -> Option:
        """What a station can take."""
        limit = station.load_at(self.target_s) * HOUR_S
        most = station.saturation_per_s * HOUR_S
        more = station.saturation_per_s / self.model.station.saturation_per_s - 1.0
        wait = station.wait(self.peak_per_s)
        return Option(station.workers, limit, self._audio(limit), most, self._audio(most), more, wait)

    def _audio(self, jobs_per_h: float) -> float | None:
        if self.model.audio_s is None:
            self.unknown.setdefault("audio_h_per_h", "The lengths of the recordings are not known.")
            return None
        return jobs_per_h * self.model.audio_s / HOUR_S

    def _one_more_gpu(self) -> Option | None:
        if not self.gpus or self.model.gpu_share < 0.5:
            self.unknown["one_more_gpu"] = "Most jobs ran without a GPU; how they would with one is not known."
        elif not self.model.station.contention.known:
            self.unknown["one_more_gpu"] = "It can't be told how jobs hinder each other on the GPU there is."
        else:
            return self.option(self.model.with_gpus(self.gpus, 1))
        return None

    def _growth(self, factor: float) -> Growth:
        load = self.peak_per_s * factor
        seen = self.model.station.contention.seen
        best = 0.0
        for workers in range(1, _MOST_WORKERS):
            station = self.model.with_workers(workers)
            if station.load_at(self.target_s) >= load:
                if self._guessed(workers):
                    reason = f"It would be about {workers}, but no more than {seen} were ever seen busy at once."
                    return Growth(factor, load * HOUR_S, None, reason)
                return Growth(factor, load * HOUR_S, workers)
            if workers > 2 * self.workers and station.saturation_per_s <= best * 1.001:
                break
            best = max(best, station.saturation_per_s)
        reason = f"No number of workers is enough: as it is, the machine does {best * HOUR_S:.1f} jobs an hour at most."
        return Growth(factor, load * HOUR_S, None, reason)

    def _guessed(self, workers: int) -> bool:
        """Whether nothing at all speaks for the machine carrying so many: neither jobs seen nor its cores."""
        contention = self.model.station.contention
        return math.isinf(contention.carries) and workers > max(self.workers, _TRUSTED_STEPS * contention.seen)

    def _confidence(self) -> Confidence:
        contention = self.model.station.contention
        if self.workers > max(1, contention.seen) and not contention.known:
            return "low"
        return "high" if self.model.error <= 0.10 else "medium" if self.model.error <= 0.25 else "low"


def predict(model: Fitted) -> tuple[Wait, Literal["formula", "replay"]]:
    """How long jobs should have waited: hour by hour, as if each were steady (L. Green & P. Kolesar, 1991).

    Where hours had more than could be done, what was left over is carried on by replaying: the jobs as they came,
    with durations that are shuffled, so that it is the model that is tried and not this one sequence.
    """
    came, station = model.arrivals, model.station
    if all(station.utilisation(rate) < STEADY for rate in came.rates_per_s):
        delays = [station.delay(rate) for rate in came.rates_per_s]
        pairs = [(d, n) for d, n in zip(delays, came.counts, strict=True) if d is not None and n > 0]
        return mixed([delay for delay, _ in pairs], [float(count) for _, count in pairs]), "formula"
    jobs = model.jobs.where(np.argsort(model.jobs["queued_at"], kind="stable")[-_REPLAYED:])
    dice, came_at = np.random.default_rng(0), jobs["queued_at"]
    shuffled = [dice.permutation(jobs["work_s"]) for _ in range(_SHUFFLES)]
    waits = [replay(came_at, work_s, station.workers, station.contention).wait_s for work_s in shuffled]
    wait_s = np.concatenate(waits)
    replayed = Wait(float(np.mean(wait_s > 0)), float(wait_s.mean()), float(np.quantile(wait_s, 0.95)))
    return replayed, "replay"
