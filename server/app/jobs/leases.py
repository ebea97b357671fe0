"""The job store as workers and their supervisor see it: claim, show signs of life, store results, take away.

Every write of a worker is fenced: it names the token of its claim and is refused once the job was taken from it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, insert, select, update

from ..domain import codec
from ..domain.transcript import Transcript
from .database import Database
from .queue import Blame, after_loss, quarantine_error
from .record import Claim, Job, JobError, JobState, LeaseLost
from .rows import error_columns, to_job
from .schema import checkpoints, jobs, stage_runs, transcripts
from .store import Clock

_RUNNING = JobState.RUNNING.value


@dataclass(frozen=True, slots=True)
class Sign:
    """How far a running job is, as its worker last knew."""

    stage: str | None = None
    progress: float = 0.0
    eta_s: float | None = None
    duration_s: float | None = None


class Leases:
    """Who works on what, for the jobs of one data folder. Thread-safe."""

    def __init__(
        self, database: Database, *, home: str, lease_s: float, max_attempts: int, now: Clock = time.time
    ) -> None:
        """Look at an open, migrated database.

        Args:
            database: Where the jobs are.
            home: Identifies the data folder; only its jobs are touched.
            lease_s: How long a claim lasts without a sign of life.
            max_attempts: Crashes in a row after which a job is quarantined.
            now: Unix time.
        """
        self._database = database
        self._home = home
        self._lease_s = lease_s
        self._max_attempts = max_attempts
        self._now = now

    def claim(self, worker: str) -> Claim | None:
        """Take the first job of the queue, if any; no two workers ever get the same. Counts an attempt."""
        first = self._queue().limit(1)
        with self._database.read() as connection:  # an idle worker must not take the write lock
            if connection.execute(first).scalar() is None:
                return None
        with self._database.write() as connection:
            number = connection.execute(first.with_for_update(skip_locked=True)).scalar()
            if number is None:
                return None
            taken = (
                update(jobs)
                .where(jobs.c.number == number)
                .values(
                    state=_RUNNING,
                    worker=worker,
                    token=jobs.c.token + 1,
                    attempt=jobs.c.attempt + 1,
                    started_at=self._now(),
                    lease_until=self._now() + self._lease_s,
                    cancel_requested=False,
                    eta_s=None,
                    **error_columns(None),
                )
            )
            row = connection.execute(taken.returning(jobs)).mappings().one()
        return Claim(to_job(row), worker, row["token"])

    def renew(self, claim: Claim, sign: Sign | None = None) -> bool:
        """Prolong a lease and store how far the job is.

        Returns:
            Whether somebody wants the job cancelled.

        Raises:
            LeaseLost: The job was taken away.
        """
        values: dict[str, Any] = {"lease_until": self._now() + self._lease_s}
        if sign is not None:
            values.update(stage=sign.stage, progress=sign.progress, eta_s=sign.eta_s)
            if sign.duration_s is not None:
                values.update(duration_s=sign.duration_s)
        with self._database.write() as connection:
            return bool(_fenced(connection, claim, **values)["cancel_requested"])

    def finish(self, claim: Claim, transcript: Transcript) -> Job:
        """Store the result and mark the job done, in one transaction; its checkpoints are no longer needed.

        Raises:
            LeaseLost: The job was taken away; nothing was stored.
        """
        with self._database.write() as connection:
            row = _fenced(
                connection,
                claim,
                state=JobState.DONE.value,
                finished_at=self._now(),
                progress=1.0,
                transcript_id=transcript.id,
                duration_s=transcript.recording.duration_s,
                **_FREE,
            )
            body = codec.to_json(transcript).decode()
            connection.execute(insert(transcripts).values(job_id=claim.job.id, body=body))
            connection.execute(delete(checkpoints).where(checkpoints.c.job_id == claim.job.id))
        return to_job(row)

    def fail(self, claim: Claim, error: JobError) -> Job:
        """End the job with an error that trying again would only repeat.

        Raises:
            LeaseLost: The job was taken away.
        """
        with self._database.write() as connection:
            now = self._now()
            row = _fenced(
                connection, claim, state=JobState.FAILED.value, finished_at=now, **error_columns(error), **_FREE
            )
        return to_job(row)

    def give_back(self, claim: Claim, reason: str = "", blame: Blame = Blame.NOBODY) -> Job:
        """Stop working on the job: it is cancelled if that was asked for, else queued again or quarantined.

        Raises:
            LeaseLost: The job was taken away.
        """
        with self._database.write() as connection:
            return self._release(connection, _fenced(connection, claim), reason, blame)

    def take_from(self, worker: str, reason: str, blame: Blame) -> list[Job]:
        """Release at once whatever a worker that is known to be dead held."""
        return self._take(jobs.c.worker == worker, reason=reason, blame=blame)

    def take_all(self, reason: str) -> list[Job]:
        """Release at once everything that runs; for a server that starts and has no workers yet."""
        return self._take(reason=reason, blame=Blame.SERVER)

    def take_expired(self, worker: str, reason: str) -> list[Job]:
        """Release what a worker nobody knows held, if it has been silent for too long."""
        return self._take(jobs.c.worker == worker, jobs.c.lease_until < self._now(), reason=reason, blame=Blame.JOB)

    def overdue(self) -> list[str]:
        """The workers that hold a lease but have been silent for too long."""
        query = select(jobs.c.worker).where(
            jobs.c.state == _RUNNING, jobs.c.home == self._home, jobs.c.lease_until < self._now()
        )
        with self._database.read() as connection:
            return [worker for worker in connection.execute(query).scalars() if worker is not None]

    def load_checkpoint(self, job_id: str, key: str) -> bytes | None:
        """What was saved for a job under the key, or None."""
        query = select(checkpoints.c.payload).where(checkpoints.c.job_id == job_id, checkpoints.c.key == key)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def save_checkpoint(self, claim: Claim, key: str, payload: bytes) -> None:
        """Keep finished work durably. A new key is progress, so the job's crashes are counted afresh.

        Raises:
            LeaseLost: The job was taken away; nothing was saved.
        """
        here = (checkpoints.c.job_id == claim.job.id, checkpoints.c.key == key)
        with self._database.write() as connection:
            _fenced(connection, claim)
            if connection.execute(update(checkpoints).where(*here).values(payload=payload)).rowcount == 0:
                connection.execute(insert(checkpoints).values(job_id=claim.job.id, key=key, payload=payload))
                _fenced(connection, claim, crashes=0, interruptions=0)
            self._audit(connection, claim, key, "saved")

    def note(self, claim: Claim, key: str, what: str) -> None:
        """Write a line into the job's audit.

        Raises:
            LeaseLost: The job was taken away.
        """
        with self._database.write() as connection:
            _fenced(connection, claim)
            self._audit(connection, claim, key, what)

    def _audit(self, connection: Connection, claim: Claim, key: str, what: str) -> None:
        connection.execute(
            insert(stage_runs).values(
                job_id=claim.job.id, attempt=claim.job.attempt, key=key, what=what, at=self._now()
            )
        )

    def _queue(self) -> Select[tuple[int]]:
        waiting = (jobs.c.state == JobState.QUEUED.value, jobs.c.home == self._home)
        return select(jobs.c.number).where(*waiting).order_by(jobs.c.rank, jobs.c.number)

    def _take(self, *which: ColumnElement[bool], reason: str, blame: Blame) -> list[Job]:
        query = select(jobs).where(jobs.c.state == _RUNNING, jobs.c.home == self._home, *which).with_for_update()
        with self._database.write() as connection:
            rows: Sequence[RowMapping] = connection.execute(query).mappings().all()
            return [self._release(connection, row, reason, blame) for row in rows]

    def _release(self, connection: Connection, row: RowMapping, reason: str, blame: Blame) -> Job:
        crashes = row["crashes"] + (blame is Blame.JOB)
        interruptions = row["interruptions"] + (blame is Blame.SERVER)
        state = JobState.CANCELLED
        if not row["cancel_requested"]:
            state = after_loss(crashes, interruptions, self._max_attempts)
        error = quarantine_error(crashes + interruptions, reason) if state is JobState.QUARANTINED else None
        released = (
            update(jobs)
            .where(jobs.c.number == row["number"])
            .values(
                state=state.value,
                crashes=crashes,
                interruptions=interruptions,
                finished_at=self._now() if state.ended else None,
                **error_columns(error),
                **_FREE,
            )
        )
        return to_job(connection.execute(released.returning(jobs)).mappings().one())


_FREE: dict[str, Any] = {"worker": None, "lease_until": None, "eta_s": None, "cancel_requested": False}
"""The columns of a job that nobody works on."""


def _fenced(connection: Connection, claim: Claim, **values: Any) -> RowMapping:
    """Change the claimed job, unless it was taken away; the row as it is then."""
    held = update(jobs).where(jobs.c.id == claim.job.id, jobs.c.token == claim.token, jobs.c.state == _RUNNING)
    # With nothing to change, the token is written over itself: that locks the row until the transaction ends.
    changed = held.values(**(values or {"token": claim.token})).returning(jobs)
    row = connection.execute(changed).mappings().one_or_none()
    if row is None:
        raise LeaseLost(id=claim.job.id)
    return row
