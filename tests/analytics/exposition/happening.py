"""Everything that can happen, in an order it can happen in, and one whole look at a machine."""

from __future__ import annotations

import time
from collections.abc import Sequence

from audapolis.analytics.facts import Sample
from audapolis.analytics.series import SERIES
from audapolis.domain.events import (
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
    JobProgressed,
    JobQueued,
    JobStarted,
    ModelFetching,
    ModelLoaded,
    ModelReleased,
    RecordingProbed,
    RequestServed,
    StageFailed,
    StageFinished,
    StageProgress,
    StageStarted,
    TranscriptMade,
    WorkerEnded,
    WorkerLost,
    WorkerStarted,
)

JOB = "6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"
SECOND = "0a52730e-6a3f-4a7b-9a1c-3d1f6f1c2b77"
THIRD = "c5a51ed8-1f0e-4a3e-b5de-2f3c9a6f9d10"


def _work(job_id: str, at: float, *, model: str, device: str) -> list[Event]:
    """What a worker tells of a recording of 120 s: 40 s of work from `at` on."""
    of = {"model": model, "device": device}
    return [
        StageStarted(at=at, job_id=job_id, stage="probe"),
        RecordingProbed(
            at=at, job_id=job_id, recording="d1gest", container="mov,mp4,m4a", codec="aac",
            video=True, channels=2, duration_s=120.0, size_bytes=2_000_000,
        ),
        StageFinished(at=at + 1, job_id=job_id, stage="probe", wall_s=1.0, audio_s=120.0, cpu_s=0.5, read_bytes=4096),
        CacheLooked(at=at + 1, job_id=job_id, stage="transcribe", looks=1, hits=0),
        CacheLooked(at=at + 1, job_id=job_id, stage="diarize", looks=2, hits=1),
        StageStarted(at=at + 1, job_id=job_id, stage="transcribe"),
        StageStarted(at=at + 1, job_id=job_id, stage="diarize"),
        StageProgress(at=at + 2, job_id=job_id, stage="transcribe", done_s=5.0, total_s=120.0),
        EngineChosen(at=at + 2, job_id=job_id, stage="transcribe", engine="whisper", precision="int8", **of),
        ModelFetching(at=at + 2, job_id=job_id, model=model, source="hub", done_bytes=1, total_bytes=2),
        DeviceAwaited(at=at + 3, job_id=job_id, device=device),
        FellBack(at=at + 3, job_id=job_id, wanted="cuda", used="cpu", reason="no GPU is here"),
        ModelLoaded(at=at + 6, job_id=job_id, stage="transcribe", wall_s=3.0, size_bytes=10**9, **of),
        ModelLoaded(at=at + 6, job_id=job_id, stage="transcribe", wall_s=0.0, warm=True, **of),
        BatchDecoded(at=at + 20, job_id=job_id, windows=8, wall_s=14.0, **of),
        ChunkTranscribed(at=at + 20, job_id=job_id, index=0, start_s=0.0, end_s=28.0, words=60),
        ChunkTranscribed(at=at + 20, job_id=job_id, index=1, start_s=28.0, end_s=50.0, words=40, resumed=True),
        JobProgressed(at=at + 20, job_id=job_id, stage="transcribe", progress=0.5, eta_s=20.0),
    ]  # fmt: skip


def happenings(since: float | None = None) -> Sequence[Event]:
    """Three jobs, one of which loses its worker, with all that goes on around them; the last ends just now."""
    at = time.time() - 400 if since is None else since
    result = {"transcript_id": "t", "language": "en", "words": 100, "speakers": 2, "confidence": 0.83}
    return [
        WorkerStarted(at=at, pid=11),
        RequestServed(at=at, route="/api/tasks", method="POST", status=202, wall_s=0.02),
        RequestServed(at=at, route="/api/tasks/{task_id}", method="GET", status=404, wall_s=0.002),
        JobQueued(at=at, job_id=JOB, origin="api", kind="interactive"),
        JobQueued(at=at, job_id=SECOND, origin="batch"),
        JobQueued(at=at, job_id=THIRD, origin="openai"),
        JobStarted(at=at + 10, job_id=JOB, attempt=1, pid=11),
        *_work(JOB, at + 10, model="large-v3", device="cuda:0"),
        WorkerLost(at=at + 40, job_id=JOB, attempt=1, reason="killed by signal 9"),
        WorkerEnded(at=at + 40, pid=11, lived_s=40.0, orderly=False, reason="killed by signal 9"),
        JobQueued(at=at + 40, job_id=JOB),
        WorkerStarted(at=at + 41, pid=12),
        JobStarted(at=at + 50, job_id=JOB, attempt=2, pid=12),
        *_work(JOB, at + 50, model="large-v3", device="cuda:0"),
        StageFinished(at=at + 80, job_id=JOB, stage="diarize", wall_s=29.0, audio_s=120.0, origin="cache"),
        StageFinished(
            at=at + 90, job_id=JOB, stage="transcribe", wall_s=39.0, audio_s=120.0, cpu_s=70.0, written_bytes=10**6
        ),
        TranscriptMade(at=at + 90, job_id=JOB, **result),  # type: ignore[arg-type]
        JobFinished(at=at + 90, job_id=JOB),
        FormatRendered(at=at + 91, format="srt", family="captions", wall_s=0.2, size_bytes=3000, transcript_id="t"),
        FormatRendered(at=at + 91, format="aaf", family="editors", wall_s=0.1, size_bytes=0, error="export_failed"),
        JobStarted(at=at + 100, job_id=SECOND, attempt=1, pid=12),
        *_work(SECOND, at + 100, model="small", device="cpu"),
        StageFailed(at=at + 130, job_id=SECOND, stage="transcribe", error="out_of_memory", message="No memory left."),
        JobFailed(at=at + 130, job_id=SECOND, error="out_of_memory", message="No memory left."),
        JobStarted(at=at + 140, job_id=THIRD, attempt=1, pid=12),
        StageStarted(at=at + 140, job_id=THIRD, stage="decode"),
        JobCancelled(at=at + 150, job_id=THIRD),
        ModelReleased(at=at + 150, model="large-v3", device="cuda:0", held_s=90.0),
        ExportStarted(at=at + 151, export_id="e1"),
        ExportFinished(at=at + 152, export_id="e1", files=3, failed=0),
        ExportStarted(at=at + 153, export_id="e2"),
        ExportFinished(at=at + 154, export_id="e2", files=3, failed=1),
        ExportStarted(at=at + 155, export_id="e3"),
        ExportFailed(at=at + 156, export_id="e3", error="storage_full", message="The disk is full."),
        ExportStarted(at=at + 157, export_id="e4"),
        ExportCancelled(at=at + 158, export_id="e4"),
        WorkerEnded(at=at + 160, pid=12, lived_s=119.0, orderly=True, reason="retired"),
    ]


def look() -> Sequence[Sample]:
    """A sample of every series there is, for each label two curves."""
    at = time.time()
    values = {"fraction": 0.25, "bytes": 4e9, "count": 3.0}
    labels = {"role": ("server", "worker"), "device": ("cuda:0", "cuda:1"), "model": ("large-v3", "small")}
    samples = []
    for series in SERIES.values():
        for number in range(2 if series.labels else 1):
            told = tuple((name, labels.get(name, (f"{name}-0", f"{name}-1"))[number]) for name in series.labels)
            samples.append(Sample(series.name, at, values.get(series.unit, 50.0), tuple(sorted(told))))
    return samples
