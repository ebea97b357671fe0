"""Many recordings into one folder: several at a time, going on after bad ones, and after being stopped."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..audio.sources import check_readable, fingerprint
from ..domain.cancellation import CancelToken
from ..domain.events import Emit, Event, JobEvent, JobProgressed
from ..domain.options import TranscribeOptions
from ..domain.transcript import Transcript
from ..errors import AudapolisError, Conflict, NotFound
from ..jobs.record import Job, JobState
from .console import Console, label
from .delivery import Exporter, save
from .ledger import Ledger
from .problems import DONE, INTERRUPTED, error_named, exit_code
from .summary import Outcome
from .writing import Permission

_LOOK_EVERY_S = 2.0
"""Events wake us; this is how often we look ourselves, in case one was missed."""


class Jobs(Protocol):
    """What a batch needs of the task manager."""

    def start(self) -> None:
        """Begin to work on what is queued."""
        ...

    def stop(self) -> None:
        """Stop working; what is unfinished stays queued."""
        ...

    def submit(
        self,
        source: Path,
        *,
        name: str,
        options: TranscribeOptions,
        priority: int = 0,
        owns_source: bool = False,
        origin: str = "",
    ) -> Job:
        """Queue a recording."""
        ...

    def get(self, job_id: str) -> Job:
        """A job as it is now."""
        ...

    def list(self) -> list[Job]:
        """All jobs, oldest first."""
        ...

    def retry(self, job_id: str) -> Job:
        """Queue an ended job again, keeping its checkpoints."""
        ...

    def cancel(self, job_id: str) -> Job:
        """Stop a job."""
        ...

    def delete(self, job_id: str) -> None:
        """Forget a job and all that belongs to it."""
        ...

    def transcript(self, job_id: str) -> Transcript:
        """The result of a job that is done."""
        ...

    def subscribe(self, listener: Emit) -> Callable[[], None]:
        """Be told of events from now on; the result ends that."""
        ...


@dataclass(slots=True)
class _Item:
    """One recording of the batch and the result files that are still to be written for it."""

    source: Path
    results: Mapping[str, Path]
    key: str = ""
    began_at: float = field(default_factory=time.monotonic)


class Batch:
    """One run of a batch.

    Args:
        jobs: Where the work is done; started and stopped by `run`.
        ledger: The result folder's memory, held by the caller.
        options: What is asked for every recording.
        exporter: Turns transcripts into results.
        permission: Asked before existing files that are not this batch's are replaced.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        ledger: Ledger,
        options: TranscribeOptions,
        exporter: Exporter,
        permission: Permission,
        console: Console,
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._options = options
        self._exporter = exporter
        self._permission = permission
        self._console = console
        self._waiting: dict[str, list[_Item]] = {}
        self._outcomes: dict[Path, Outcome] = {}

    def run(self, plan: Mapping[Path, Mapping[str, Path]], cancel: CancelToken) -> list[Outcome]:
        """Work on every recording of the plan until all have ended or somebody stops us.

        Args:
            plan: For each recording, the result file of each format.
            cancel: Set to stop; recordings not ended then are reported as such and go on in the next run.
        """
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        unsubscribe = self._jobs.subscribe(events.put)
        self._jobs.start()
        try:
            for source, results in plan.items():
                if cancel.cancelled:
                    break
                self._begin(_Item(source, results))
            if not cancel.cancelled:
                self._set_aside()
            self._follow(events, cancel)
        finally:
            self._jobs.stop()
            unsubscribe()
            self._ledger.save()
        return [self._outcomes.get(source, Outcome(source, "not finished", INTERRUPTED)) for source in plan]

    def _set_aside(self) -> None:
        """Stop what earlier batches left and this one does not ask for; it keeps its checkpoints."""
        for job in self._jobs.list():
            if not job.state.ended and job.id not in self._waiting:
                with suppress(Conflict):  # it has just ended
                    self._jobs.cancel(job.id)

    def _begin(self, item: _Item) -> None:
        try:
            job = self._job_for(item)
        except AudapolisError as error:
            self._fail(item, error)
        else:
            if job is None:
                self._outcomes[item.source] = Outcome(item.source, "done before", DONE)
                return
            self._waiting.setdefault(job.id, []).append(item)
            if job.state.ended:
                self._end(job)

    def _job_for(self, item: _Item) -> Job | None:
        """The job that makes what is missing, new or found again; None when nothing is missing."""
        check_readable(item.source)
        item.key = self._ledger.key(item.source, self._options, fingerprint)
        item.results = {
            format_id: path for format_id, path in item.results.items() if not self._ledger.finished(path, item.key)
        }
        if not item.results:
            return None
        self._permission.check(p for p in item.results.values() if not self._ledger.claimed(p, item.key))
        job = self._known_job(item) or self._jobs.submit(
            item.source, name=item.source.name, options=self._options, origin="batch"
        )
        self._ledger.submitted(item.key, job.id)
        for path in item.results.values():
            self._ledger.claim(path, item.key)
        self._ledger.save()
        return job

    def _known_job(self, item: _Item) -> Job | None:
        job_id = self._ledger.job(item.key)
        if job_id is None:
            return None
        try:
            job = self._jobs.get(job_id)
        except NotFound:
            return None
        if job.state is JobState.DONE or job_id in self._waiting:
            return job
        if job.source != str(item.source):  # it was moved meanwhile
            self._jobs.delete(job_id)
            return None
        return self._jobs.retry(job_id) if job.state.ended else job

    def _follow(self, events: queue.SimpleQueue[Event], cancel: CancelToken) -> None:
        look_at = time.monotonic() + _LOOK_EVERY_S
        while self._waiting and not cancel.cancelled:
            try:
                event = events.get(timeout=0.2)
            except queue.Empty:
                event = Event()
            if isinstance(event, JobProgressed):
                self._show(event.job_id, event.stage, event.progress, event.eta_s)
            elif isinstance(event, JobEvent):
                self._look([event.job_id])
            if time.monotonic() >= look_at:
                self._look(list(self._waiting))
                look_at = time.monotonic() + _LOOK_EVERY_S

    def _look(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            if job_id not in self._waiting:
                continue
            job = self._jobs.get(job_id)
            if job.state.ended:
                self._end(job)
            elif job.state is JobState.RUNNING:
                self._show(job_id, job.stage or "probe", job.progress, job.eta_s)

    def _show(self, job_id: str, stage: str, fraction: float, eta_s: float | None) -> None:
        if job_id in self._waiting:
            name = label(self._waiting[job_id][0].source)
            self._console.progress.update(job_id, name, stage, fraction, eta_s)

    def _end(self, job: Job) -> None:
        self._console.progress.finish(job.id)
        for item in self._waiting.pop(job.id):
            try:
                self._finish(item, job)
            except AudapolisError as error:
                self._fail(item, error)

    def _finish(self, item: _Item, job: Job) -> None:
        if job.state is not JobState.DONE:
            raise _why(job)
        transcript = self._jobs.transcript(job.id)
        for format_id, path in item.results.items():
            save(self._exporter, transcript, format_id, path, media=item.source)
            self._ledger.written(path, item.key)
        self._ledger.save()
        took_s = (job.finished_at - job.started_at) if job.finished_at and job.started_at else None
        outcome = Outcome.of(item.source, transcript, took_s)
        self._outcomes[item.source] = outcome
        self._console.note(f"{label(item.source)}: {outcome.told}")

    def _fail(self, item: _Item, error: AudapolisError) -> None:
        self._outcomes[item.source] = Outcome(item.source, error.message, exit_code(error))
        self._console.problem(label(item.source), error)


def _why(job: Job) -> AudapolisError:
    if job.state is JobState.CANCELLED:
        return Conflict("The job was cancelled.", hint="Run the same command again to start it anew.")
    if job.error is None:
        return AudapolisError(f"The job ended as {job.state} without saying why.")
    return error_named(job.error.code, job.error.message, job.error.hint)
