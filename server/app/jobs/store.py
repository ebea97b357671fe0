"""The job store as its owner sees it: submit, look, cancel, retry, delete. Workers use `leases` instead.

It is the only truth about jobs. What is not in it did not happen; what is in it survives `kill -9` and power cuts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from ..domain import codec
from ..domain.transcript import Transcript
from ..errors import Conflict
from .database import Database
from .queue import rank
from .record import Job, JobState
from .rows import error_columns, locked, to_job, to_row, unknown
from .schema import checkpoints, jobs, stage_runs, transcripts

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class StageRun:
    """One line of a job's audit: a stage or chunk was begun, taken from its checkpoint, or saved to it."""

    key: str
    what: Literal["started", "resumed", "saved"]
    attempt: int
    at: float


class JobStore:
    """All jobs of a database. Thread-safe.

    Several servers, each with a data folder of its own, may share a PostgreSQL database: each sees all jobs but runs
    only those whose files lie in its folder (its `home`).
    """

    def __init__(self, database: Database, *, home: str, now: Clock = time.time) -> None:
        """Look at an open, migrated database.

        Args:
            database: Where the jobs are.
            home: Identifies the data folder that holds the files of new jobs.
            now: Unix time.
        """
        self._database = database
        self._home = home
        self._now = now

    def add(self, job: Job) -> Job:
        """Take a job into the queue; when this returns it can't be lost."""
        with self._database.write() as connection:
            connection.execute(insert(jobs).values(**to_row(job, self._home)))
        return job

    def get(self, job_id: str) -> Job:
        """Look at one job.

        Raises:
            NotFound: No such job.
        """
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().one_or_none()
        if row is None:
            raise unknown(job_id)
        return to_job(row)

    def list(self, *states: JobState) -> list[Job]:
        """All jobs, or those in the given states, oldest first."""
        query = select(jobs).order_by(jobs.c.number)
        if states:
            query = query.where(jobs.c.state.in_([state.value for state in states]))
        with self._database.read() as connection:
            return [to_job(row) for row in connection.execute(query).mappings()]

    def worker_of(self, job_id: str) -> str | None:
        """Who holds a job's lease; None when nobody does or there is no such job."""
        query = select(jobs.c.worker).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def cancel(self, job_id: str) -> Job:
        """Cancel a waiting job at once, or ask the worker of a running one to stop.

        Returns:
            The job: `cancelled`, or still `running` with the request noted.

        Raises:
            NotFound: No such job.
            Conflict: It has ended in another way.
        """
        with self._database.write() as connection:
            row = locked(connection, job_id)
            state = JobState(row["state"])
            if state is JobState.CANCELLED:
                return to_job(row)
            if state.ended:
                raise Conflict(f"The task has already ended: it is {state}.", id=job_id, state=state.value)
            if state is JobState.RUNNING:
                return _change(connection, row, cancel_requested=True)
            return _change(connection, row, state=JobState.CANCELLED.value, finished_at=self._now(), eta_s=None)

    def retry(self, job_id: str) -> Job:
        """Queue a failed, cancelled or quarantined job again; it goes on from its checkpoints.

        Raises:
            NotFound: No such job.
            Conflict: It is done, or has not ended.
        """
        with self._database.write() as connection:
            row = locked(connection, job_id)
            state = JobState(row["state"])
            if not state.ended or state is JobState.DONE:
                raise Conflict(f"Only a task that did not end well can be retried; this one is {state}.", id=job_id)
            return _change(
                connection,
                row,
                state=JobState.QUEUED.value,
                rank=rank(row["priority"], self._now()),
                crashes=0,
                interruptions=0,
                cancel_requested=False,
                finished_at=None,
                **error_columns(None),
            )

    def delete(self, job_id: str) -> None:
        """Remove a job with its transcript, checkpoints and audit.

        Raises:
            NotFound: No such job.
            Conflict: It is running.
        """
        with self._database.write() as connection:
            row = locked(connection, job_id)
            if row["state"] == JobState.RUNNING:
                raise Conflict("The task is running.", hint="Cancel it first.", id=job_id)
            for table in (stage_runs, checkpoints, transcripts):
                connection.execute(delete(table).where(table.c.job_id == job_id))
            connection.execute(delete(jobs).where(jobs.c.id == job_id))

    def transcript(self, job_id: str) -> Transcript:
        """The result of a finished job.

        Raises:
            NotFound: No such job.
            Conflict: It is not done.
        """
        with self._database.read() as connection:
            query = select(transcripts.c.body).where(transcripts.c.job_id == job_id)
            body: str | None = connection.execute(query).scalar()
        if body is not None:
            return codec.from_json(Transcript, body)
        job = self.get(job_id)
        why = f": {job.error.message}" if job.error else ""
        hint = (job.error.hint if job.error else "") or "A transcript exists once the task is done."
        raise Conflict(f"The task is {job.state}, so it has no transcript{why}.", hint=hint, id=job_id)

    def amend(self, job_id: str, change: Callable[[Transcript], Transcript]) -> Transcript:
        """Put a changed transcript in place of the stored one; two changes at a time are made one after the other.

        Args:
            job_id: The job.
            change: Makes the new one from the stored one, at once; the id must stay.

        Raises:
            NotFound: No such job.
            Conflict: It is not done.
        """
        where = transcripts.c.job_id == job_id
        with self._database.write() as connection:
            body: str | None = connection.execute(select(transcripts.c.body).where(where).with_for_update()).scalar()
            if body is not None:
                changed = change(codec.from_json(Transcript, body))
                values = {"body": codec.to_json(changed).decode()}
                connection.execute(update(transcripts).where(where).values(**values))
                return changed
        return self.transcript(job_id)  # tells why there is none

    def find_transcript(self, transcript_id: str) -> Job | None:
        """The job that made the transcript with this id."""
        query = select(jobs).where(jobs.c.transcript_id == transcript_id).order_by(jobs.c.number).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else to_job(row)

    def checkpoint(self, job_id: str, key: str) -> bytes | None:
        """What the job's worker saved under the key, or None; all of it is gone once the job is done."""
        query = select(checkpoints.c.payload).where(checkpoints.c.job_id == job_id, checkpoints.c.key == key)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def stage_runs(self, job_id: str) -> Sequence[StageRun]:
        """The audit of a job, oldest first: what was begun, resumed and saved, in which attempt."""
        query = select(stage_runs).where(stage_runs.c.job_id == job_id).order_by(stage_runs.c.number)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [StageRun(row["key"], row["what"], row["attempt"], row["at"]) for row in rows]


def _change(connection: Connection, row: RowMapping, **values: Any) -> Job:
    changed = connection.execute(update(jobs).where(jobs.c.id == row["id"]).values(**values).returning(jobs))
    return to_job(changed.mappings().one())
