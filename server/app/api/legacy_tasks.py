"""Our jobs as the audapolis desktop app polls them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..domain.options import TranscribeOptions
from ..export.desktop import desktop_content
from ..jobs.record import Job, JobState
from ..models import ModelLibrary
from ..tasks import TaskManager
from .legacy_models import Downloads, find_model

STAGE_STATES: dict[str | None, str] = {
    None: "loading",
    "probe": "loading",
    "decode": "converting",
    "enhance": "converting",
    "speech": "diarizing",
    "diarize": "diarizing",
    "transcribe": "transcribing",
    "merge": "post_processing",
    "refine": "post_processing",
    "assess": "post_processing",
}
"""What the app shows while a job runs, by stage. Telling speakers apart begins with finding speech; after that it
runs beside transcription, which takes longer and is what is shown."""

STATES: dict[JobState, str] = {
    JobState.QUEUED: "queued",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "canceled",
    JobState.QUARANTINED: "failed",
}
"""What the app shows otherwise. It knows no failed state: it shows the word and goes on polling."""


def legacy_state(job: Job) -> str:
    """The state of a job in the app's words."""
    if job.state is JobState.RUNNING:
        state = STAGE_STATES.get(job.stage, "transcribing")
        return "converting" if state == "diarizing" and not job.options.diarize else state
    return STATES[job.state]


def legacy_options(
    model_id: str, diarize: bool, max_speakers: int | None, library: ModelLibrary | None = None
) -> TranscribeOptions:
    """The options of a request of the app.

    Raises:
        NotFound: There is no such model.
    """
    model = find_model(model_id, library)
    return TranscribeOptions(
        engine=model.engine,
        model=model.model,
        language=model.lang,
        diarize=diarize,
        max_speakers=max_speakers if diarize else None,
    )


def legacy_task(job: Job, content: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A job in the app's words. `total` and `processed` are seconds of sound, 0 while the length is unknown."""
    total = job.duration_s or 0.0
    return {
        "uuid": job.id,
        "filename": job.name,
        "state": legacy_state(job),
        "total": total,
        "processed": job.progress * total,
        "content": content,
        "progress": job.progress,
        "error": asdict(job.error) if job.error else None,
    }


def show(tasks: TaskManager, downloads: Downloads, task_id: str) -> dict[str, Any]:
    """A download, or a job with its result once it is done.

    Raises:
        NotFound: There is neither.
    """
    if download := downloads.get(task_id):
        return asdict(download)
    job = tasks.get(task_id)
    if job.state is not JobState.DONE:
        return legacy_task(job)
    return legacy_task(job, desktop_content(tasks.transcript(task_id), unnamed=job.name))


def show_all(tasks: TaskManager, downloads: Downloads) -> list[dict[str, Any]]:
    """Everything that was started and not deleted, by id; without results, which can be large."""
    everything = [legacy_task(job) for job in tasks.list()] + [asdict(each) for each in downloads.list()]
    return sorted(everything, key=lambda task: str(task["uuid"]))
