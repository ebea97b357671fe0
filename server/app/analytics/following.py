"""From events to facts: follows each job from the queue to its end, and tells what is worth remembering.

A state machine without a clock or a database: the same events give the same facts. It remembers only jobs that have
not ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import singledispatchmethod
from typing import Any, Literal

from ..domain.events import (
    BatchDecoded,
    CacheLooked,
    EngineChosen,
    Event,
    ExportFailed,
    FellBack,
    FormatRendered,
    JobCancelled,
    JobFailed,
    JobFinished,
    JobQueued,
    JobStarted,
    ModelLoaded,
    ModelReleased,
    RecordingProbed,
    StageFailed,
    StageFinished,
    StageStarted,
    TranscriptMade,
    WorkerEnded,
    WorkerLost,
    WorkerStarted,
)
from .facts import ExportFact, Fact, FailureFact, FallbackFact, JobFact, LoadFact, Outcome
from .job_life import (
    OpenJob,
    OpenStage,
    close,
    engine_facts,
    interrupted,
    open_engines,
    pathed,
    queue_stage,
    result_facts,
    stage_fact,
)

_MOST_JOBS = 20_000
"""Jobs followed at a time; the oldest is let go of beyond, so that lost ends can't fill the memory."""

Recall = Callable[[str], JobQueued | None]
"""Tells how a job was queued that this process never saw queued: it was before a restart."""


