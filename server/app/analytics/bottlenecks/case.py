"""What is known of a period, as the search for bottlenecks needs it, and what would be gained by changing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..capacity.contention import Contention
from ..capacity.fitting import Fitted, fitted
from ..capacity.replay import Replayed, replay
from ..critical_path import Ran, total_if
from ..frame import Column, Frame
from ..history.store import History
from ..span import Period
from .finding import Machine

MOST_JOBS = 1000
"""A period is judged by its last jobs, at most so many."""

_JOBS = (
    "at",
    "job_id",
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
    "language",
    "client",
    "recording",
    "attempts",
    "peak_rss_bytes",
    "worker_pid",
)
_STAGES = (
    "at",
    "job_id",
    "stage",
    "attempt",
    "began_at",
    "outcome",
    "path_s",
    "origin",
    "looks",
    "hits",
    "audio_s",
    "model",
    "device",
    "load_s",
    "cpu_s",
)
_STEP_S = 60.0
_STEPS = 2000

Factors = Callable[[Mapping[str, int]], Mapping[str, float]]
"""For a job, given as rows of its stages: how many times as long as it did each stage would take."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a change saves: as a share of the mean time from submission to end, and in seconds a job."""

    share: float
    seconds: float


class Case:
    """A period of a history.

    Args:
        history: What happened.
        period: When.
        machine: Where.
    """

    def __init__(self, history: History, period: Period, machine: Machine) -> None:
        self.history, self.machine = history, machine
        jobs = history.frame("jobs", period, _JOBS)
        jobs = jobs.where((jobs["run_s"] > 0) & (jobs["origin"] != "command"))
        self.jobs = jobs.where(np.arange(max(0, len(jobs) - MOST_JOBS), len(jobs)))
        if len(jobs) > len(self.jobs):
            period = Period(float(self.jobs["queued_at"].min()), period.until)
        self.period = period

    @cached_property
    def stages(self) -> Frame:
        """The stages that ended well, each with its job's place in `jobs` as `job`; waits are left out."""
        stages = self.history.frame("stages", self.period, _STAGES)
        place = {job_id: number for number, job_id in enumerate(self.jobs["job_id"])}
        job = np.array([place.get(job_id, -1) for job_id in stages["job_id"]], int)
        found = Frame({**{name: stages[name] for name in stages.names}, "job": job, "wall_s": _wall(stages)})
        return found.where((job >= 0) & (stages["stage"] != "queue") & (stages["outcome"] == "done"))

    @cached_property
    def rows(self) -> list[dict[str, int]]:
        """For each job the rows of its stages, by stage; of several attempts the last."""
        rows: list[dict[str, int]] = [{} for _ in range(len(self.jobs))]
        for row, (job, stage) in enumerate(zip(self.stages["job"], self.stages["stage"], strict=True)):
            rows[job][stage] = row
        return rows

    @cached_property
    def workers(self) -> int:
        """How many workers there were; by what ran side by side where nobody counted them."""
        curves = self.history.curves("workers.alive", self.period)
        alive = [float(np.median(curve.high)) for curve in curves]
        began = self.jobs["at"] - self.jobs["run_s"]
        times = np.concatenate([began, self.jobs["at"] - 1e-3])
        change = np.concatenate([np.ones(len(began)), -np.ones(len(began))])
        side_by_side = int(np.cumsum(change[np.argsort(times, kind="stable")]).max(initial=1))
        return max(1, round(max(alive))) if alive else side_by_side

    @cached_property
    def fitted(self) -> Fitted | None:
        """The queueing model; None where there are too few jobs."""
        return fitted(self.jobs, self.period, self.workers, self.machine.cores)

    @property
    def model(self) -> Fitted:
        """The queueing model; the search does not begin without."""
        if self.fitted is None:
            raise LookupError("There are too few jobs for a model.")
        return self.fitted

    @property
    def contention(self) -> Contention:
        """How workers hinder each other."""
        return self.model.station.contention

    @cached_property
    def path(self) -> Mapping[str, float]:
        """Share of the critical path of all jobs that each stage has, without the wait for a worker."""
        whole = max(float(self.stages["path_s"].sum()), 1e-9)
        return {str(stage): float(rows["path_s"].sum()) / whole for (stage,), rows in self.stages.by("stage")}

    @cached_property
    def wait_share(self) -> float:
        """Share of the time from submission to end that is spent waiting for a worker."""
        waited, ran = float(self.jobs["queue_s"].sum()), float(self.jobs["run_s"].sum())
        return waited / max(waited + ran, 1e-9)

    @cached_property
    def now(self) -> Replayed:
        """How the jobs fare in a replay without any change."""
        jobs = self.jobs
        return replay(jobs["queued_at"], self.model.jobs["work_s"], self.workers, self.contention)

    def runs_with(self, factors: Factors) -> Column:
        """How long each job would have run, were its stages as fast as `factors` says."""
        run_s = np.array(self.jobs["run_s"])
        for job, rows in enumerate(self.rows):
            if changed := factors(rows):
                ran = [Ran(stage, self.stages["began_at"][row], self.stages["at"][row]) for stage, row in rows.items()]
                run_s[job] = max(0.0, run_s[job] - total_if(ran, {}) + total_if(ran, changed))
        return run_s

    def gain(
        self,
        run_s: Column | None = None,
        *,
        workers: int | None = None,
        unhindered: bool = False,
        order: Column | None = None,
        counted: Column | None = None,
    ) -> Gain:
        """What a change saves, by replaying the jobs with and without it.

        Args:
            run_s: How long each job would have run, beside the same company; as it did when not given.
            workers: How many there would be.
            unhindered: They would not hinder each other any more, except for the cores: `run_s` says how long jobs
                would have run so.
            order: Which job would go first.
            counted: The jobs that count; all when not given.
        """
        work_s, contention = self.model.jobs["work_s"], self.contention
        if run_s is not None:
            work_s = run_s if unhindered else work_s * run_s / self.jobs["run_s"]
        if unhindered:
            contention = Contention(carries=contention.carries)
        changed = replay(self.jobs["queued_at"], work_s, workers or self.workers, contention, order=order)
        rows = np.ones(len(self.jobs), bool) if counted is None else counted
        before, after = float(self.now.latency_s[rows].mean()), float(changed.latency_s[rows].mean())
        return Gain(max(0.0, 1.0 - after / before), max(0.0, before - after))

    def together(self, *series: str) -> dict[str, Column]:
        """Series on the same steps, their curves added up; the steps that all of them have."""
        step_s = max(_STEP_S, self.period.duration_s / _STEPS)
        found = {name: self._summed(name, step_s) for name in series}
        shared = set.intersection(*(set(values) for values in found.values()))
        at = sorted(shared)
        return {name: np.array([values[moment] for moment in at], float) for name, values in found.items()}

    def _summed(self, series: str, step_s: float) -> dict[float, float]:
        total: dict[float, float] = {}
        for curve in self.history.curves(series, self.period, step_s=step_s):
            for at, value in zip(curve.at, curve.mean, strict=True):
                total[float(at)] = total.get(float(at), 0.0) + float(value)
        return total


def _wall(stages: Frame) -> Column:
    return np.asarray(stages["at"] - stages["began_at"])
