"""What goes over the wire, with an example each. Transcripts are the records of `domain` themselves."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..domain.codec import to_plain
from ..domain.options import TranscribeOptions, vocabulary_terms
from ..errors import AudapolisError, InvalidOption, NotFound, UnknownName
from ..export.base import FormatInfo
from ..jobs.record import Job, JobState
from ..tasks import TaskManager

_TASK_EXAMPLE: dict[str, Any] = {
    "id": "6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5",
    "name": "interview.wav",
    "state": "running",
    "ended": False,
    "priority": 0,
    "options": to_plain(TranscribeOptions()),
    "created_at": "2026-01-31T12:00:00Z",
    "started_at": "2026-01-31T12:00:01Z",
    "finished_at": None,
    "attempt": 1,
    "stage": "transcribe",
    "progress": 0.42,
    "eta_s": 12.5,
    "duration_s": 61.2,
    "transcript_id": None,
    "exports": None,
    "error": None,
}

_FORMAT_EXAMPLE: dict[str, Any] = {
    "id": "rttm",
    "name": "RTTM",
    "family": "data",
    "extension": "rttm",
    "media_type": "text/plain",
    "description": "Who spoke when, for scoring.",
    "losses": ["words"],
    "checks": [],
    "options": [],
}


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProblemView(_Shape):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: Annotated[str, Field(description="What happened.")]
    hint: Annotated[str, Field(description="What to do about it.")]
    code: Annotated[str, Field(description="Stable identifier of the kind of error.")]
    instance: Annotated[str, Field(description="The path that was asked for.")]

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:audapolis:problem:not_found",
                "title": "Not found",
                "status": 404,
                "detail": "There is no task '6d0b3c1e'.",
                "hint": "GET /api/tasks lists the tasks.",
                "code": "not_found",
                "instance": "/api/tasks/6d0b3c1e",
            }
        }
    )


class OpenAIErrorDetail(_Shape):
    """What went wrong."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: Annotated[str | None, Field(description="The parameter at fault.")]
    code: str


class OpenAIError(_Shape):
    """An error as OpenAI's clients know it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "error": {
                    "message": "Unknown model 'whisper-9'. Known: auto, whisper-1.",
                    "type": "invalid_request_error",
                    "param": "model",
                    "code": "model_not_found",
                }
            }
        },
    )

    error: OpenAIErrorDetail


class ErrorView(_Shape):
    """Why a task did not end well."""

    code: str
    message: str
    hint: str


class TaskView(_Shape):
    """One recording on its way to a transcript."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _TASK_EXAMPLE})

    id: str
    name: Annotated[str, Field(description="Name of the recording.")]
    state: JobState
    ended: Annotated[bool, Field(description="Nothing more will happen to it by itself.")]
    priority: Annotated[int, Field(description="Higher goes first.")]
    options: TranscribeOptions
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: Annotated[int, Field(description="How often a worker has begun it.")]
    stage: Annotated[str | None, Field(description="What is being done now.")]
    progress: Annotated[float, Field(description="0 to 1.")]
    eta_s: Annotated[float | None, Field(description="Seconds of work left, when that can be told.")]
    duration_s: Annotated[float | None, Field(description="Length of the recording, once known.")]
    transcript_id: Annotated[str | None, Field(description="Id of the transcript, once done.")]
    exports: Annotated[
        list[str] | None, Field(description="Export presets for when it is done; null follows the settings.")
    ]
    error: ErrorView | None

    @classmethod
    def of(cls, job: Job) -> TaskView:
        """A job as clients see it: without the paths of this machine."""
        return cls(
            id=job.id,
            name=job.name,
            state=job.state,
            ended=job.state.ended,
            priority=job.priority,
            options=job.options,
            created_at=_moment(job.created_at),
            started_at=None if job.started_at is None else _moment(job.started_at),
            finished_at=None if job.finished_at is None else _moment(job.finished_at),
            attempt=job.attempt,
            stage=job.stage,
            progress=job.progress,
            eta_s=job.eta_s,
            duration_s=job.duration_s,
            transcript_id=job.transcript_id,
            exports=None if job.exports is None else list(job.exports),
            error=job.error and ErrorView(code=job.error.code, message=job.error.message, hint=job.error.hint),
        )


class TaskList(_Shape):
    """Tasks, the newest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"tasks": [_TASK_EXAMPLE], "total": 1}})

    tasks: list[TaskView]
    total: Annotated[int, Field(description="How many there are, listed here or not.")]


class TranscriptEntry(_Shape):
    """A transcript in a list."""

    id: str
    task_id: str
    name: str
    created_at: datetime
    duration_s: float | None

    @classmethod
    def of(cls, job: Job) -> TranscriptEntry | None:
        """The transcript of a job; None while it has none."""
        if job.state is not JobState.DONE or job.transcript_id is None:
            return None
        return cls(
            id=job.transcript_id,
            task_id=job.id,
            name=job.name,
            created_at=_moment(job.finished_at or job.created_at),
            duration_s=job.duration_s,
        )


class TranscriptList(_Shape):
    """Transcripts, the newest first."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "transcripts": [
                    {
                        "id": "3f1c9a52-0a54-4f0e-8f8f-4a2b8a0f6f6e",
                        "task_id": "6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5",
                        "name": "interview.wav",
                        "created_at": "2026-01-31T12:00:30Z",
                        "duration_s": 61.2,
                    }
                ],
                "total": 1,
            }
        },
    )

    transcripts: list[TranscriptEntry]
    total: int


class FormatList(_Shape):
    """The formats a transcript can be exported in."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"formats": [_FORMAT_EXAMPLE]}})

    formats: list[FormatInfo]


class Health(_Shape):
    """How the server is."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"status": "ok"}})

    status: Literal["ok", "unavailable"]


class Readiness(Health):
    """Whether work sent now would be done."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"status": "ok", "store": True, "workers": 1}})

    store: Annotated[bool, Field(description="The job store answers.")]
    workers: Annotated[int, Field(description="Worker processes alive.")]

    @classmethod
    def of(cls, tasks: TaskManager) -> Readiness:
        """Look at the job store and the workers."""
        try:
            store, workers = _answers(tasks), len(tasks.worker_pids)
        except AudapolisError:  # not running, or the store is out of reach
            store, workers = False, 0
        return cls(status="ok" if store and workers else "unavailable", store=store, workers=workers)


_options = TypeAdapter(TranscribeOptions)
OPTION_NAMES = frozenset(_options.json_schema()["properties"])


def read_options(fields: dict[str, str]) -> TranscribeOptions:
    """Turn form fields into options; an empty field means its default.

    Raises:
        UnknownName: There is no such option.
        InvalidOption: A value makes no sense; the error's data names the field.
    """
    given = {name: value for name, value in fields.items() if value != ""}
    for name in given:
        if name not in OPTION_NAMES:
            raise UnknownName("option", name, OPTION_NAMES)
    if re.match(r"[/.~]|.*\.\.", given.get("model", "")):
        raise InvalidOption("Over HTTP a model is given by name, not by a path.", field="model")
    try:
        terms = {"vocabulary": vocabulary_terms(given["vocabulary"])} if "vocabulary" in given else {}
        return _options.validate_python({**given, **terms})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        raise InvalidOption(
            f"The option '{field}' can't be '{given.get(field, '')}': {first['msg']}.", field=field
        ) from None


def _answers(tasks: TaskManager) -> bool:
    with suppress(NotFound):  # the right answer to a question for nothing
        tasks.get("")
    return True


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
