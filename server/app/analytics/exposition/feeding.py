"""What each event does to the counts. One method for each kind; the table in `metrics` says which metrics it feeds."""

from __future__ import annotations

from functools import singledispatchmethod

from ...domain.events import (
    BatchDecoded,
    CacheLooked,
    ChunkTranscribed,
    DeviceAwaited,
    EngineChosen,
    Event,
    ExportCancelled,
    ExportFailed,
    ExportFinished,
    ExportStarted,
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
    RequestServed,
    StageFailed,
    StageFinished,
    StageStarted,
    TranscriptMade,
    WorkerEnded,
    WorkerLost,
    WorkerStarted,
)
from ..following import Recall
from .metrics import METRICS, PREFIX
from .running import RunningJob, RunningJobs
from .tallies import OTHER, Tallies

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Feeding:
    """Counts what happens. Not thread-safe: whoever has it tells it one event after the other.

    Args:
        recall: Tells how a job was queued that was so before this process began.

    Attributes:
        tallies: The counts.
        jobs: The jobs that have not ended.
    """

    def __init__(self, recall: Recall = lambda _job_id: None) -> None:
        self._recall = recall
        self.tallies = Tallies()
        self.jobs = RunningJobs()

    def take(self, event: Event) -> None:
        """Count one event."""
        self._count("events_total", type(event).__name__)
        self._heard(event)

    def _count(self, name: str, *labels: str, amount: float | None = 1.0) -> None:
        if amount is not None:
            self.tallies.count(METRICS[PREFIX + name], labels, amount)

    def _measure(self, name: str, *labels: str, value: float) -> None:
        self.tallies.measure(METRICS[PREFIX + name], labels, value)

    @singledispatchmethod
    def _heard(self, event: Event) -> None:
        """Of other events it is enough to know how often they happen."""

    # Jobs

    @_heard.register
    def _queued(self, event: JobQueued) -> None:
        job = self.jobs.get(event.job_id)
        if job is None:
            job = self.jobs.add(event.job_id)
            job.be_queued(event.kind, event.origin, event.at)
            self._count("jobs_accepted_total", event.origin, event.kind)
        else:
            job.wait(event.at)

    @_heard.register
    def _started(self, event: JobStarted) -> None:
        job = self.jobs.get(event.job_id)
        if job is None:
            job = self.jobs.add(event.job_id)
            if (queued := self._recall(event.job_id)) is not None:
                job.be_queued(queued.kind, queued.origin, queued.at)
        job.run(event.at)
        self._count("job_attempts_total", job.kind)

    @_heard.register
    def _finished(self, event: JobFinished) -> None:
        if (job := self.jobs.end(event.job_id, event.at)) is None:
            return
        self._count("jobs_total", "done", "", job.origin)
        of = (job.kind, job.model, job.device)
        self._measure("job_run_seconds", *of, value=job.run_s)
        if job.queued_at is not None:
            self._measure("job_queue_seconds", *of, value=job.queue_s)
            self._measure("job_end_to_end_seconds", *of, value=event.at - job.queued_at)
        if job.audio_s:
            self._count("audio_seconds_total", job.model, job.device, amount=job.audio_s)
            if not job.reused:
                self._measure("job_real_time_factor", job.model, job.device, value=job.run_s / job.audio_s)

    @_heard.register
    def _failed(self, event: JobFailed) -> None:
        self._ended(event, "failed", event.error)

    @_heard.register
    def _cancelled(self, event: JobCancelled) -> None:
        self._ended(event, "cancelled")

    def _ended(self, event: JobFailed | JobCancelled, outcome: str, error: str = "") -> None:
        if (job := self.jobs.end(event.job_id, event.at)) is not None:
            self._count("jobs_total", outcome, error, job.origin)

    @_heard.register
    def _lost(self, event: WorkerLost) -> None:
        self._count("worker_losses_total")
        if (job := self.jobs.get(event.job_id)) is not None:
            job.rest(event.at)

    @_heard.register
    def _probed(self, event: RecordingProbed) -> None:
        self._count("recordings_total", event.container.partition(",")[0])
        self._count("recording_bytes_total", amount=event.size_bytes)
        if (job := self.jobs.get(event.job_id)) is not None:
            job.audio_s = event.duration_s

    @_heard.register
    def _made(self, event: TranscriptMade) -> None:
        model = self._job(event.job_id).model
        self._count("words_total", model, event.language, amount=event.words)
        if event.confidence is not None:
            self._measure("transcript_confidence", model, value=event.confidence)

    def _job(self, job_id: str | None) -> RunningJob:
        return self.jobs.get(job_id) or RunningJob()

    # Stages

    @_heard.register
    def _stage_started(self, event: StageStarted) -> None:
        self._job(event.job_id).stages.add(event.stage)

    @_heard.register
    def _stage_finished(self, event: StageFinished) -> None:
        self._measure("stage_seconds", event.stage, event.origin, value=event.wall_s)
        if event.origin == "computed" and event.audio_s > 0:
            self._measure("stage_real_time_factor", event.stage, value=event.wall_s / event.audio_s)
        self._count("stage_cpu_seconds_total", event.stage, amount=event.cpu_s)
        self._count("stage_read_bytes_total", event.stage, amount=event.read_bytes)
        self._count("stage_written_bytes_total", event.stage, amount=event.written_bytes)
        job = self._job(event.job_id)
        job.stages.discard(event.stage)
        job.audio_s = job.audio_s or event.audio_s or None
        job.reused |= event.stage == "transcribe" and event.origin == "cache"

    @_heard.register
    def _stage_failed(self, event: StageFailed) -> None:
        self._count("stage_failures_total", event.stage, event.error)
        self._job(event.job_id).stages.discard(event.stage)

    @_heard.register
    def _transcribed(self, event: ChunkTranscribed) -> None:
        self._count("chunks_total", "checkpoint" if event.resumed else "computed")

    @_heard.register
    def _looked(self, event: CacheLooked) -> None:
        self._count("cache_looks_total", event.stage, amount=event.looks)
        self._count("cache_hits_total", event.stage, amount=event.hits)

    # Engines and models

    @_heard.register
    def _chosen(self, event: EngineChosen) -> None:
        self._count("engines_chosen_total", event.stage, event.engine, event.model, event.device)
        if event.stage == "transcribe":
            job = self._job(event.job_id)
            job.model, job.device = event.model, event.device

    @_heard.register
    def _decoded(self, event: BatchDecoded) -> None:
        self._measure("batch_windows", event.model, event.device, value=event.windows)
        self._count("batch_seconds_total", event.model, event.device, amount=event.wall_s)

    @_heard.register
    def _loaded(self, event: ModelLoaded) -> None:
        self._count("model_loads_total", event.model, event.device, _told(event.warm))
        if not event.warm:
            self._measure("model_load_seconds", event.model, event.device, value=event.wall_s)

    @_heard.register
    def _released(self, event: ModelReleased) -> None:
        self._count("model_releases_total", event.model, event.device)

    @_heard.register
    def _fell_back(self, event: FellBack) -> None:
        self._count("fallbacks_total", event.wanted, event.used)

    @_heard.register
    def _awaited(self, event: DeviceAwaited) -> None:
        self._count("device_waits_total", event.device)

    # Workers, exports, requests

    @_heard.register
    def _worker_started(self, event: WorkerStarted) -> None:  # noqa: ARG002
        self._count("worker_starts_total")

    @_heard.register
    def _worker_ended(self, event: WorkerEnded) -> None:
        self._count("worker_ends_total", _told(event.orderly))

    @_heard.register
    def _rendered(self, event: FormatRendered) -> None:
        self._count("exports_total", event.format, "failed" if event.error else "done")
        self._measure("export_seconds", event.format, event.family, value=event.wall_s)
        self._count("export_bytes_total", event.format, amount=event.size_bytes)

    @_heard.register
    def _export_started(self, event: ExportStarted) -> None:  # noqa: ARG002
        self._count("export_batches_started_total")

    @_heard.register
    def _export_finished(self, event: ExportFinished) -> None:
        self._count("export_batches_total", "partial" if event.failed else "done")

    @_heard.register
    def _export_failed(self, event: ExportFailed) -> None:  # noqa: ARG002
        self._count("export_batches_total", "failed")

    @_heard.register
    def _export_cancelled(self, event: ExportCancelled) -> None:  # noqa: ARG002
        self._count("export_batches_total", "cancelled")

    @_heard.register
    def _served(self, event: RequestServed) -> None:
        method = event.method if event.method in _METHODS else OTHER
        self._measure("http_request_seconds", event.route, method, f"{event.status // 100}xx", value=event.wall_s)


def _told(yes: bool) -> str:
    return "true" if yes else "false"
