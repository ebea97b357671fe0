"""The queueing model fitted to what was seen: what comes, how long it takes, how workers hinder one another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from ..frame import Column, Frame
from ..history.store import History
from ..span import Period
from .arrivals import Arrivals, arrivals
from .contention import Company, Contention, fit
from .queueing import P95, Service, Station, Wait

MIN_JOBS = 20
"""Fewer tell nothing of capacity."""

COLUMNS = (
    "at",
    "queued_at",
    "queue_s",
    "run_s",
    "audio_s",
    "cpu_s",
    "kind",
    "origin",
    "model",
    "device",
    "diarizer",
    "client",
)

_ROUNDS = 4

_SOON_S = 1.0
"""A free worker takes a job within this time; what waited less did not wait for one."""

_LINE_JOBS = 12
"""From so many jobs of a kind on their durations are explained by the length of the recordings."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Jobs of one kind.

    Attributes:
        kind: What they wait as: `batch` or `interactive`.
        jobs: How many there were.
        per_h: How many an hour.
        run_s: How long a worker is at one, as seen, on the average.
        scv: Squared coefficient of variation of that.
        audio_s: Length of a recording, on the average; None where unknown.
    """

    kind: str
    jobs: int
    per_h: float
    run_s: float
    scv: float
    audio_s: float | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The model of what was seen.

    Attributes:
        window: The time it is fitted to.
        arrivals: What came.
        station: What serves it.
        demands: What came and how long it took, by kind; most jobs first.
        audio_s: Length of a recording, on the average; None where unknown.
        cpu_s: Processor time of a job, on the average; None where unknown.
        gpu_share: Share of jobs that ran on a GPU.
        observed: How long jobs waited.
        utilisation: Share of the workers' time that went into jobs.
        error: Half of the width of the 95 % interval of how much the workers get done, over its middle.
        jobs: The jobs as columns, with what each would take alone as `work_s`.
    """

    window: Period
    arrivals: Arrivals
    station: Station
    demands: tuple[Demand, ...]
    audio_s: float | None
    cpu_s: float | None
    gpu_share: float
    observed: Wait
    utilisation: float
    error: float
    jobs: Frame = field(repr=False)

    def with_workers(self, workers: int) -> Station:
        """The same work done by so many workers."""
        return replace(self.station, workers=workers)

    def with_gpus(self, gpus: int, more: int) -> Station:
        """The same workers with `more` GPUs besides the `gpus`: fewer share one, so they hinder each other less.

        The cores carry no more than before.
        """
        share = gpus / (gpus + more)
        found = self.station.contention
        eased = replace(found, sigma=found.sigma * share, kappa=found.kappa * share**2, shares=found.shares / share)
        return replace(self.station, contention=eased)


def queue_jobs(history: History, period: Period) -> Frame:
    """Jobs that went through the queue to a worker, in the order they ended."""
    jobs = history.frame("jobs", period, COLUMNS)
    return jobs.where((jobs["run_s"] > 0) & (jobs["origin"] != "command"))


def fitted(jobs: Frame, period: Period, workers: int, cores: float | None = None) -> Fitted | None:
    """Fit the model.

    Args:
        jobs: As `queue_jobs` gives them.
        period: When they ended.
        workers: How many there were.
        cores: What may be used of the machine; None where that is not known.

    Returns:
        None where there are too few jobs to tell anything.
    """
    if len(jobs) < MIN_JOBS:
        return None
    window = _watched(jobs, period)
    contention, work_s = _work(jobs, cores)
    station = Station(Service.of(work_s), workers, contention=contention)
    came = arrivals(jobs["queued_at"][jobs["queued_at"] >= window.since], window)
    known = Frame({**{name: jobs[name] for name in jobs.names}, "work_s": work_s})
    chance = math.sqrt(station.service.scv / len(jobs))
    return Fitted(
        window=window,
        arrivals=came,
        station=replace(station, arrival_scv=came.scv),
        demands=tuple(_demand(str(kind), rows, window) for (kind,), rows in jobs.by("kind")),
        audio_s=mean_known(jobs["audio_s"]),
        cpu_s=mean_known(jobs["cpu_s"]),
        gpu_share=float(np.mean([str(device).startswith("cuda") for device in jobs["device"]])),
        observed=_waited(jobs["queue_s"]),
        utilisation=float(jobs["run_s"].sum()) / (workers * window.duration_s),
        error=1.96 * math.hypot(chance, contention.error / contention.slowdown(contention.seen)),
        jobs=known,
    )


def _waited(queue_s: Column) -> Wait:
    return Wait(float(np.mean(queue_s > _SOON_S)), float(queue_s.mean()), float(np.quantile(queue_s, P95)))


def mean_known(values: Column) -> float | None:
    """The mean of what is known; None where nothing is."""
    found = values[~np.isnan(values)]
    return float(found.mean()) if len(found) else None


def _watched(jobs: Frame, period: Period) -> Period:
    """The part of the period in which there was a history: not before the first job, nor after the last.

    Where most jobs were submitted before the period, it is from their submission on: else nothing came.
    """
    queued_at = jobs["queued_at"]
    since = max(period.since, float(queued_at.min()))
    if float(np.mean(queued_at >= since)) < 0.5:
        since = float(queued_at.min())
    return Period(since, max(since + 1.0, min(period.until, float(jobs["at"].max()))))


def _work(jobs: Frame, cores: float | None) -> tuple[Contention, Column]:
    """How workers hinder one another, and how long each job would have taken alone.

    What the cores carry follows from the processor time of a second of undisturbed work, and that from what the
    cores carry: a few rounds settle it.
    """
    beside = Company(jobs["at"] - jobs["run_s"], jobs["at"])
    ratio, used = jobs["run_s"] / _expected(jobs), ~np.isnan(jobs["cpu_s"])
    found, work_s = fit(ratio, beside), jobs["run_s"]
    if cores and used.mean() > 0.5:
        for _ in range(_ROUNDS):
            each = float(jobs["cpu_s"][used].sum() / work_s[used].sum())
            found = Contention(carries=max(1.0, cores / max(each, 1e-6)))
            work_s = jobs["run_s"] / beside.mean(found.slowdown)
        found = fit(ratio, beside, carries=found.carries)
    return found, jobs["run_s"] / beside.mean(found.slowdown)


def _expected(jobs: Frame) -> Column:
    """What a job like each takes: by its kind, what it was done with, and how long the recording is."""
    rows = np.arange(len(jobs))
    numbered = Frame({**{name: jobs[name] for name in jobs.names}, "row": rows})
    expected = np.empty(len(jobs))
    for _, alike in numbered.by("kind", "model", "device", "diarizer"):
        expected[alike["row"].astype(int)] = _line(alike["audio_s"], alike["run_s"])
    return expected


def _line(audio_s: Column, run_s: Column) -> Column:
    """Some time for any recording and some for each second of it, least relative error; the mean where that fails."""
    mean = np.full(len(run_s), run_s.mean())
    if len(run_s) < _LINE_JOBS or np.isnan(audio_s).any():
        return mean
    weights = 1.0 / np.maximum(audio_s, 1.0)
    found = np.linalg.lstsq(np.column_stack([weights, audio_s * weights]), run_s * weights, rcond=None)[0]
    line = found[0] + found[1] * audio_s
    return np.asarray(line) if (line > 0.05 * mean).all() else mean


def _demand(kind: str, rows: Frame, window: Period) -> Demand:
    run = Service.of(rows["run_s"])
    per_h = len(rows) / window.duration_s * 3600
    return Demand(kind, len(rows), per_h, run.mean_s, run.scv, mean_known(rows["audio_s"]))
