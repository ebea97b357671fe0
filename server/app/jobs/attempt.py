"""One attempt at one job, inside a worker: signs of life while it runs, and what becomes of it."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..domain.cancellation import CancelToken
from ..domain.events import (
    Emit,
    Event,
    JobCancelled,
    JobFailed,
    JobFinished,
    JobProgressed,
    JobQueued,
    JobStarted,
    StageProgress,
    StageStarted,
    WorkerLost,
    emitter_of,
)
from ..errors import AudapolisError, Cancelled, WorkerCrashed
from ..stages.base import StageContext
from ..stages.progress import Progress, ProgressEstimator
from .checkpoints import StoredCheckpoints
from .leases import Leases, Sign
from .queue import Blame
from .record import Claim, Job, JobError, JobState, LeaseLost, Runner

log = logging.getLogger(__name__)

TICK_S = 0.5
"""How often progress is stored and told, at most."""


class Terminated(SystemExit):
    """SIGTERM came: everything unwinds, the job goes back into the queue, the process ends."""


class Pulse:
    """Shows signs of life for a running job from a thread of its own, and passes its events on, with the job's id.

    It vouches for the work, not for the process: when the work itself has been silent for `stall_s`, the lease is
    left to expire, and the supervisor ends the worker.
    """

    def __init__(
        self, leases: Leases, claim: Claim, cancel: CancelToken, send: Emit, *, heartbeat_s: float, stall_s: float
    ) -> None:
        self._leases = leases
        self._claim = claim
        self._cancel = cancel
        self._send = send
        self._tell = emitter_of(claim.job.id, send)
        self._heartbeat_s = heartbeat_s
        self._stall_s = stall_s
        self._lock = threading.Lock()
        self._estimator = ProgressEstimator()
        self._latest: Progress | None = None
        self._told: Progress | None = None
        self._duration_s: float | None = None
        self._alive_at = self._renewed_at = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self.lost = False

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def emit(self, event: Event) -> None:
        """Take an event of the pipeline; from any thread."""
        with self._lock:
            self._alive_at = time.monotonic()
            self._latest = self._estimator.update(event)
            if isinstance(event, StageProgress) and event.stage == "decode" and event.total_s:
                self._duration_s = event.total_s
        if isinstance(event, StageStarted):
            self._guarded(lambda: self._note(event))
        if not isinstance(event, StageProgress):  # `JobProgressed` tells the same, less often
            self._tell(event)

    def _note(self, event: StageStarted) -> None:
        self._leases.note(self._claim, event.stage, "resumed" if event.resumed else "started")

    def _beat(self) -> None:
        tick_s = min(TICK_S, self._heartbeat_s)
        while not self._over.wait(tick_s) and not self.lost:
            self._guarded(self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        with self._lock:
            latest, alive_at = self._latest, self._alive_at
        news = latest is not None and latest != self._told
        if not news and now - self._renewed_at < self._heartbeat_s:
            return
        if now - alive_at > self._stall_s:
            return
        if self._leases.renew(self._claim, self._sign(latest)):
            self._cancel.cancel()
        self._renewed_at, self._told = now, latest
        if news and latest is not None:
            job_id = self._claim.job.id
            self._send(JobProgressed(job_id=job_id, stage=latest.stage, progress=latest.fraction, eta_s=latest.eta_s))

    def _sign(self, latest: Progress | None) -> Sign | None:
        if latest is None:
            return None
        return Sign(latest.stage, latest.fraction, latest.eta_s, self._duration_s)

    def _guarded(self, write: Callable[[], None]) -> None:
        """Do a write that may be refused: a lost lease stops the work, a broken store is tried again later."""
        try:
            write()
        except LeaseLost:
            self.lost = True
            self._cancel.cancel()
        except AudapolisError:
            log.exception("The job store did not take a sign of life of job %s", self._claim.job.id)


def attempt(
    claim: Claim,
    runner: Callable[[], Runner],
    leases: Leases,
    *,
    workdir: Path,
    cancel: CancelToken,
    send: Emit,
    heartbeat_s: float,
    stall_s: float,
) -> Job | None:
    """Work on a claimed job to its end and store what came of it.

    Returns:
        The job as it is now, or None when it was taken away.
    """
    job = claim.job
    send(JobStarted(job_id=job.id, attempt=job.attempt, pid=os.getpid()))
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        with Pulse(leases, claim, cancel, send, heartbeat_s=heartbeat_s, stall_s=stall_s) as pulse:
            context = StageContext(workdir, pulse.emit, cancel, StoredCheckpoints(leases, claim))
            transcript = runner().run(job, context)
        ended = leases.finish(claim, transcript)
    except LeaseLost:
        log.warning("Job %s was taken from this worker; its work is dropped", job.id)
        return None
    except Terminated:
        cancel.cancel()
        _settle(claim, leases, Cancelled(), cancel, send)
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it is the job's outcome
        return _settle(claim, leases, error, cancel, send)
    send(JobFinished(job_id=job.id))
    return ended


def _settle(claim: Claim, leases: Leases, error: Exception, cancel: CancelToken, send: Emit) -> Job | None:
    """Store how an attempt ended that did not end well."""
    try:
        if cancel.cancelled:  # whatever broke while stopping is of no interest
            ended = leases.give_back(claim)
        elif isinstance(error, WorkerCrashed):
            ended = leases.give_back(claim, error.message, Blame.JOB)
            send(WorkerLost(job_id=ended.id, attempt=ended.attempt, reason=error.message))
        else:
            log.log(_severity(error), "Job %s failed", claim.job.id, exc_info=error)
            ended = leases.fail(claim, JobError.of(error))
    except LeaseLost:
        return None
    event = outcome(ended)
    if event is not None:
        send(event)
    return ended


def _severity(error: Exception) -> int:
    return logging.INFO if isinstance(error, AudapolisError) else logging.ERROR


def queued(job: Job) -> JobQueued:
    """The event that tells of a job that waits: new, given back, or to be tried again."""
    return JobQueued(job_id=job.id, origin=job.origin, client=job.client, kind=job.kind, priority=job.priority)


def outcome(job: Job) -> Event | None:
    """The event that tells of the state a job has come to."""
    match job.state:
        case JobState.QUEUED:
            return queued(job)
        case JobState.DONE:
            return JobFinished(job_id=job.id)
        case JobState.CANCELLED:
            return JobCancelled(job_id=job.id)
        case JobState.FAILED | JobState.QUARANTINED:
            error = job.error or JobError("internal_error", "It is not known why.")
            return JobFailed(job_id=job.id, error=error.code, message=error.message)
        case _:
            return None
