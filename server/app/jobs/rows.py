"""Between table rows and job records."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from ..domain import codec
from ..domain.options import TranscribeOptions
from ..errors import NotFound
from .queue import rank
from .record import Job, JobError, JobState
from .schema import jobs

_PLAIN = (
    "id",
    "name",
    "priority",
    "source",
    "owns_source",
    "created_at",
    "started_at",
    "finished_at",
    "attempt",
    "stage",
    "progress",
    "eta_s",
    "transcript_id",
    "duration_s",
    "origin",
    "client",
    "kind",
)


def to_row(job: Job, home: str) -> dict[str, Any]:
    """The row of a job that nobody has claimed yet."""
    return {
        **{name: getattr(job, name) for name in _PLAIN},
        **error_columns(job.error),
        "home": home,
        "state": job.state.value,
        "rank": rank(job.priority, job.created_at),
        "options": codec.to_json(job.options).decode(),
        "crashes": 0,
        "interruptions": 0,
        "token": 0,
        "worker": None,
        "lease_until": None,
        "cancel_requested": False,
        "exports": None if job.exports is None else json.dumps(job.exports),
    }


def to_job(row: RowMapping) -> Job:
    """The job of a row."""
    error = None
    if row["error_code"] is not None:
        error = JobError(row["error_code"], row["error_message"] or "", row["error_hint"] or "")
    return Job(
        **{name: row[name] for name in _PLAIN},
        state=JobState(row["state"]),
        options=_options(row["options"]),
        error=error,
        exports=None if row["exports"] is None else tuple(json.loads(row["exports"])),
    )


@lru_cache(maxsize=1024)  # most jobs have the options of many others, and lists of them are long
def _options(text: str) -> TranscribeOptions:
    return codec.from_json(TranscribeOptions, text)


def error_columns(error: JobError | None) -> dict[str, str | None]:
    """The columns that hold a job's error; all None to clear it."""
    if error is None:
        return {"error_code": None, "error_message": None, "error_hint": None}
    return {"error_code": error.code, "error_message": error.message, "error_hint": error.hint}


def locked(connection: Connection, job_id: str) -> RowMapping:
    """A job's row, held against other writers until the transaction ends.

    Raises:
        NotFound: No such job.
    """
    row = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).mappings().one_or_none()
    if row is None:
        raise unknown(job_id)
    return row


def unknown(job_id: str) -> NotFound:
    """The error for an id that no job has."""
    return NotFound(f"There is no task '{job_id}'.", hint="It may have been deleted.", id=job_id)
