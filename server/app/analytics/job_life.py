"""What is known of a job that has not ended, and the facts it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..domain.events import JobQueued, RecordingProbed, TranscriptMade
from .critical_path import Ran, critical_path, total_if
from .facts import StageFact

QUEUE = "queue"
"""The wait for a worker, as a stage before the others."""


@dataclass(slots=True)
class OpenStage:
    """What is known of a stage that has not ended."""

    began_at: float
    looks: int = 0
    hits: int = 0
    engine: dict[str, Any] = field(default_factory=dict)
    load_s: float = 0.0
    batches: int = 0
    windows: int = 0


@dataclass(slots=True)
class OpenJob:
    """A job that has not ended."""

    queued: JobQueued
    waiting_since: float | None
    first_queued_at: float
    running_since: float | None = None
    attempt: int = 0
    pid: int | None = None
    queue_s: float = 0.0
    run_s: float = 0.0
    fallbacks: int = 0
    stages: dict[str, OpenStage] = field(default_factory=dict)
    ended: list[StageFact] = field(default_factory=list)
    probed: RecordingProbed | None = None
    made: TranscriptMade | None = None
    failed_stage: str = ""


def stage_fact(job: OpenJob, name: str, at: float, **facts: Any) -> StageFact:
    """What is to be remembered of a stage that ended."""
    stage = job.stages.pop(name, None) or OpenStage(at)
    began_at = facts.pop("began_at", stage.began_at)
    return StageFact(
        at=at,
        job_id=job.queued.job_id,
        stage=name,
        attempt=job.attempt,
        began_at=began_at,
        looks=stage.looks,
        hits=stage.hits,
        load_s=stage.load_s,
        batches=stage.batches,
        windows=stage.windows,
        **stage.engine,
        **facts,
    )


def close(job: OpenJob, at: float) -> list[StageFact]:
    """The stages of this attempt, those that were broken off included."""
    broken = [stage_fact(job, name, at, outcome="cancelled") for name in list(job.stages)]
    ended, job.ended = [*job.ended, *broken], []
    return ended


def interrupted(job: OpenJob, at: float) -> list[StageFact]:
    """An attempt that ended without ending the job."""
    if job.running_since is None:
        return []
    job.run_s += max(0.0, at - job.running_since)
    job.running_since = job.pid = None
    return close(job, at)


def queue_stage(job: OpenJob, job_id: str) -> StageFact:
    """The wait before the job was begun for the last time; all of it where it never was."""
    began = job.running_since if job.running_since is not None else job.first_queued_at + job.queue_s
    waited_s = max(0.0, began - job.first_queued_at)
    return StageFact(at=job.first_queued_at + waited_s, job_id=job_id, stage=QUEUE, began_at=job.first_queued_at)


def pathed(stages: Sequence[StageFact]) -> list[StageFact]:
    """The stages with their parts of the critical path."""
    runs = [Ran(stage.stage, stage.began_at, stage.at) for stage in stages]
    path, whole_s = critical_path(runs), total_if(runs, {})
    return [
        replace(
            stage,
            path_s=path.get(stage.stage, 0.0),
            saves_s=max(0.0, whole_s - total_if(runs, {stage.stage: 0.0})),
        )
        for stage in stages
    ]


def open_engines(job: OpenJob) -> list[StageFact]:
    """The stages that run, for the engines they run with."""
    return [
        StageFact(at=stage.began_at, began_at=stage.began_at, job_id="", stage=name, **stage.engine)
        for name, stage in job.stages.items()
    ]


def engine_facts(stages: Sequence[StageFact]) -> dict[str, Any]:
    """Which engines a job used, by the names of facts."""
    facts: dict[str, Any] = {}
    for stage in stages:
        if stage.stage == "transcribe" and stage.engine:
            facts |= {name: getattr(stage, name) for name in ("engine", "model", "device", "precision")}
        elif stage.stage == "diarize" and stage.engine:
            facts["diarizer"] = stage.engine
    return facts


def result_facts(job: OpenJob) -> dict[str, Any]:
    """What the result is like, by the names of facts."""
    names = ("transcript_id", "language", "words", "speakers", "confidence")
    return {} if job.made is None else {name: getattr(job.made, name) for name in names}