class Follower:
    """Follows jobs, exports and workers. Not thread-safe: whoever has it tells it one event after the other.

    Args:
        digest: Makes of a recording's digest one that means nothing elsewhere.
        recall: Tells of jobs queued before this process began.
        version: Of this program, for the facts.
    """

    def __init__(
        self, digest: Callable[[str], str], recall: Recall = lambda _job_id: None, *, version: str = ""
    ) -> None:
        self._digest = digest
        self._recall = recall
        self._version = version
        self._jobs: dict[str, OpenJob] = {}
        self._workers: set[int] = set()

    def follow(self, event: Event) -> Sequence[Fact]:
        """Take the next event; what is to be remembered now, in order."""
        return self._heard(event) or ()

    @property
    def waiting(self) -> Sequence[tuple[str, float]]:
        """Jobs that wait for a worker: their kind, and since when."""
        return [(job.queued.kind, job.waiting_since) for job in self._jobs.values() if job.waiting_since is not None]

    @property
    def running(self) -> int:
        """Jobs that workers are at."""
        return sum(job.running_since is not None for job in self._jobs.values())

    @property
    def workers(self) -> frozenset[int]:
        """Process ids of the workers that are alive."""
        return frozenset(self._workers)

    def _job(self, job_id: str | None) -> OpenJob | None:
        return None if job_id is None else self._jobs.get(job_id)

    def _stage(self, event: Any) -> OpenStage | None:
        job = self._job(event.job_id)
        return None if job is None else job.stages.setdefault(event.stage, OpenStage(event.at))

    @singledispatchmethod
    def _heard(self, event: Event) -> Sequence[Fact] | None:  # noqa: ARG002
        return None

    @_heard.register
    def _queued(self, event: JobQueued) -> Sequence[Fact]:
        job = self._jobs.get(event.job_id)
        if job is None:
            self._jobs[event.job_id] = OpenJob(event, event.at, event.at)
            while len(self._jobs) > _MOST_JOBS:
                del self._jobs[next(iter(self._jobs))]
            return ()
        facts = interrupted(job, event.at)
        job.waiting_since = event.at
        return facts

    @_heard.register
    def _started(self, event: JobStarted) -> Sequence[Fact]:
        job = self._jobs.get(event.job_id)
        if job is None:
            queued = self._recall(event.job_id) or JobQueued(job_id=event.job_id, at=event.at)
            job = self._jobs[event.job_id] = OpenJob(queued, queued.at, queued.at)
        facts = interrupted(job, event.at)
        if job.waiting_since is not None:
            job.queue_s += max(0.0, event.at - job.waiting_since)
        job.waiting_since, job.running_since = None, event.at
        job.attempt, job.pid = event.attempt, event.pid
        return facts

    @_heard.register
    def _stage_started(self, event: StageStarted) -> None:
        self._stage(event)

    @_heard.register
    def _looked(self, event: CacheLooked) -> None:
        if (stage := self._stage(event)) is not None:
            stage.looks += event.looks
            stage.hits += event.hits

    @_heard.register
    def _chosen(self, event: EngineChosen) -> None:
        if (stage := self._stage(event)) is not None:
            stage.engine = {name: getattr(event, name) for name in ("engine", "model", "device", "precision")}

    @_heard.register
    def _probed(self, event: RecordingProbed) -> None:
        if (job := self._job(event.job_id)) is not None:
            job.probed = event

    @_heard.register
    def _made(self, event: TranscriptMade) -> None:
        if (job := self._job(event.job_id)) is not None:
            job.made = event

    @_heard.register
    def _decoded(self, event: BatchDecoded) -> None:
        if (job := self._job(event.job_id)) is not None and "transcribe" in job.stages:
            job.stages["transcribe"].batches += 1
            job.stages["transcribe"].windows += event.windows

    @_heard.register
    def _loaded(self, event: ModelLoaded) -> Sequence[Fact]:
        job = self._job(event.job_id)
        if job is not None and not event.warm and event.stage in job.stages:
            job.stages[event.stage].load_s += event.wall_s
        return [
            LoadFact(
                at=event.at,
                what="warm" if event.warm else "cold",
                model=event.model,
                device=event.device,
                wall_s=event.wall_s,
                size_bytes=event.size_bytes,
                job_id=event.job_id or "",
            )
        ]

    @_heard.register
    def _released(self, event: ModelReleased) -> Sequence[Fact]:
        return [
            LoadFact(at=event.at, what="released", model=event.model, device=event.device, wall_s=event.held_s),
        ]

    @_heard.register
    def _fell_back(self, event: FellBack) -> Sequence[Fact]:
        job = self._job(event.job_id)
        stage = ""
        if job is not None:
            job.fallbacks += 1
            stage = next(reversed(job.stages), "")
        return [
            FallbackFact(
                at=event.at,
                job_id=event.job_id or "",
                stage=stage,
                wanted=event.wanted,
                used=event.used,
                reason=event.reason,
            )
        ]

    @_heard.register
    def _stage_finished(self, event: StageFinished) -> None:
        if (job := self._job(event.job_id)) is None:
            return
        job.ended.append(
            stage_fact(
                job,
                event.stage,
                event.at,
                began_at=event.at - event.wall_s,
                audio_s=event.audio_s or None,
                origin=event.origin,
                cpu_s=event.cpu_s,
                peak_rss_bytes=event.peak_rss_bytes,
                read_bytes=event.read_bytes,
                written_bytes=event.written_bytes,
            )
        )

    @_heard.register
    def _stage_failed(self, event: StageFailed) -> None:
        if (job := self._job(event.job_id)) is not None:
            job.failed_stage = job.failed_stage or event.stage
            job.ended.append(stage_fact(job, event.stage, event.at, outcome="failed", error=event.error))

    @_heard.register
    def _lost(self, event: WorkerLost) -> Sequence[Fact]:
        job = self._jobs.get(event.job_id)
        stage = next(reversed(job.stages), "") if job else ""
        broken_off = interrupted(job, event.at) if job else []
        failure = self._failure(event.at, "attempt", "worker_lost", event.job_id, job, stage=stage, detail=event.reason)
        return [*broken_off, failure]

    @_heard.register
    def _finished(self, event: JobFinished) -> Sequence[Fact]:
        return self._end(event.job_id, event.at, "done")

    @_heard.register
    def _cancelled(self, event: JobCancelled) -> Sequence[Fact]:
        return self._end(event.job_id, event.at, "cancelled")

    @_heard.register
    def _failed(self, event: JobFailed) -> Sequence[Fact]:
        job = self._jobs.get(event.job_id)
        if job is None:
            return ()
        stage = job.failed_stage or next(reversed(job.stages), "")
        failure = self._failure(event.at, "job", event.error, event.job_id, job, stage=stage)
        return [*self._end(event.job_id, event.at, "failed", event.error), failure]

    @_heard.register
    def _worker_started(self, event: WorkerStarted) -> None:
        self._workers.add(event.pid)

    @_heard.register
    def _worker_ended(self, event: WorkerEnded) -> Sequence[Fact]:
        self._workers.discard(event.pid)
        if event.orderly:
            return ()
        return [self._failure(event.at, "worker", "worker_lost", "", None, detail=event.reason)]

    @_heard.register
    def _rendered(self, event: FormatRendered) -> Sequence[Fact]:
        names = ("at", "format", "family", "wall_s", "size_bytes", "transcript_id", "error")
        facts: list[Fact] = [ExportFact(**{name: getattr(event, name) for name in names})]
        if event.error:
            facts.append(self._failure(event.at, "export", event.error, "", None, format=event.format))
        return facts

    @_heard.register
    def _export_failed(self, event: ExportFailed) -> Sequence[Fact]:
        return [self._failure(event.at, "export", event.error, "", None)]

    def _end(self, job_id: str, at: float, outcome: Outcome, error: str = "") -> Sequence[Fact]:
        """The facts of a job that ended; it is followed no longer."""
        job = self._jobs.pop(job_id, None)
        if job is None:  # told twice, or never seen
            return ()
        stages = pathed([queue_stage(job, job_id), *close(job, at)])
        if job.running_since is not None:
            job.run_s += max(0.0, at - job.running_since)
        elif job.waiting_since is not None:
            job.queue_s += max(0.0, at - job.waiting_since)
        cpu = [stage.cpu_s for stage in stages if stage.cpu_s is not None]
        peaks = [stage.peak_rss_bytes for stage in stages if stage.peak_rss_bytes is not None]
        path = sorted((stage for stage in stages if stage.path_s > 0), key=lambda stage: stage.began_at)
        fact = JobFact(
            at=at,
            job_id=job_id,
            queued_at=job.first_queued_at,
            outcome=outcome,
            error=error,
            failed_stage=job.failed_stage,
            attempts=job.attempt,
            origin=job.queued.origin,
            kind=job.queued.kind,
            priority=job.queued.priority,
            client=job.queued.client,
            queue_s=job.queue_s,
            run_s=job.run_s,
            fallbacks=job.fallbacks,
            cpu_s=sum(cpu) if cpu else None,
            peak_rss_bytes=max(peaks, default=None),
            path=",".join(stage.stage for stage in path),
            worker_pid=job.pid,
            version=self._version,
            **self._recording_facts(job),
            **engine_facts(stages),
            **result_facts(job),
        )
        return [fact, *stages]

    def _recording_facts(self, job: OpenJob) -> dict[str, Any]:
        if (probed := job.probed) is None:
            return {}
        return {
            "recording": self._digest(probed.recording),
            "file_type": probed.container.partition(",")[0],
            "codec": probed.codec,
            "video": probed.video,
            "channels": probed.channels,
            "size_bytes": probed.size_bytes,
            "audio_s": probed.duration_s or max((s.audio_s or 0.0 for s in job.ended), default=0.0) or None,
        }

    def _failure(
        self,
        at: float,
        kind: Literal["job", "attempt", "export", "worker"],
        error: str,
        job_id: str,
        job: OpenJob | None,
        **more: Any,
    ) -> FailureFact:
        known: dict[str, Any] = {}
        if job is not None:
            known = {**self._recording_facts(job), **engine_facts([*job.ended, *open_engines(job)])}
            known = {name: known[name] for name in known if name in {field.name for field in fields(FailureFact)}}
            known["client"] = job.queued.client
        return FailureFact(at=at, kind=kind, error=error, job_id=job_id, version=self._version, **known, **more)
