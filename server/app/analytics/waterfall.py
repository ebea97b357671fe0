"""One job's time: its wait, the loading of its models and each of its stages, when and for how long."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import NotFound
from .frame import Frame
from .history.store import History
from .job_life import QUEUE

LOAD = "load"

_JOB = ("at", "queued_at", "outcome", "error", "queue_s", "run_s", "audio_s", "attempts")
_STAGE = (
    "at",
    "stage",
    "attempt",
    "began_at",
    "outcome",
    "error",
    "path_s",
    "saves_s",
    "origin",
    "engine",
    "model",
    "device",
    "load_s",
    "cpu_s",
    "peak_rss_bytes",
)
_LOAD = ("at", "what", "model", "device", "wall_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One stretch of a job's time.

    Attributes:
        name: A stage, `queue` for a wait, `load` for a model being loaded.
        starts_s: After the job was submitted.
        duration_s: Wall time.
        critical: Whether the job's end waited for it.
        path_s: What it contributes to the critical path.
        saves_s: How much earlier the job would have ended had it taken no time.
        attempt: Which attempt it belongs to; 0 for the queue.
        outcome: `done`, `failed` or `cancelled`.
        error: Code of the error it failed with.
        origin: `computed`, `checkpoint` or `cache`.
        engine, model, device: What it was done with, where an engine did it.
        cpu_s: Processor time; None where it was not measured.
        cores: Cores in use on the average; None likewise.
        peak_rss_bytes: Most memory seen meanwhile; None likewise.
    """

    name: str
    starts_s: float
    duration_s: float
    critical: bool
    path_s: float = 0.0
    saves_s: float = 0.0
    attempt: int = 0
    outcome: str = "done"
    error: str = ""
    origin: str = "computed"
    engine: str = ""
    model: str = ""
    device: str = ""
    cpu_s: float | None = None
    cores: float | None = None
    peak_rss_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """Where a job's time went.

    Attributes:
        queued_at: When it was submitted, Unix time.
        latency_s: From then to its end.
        queue_s, run_s: How long it waited for workers, and had one, over all attempts.
        audio_s: Length of the recording; None where unknown.
        bars: In the order they began.
        path_s: Length of the critical path; the rest of the latency was between stages.
    """

    job_id: str
    queued_at: float
    latency_s: float
    queue_s: float
    run_s: float
    outcome: str
    error: str
    attempts: int
    audio_s: float | None
    path_s: float
    bars: tuple[Bar, ...]


def waterfall(history: History, job_id: str) -> Waterfall:
    """Where a job's time went; a job that ended more than once is told of to its last end.

    Raises:
        NotFound: The history knows no such job: it has not ended, or was forgotten.
    """
    jobs = history.frame("jobs", None, _JOB, {"job_id": job_id})
    if not len(jobs):
        raise NotFound(
            f"The history has no job '{job_id}'.",
            hint="It tells of jobs that have ended, until they are forgotten.",
            id=job_id,
        )
    job = {name: jobs[name][-1] for name in _JOB}
    queued_at = float(job["queued_at"])
    stages = history.frame("stages", None, _STAGE, {"job_id": job_id})
    loads = history.frame("loads", None, _LOAD, {"job_id": job_id, "what": "cold"})
    bars = [*_stage_bars(stages, queued_at), *_load_bars(loads, stages, queued_at)]
    if not any(bar.name == QUEUE for bar in bars):
        bars.append(Bar(name=QUEUE, starts_s=0.0, duration_s=float(job["queue_s"]), critical=bool(job["queue_s"] > 0)))
    return Waterfall(
        job_id=job_id,
        queued_at=queued_at,
        latency_s=float(job["at"]) - queued_at,
        queue_s=float(job["queue_s"]),
        run_s=float(job["run_s"]),
        outcome=str(job["outcome"]),
        error=str(job["error"]),
        attempts=int(job["attempts"]),
        audio_s=_known(job["audio_s"]),
        path_s=sum(bar.path_s for bar in bars),
        bars=tuple(sorted(bars, key=lambda bar: (bar.starts_s, -bar.duration_s))),
    )


def _stage_bars(stages: Frame, queued_at: float) -> Iterator[Bar]:
    for row in range(len(stages)):
        stage = {name: stages[name][row] for name in _STAGE}
        wall_s, cpu_s = float(stage["at"] - stage["began_at"]), _known(stage["cpu_s"])
        peak = _known(stage["peak_rss_bytes"])
        waits = stage["stage"] == QUEUE
        yield Bar(
            name=str(stage["stage"]),
            starts_s=float(stage["began_at"]) - queued_at,
            duration_s=wall_s,
            critical=bool(stage["path_s"] > 0),
            path_s=float(stage["path_s"]),
            saves_s=float(stage["saves_s"]),
            attempt=0 if waits else int(stage["attempt"]),
            outcome=str(stage["outcome"]),
            error=str(stage["error"]),
            origin=str(stage["origin"]),
            engine=str(stage["engine"]),
            model=str(stage["model"]),
            device=str(stage["device"]),
            cpu_s=cpu_s,
            cores=cpu_s / wall_s if cpu_s is not None and wall_s > 0 else None,
            peak_rss_bytes=None if peak is None else int(peak),
        )


def _load_bars(loads: Frame, stages: Frame, queued_at: float) -> Iterator[Bar]:
    """Loads lie within stages, so what they contribute to the path is the stages' already."""
    for row in range(len(loads)):
        at, wall_s = float(loads["at"][row]), float(loads["wall_s"][row])
        within = (stages["load_s"] > 0) & (stages["began_at"] <= at) & (stages["at"] >= at - wall_s)
        holder = stages.where(within)
        yield Bar(
            name=LOAD,
            starts_s=at - wall_s - queued_at,
            duration_s=wall_s,
            critical=bool((holder["path_s"] > 0).any()),
            attempt=int(holder["attempt"][0]) if len(holder) else 1,
            model=str(loads["model"][row]),
            device=str(loads["device"][row]),
        )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
