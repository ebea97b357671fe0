"""The door to everything that takes longer than a moment: submit recordings, follow them, fetch their transcripts."""

from __future__ import annotations

import builtins
import json
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Settings
from .domain.events import Emit, JobCancelled
from .domain.options import TranscribeOptions
from .domain.transcript import Transcript
from .errors import Conflict, NotFound
from .jobs.attempt import outcome, queued
from .jobs.database import Database
from .jobs.folders import JobFolders, check_source
from .jobs.leases import Leases
from .jobs.listeners import Listeners
from .jobs.record import Job, JobState, Kind, Runner
from .jobs.store import JobStore, StageRun
from .jobs.supervisor import Supervisor
from .jobs.waiting import wait_for_end
from .jobs.worker import WorkerPlan
from .stages.base import StageContext
from .stages.cache import forget

if TYPE_CHECKING:
    from .stages.unfolding import Unfolding

DELETE_PATIENCE_S = 10.0
"""Longest time `delete` waits for a running job to stop; workers are killed well before."""


class PipelineRunner:
    """Runs jobs through the pipeline, which stays warm between them. Lives in a worker process."""

    def __init__(self, settings: Settings) -> None:
        from .modern_pipeline import ModernPipeline  # heavy, and of no use outside the workers

        self._pipeline = ModernPipeline(settings)
        self._warms_up = settings.models.warm_up

    def prepare(self, emit: Emit) -> None:
        """Load the default model if that is wanted; `emit` is told of models let go of between jobs, too."""
        self._pipeline.tell(emit)
        if self._warms_up:
            self._pipeline.warm_up()

    def run(self, job: Job, context: StageContext) -> Transcript:
        """Transcribe the job's recording."""
        return self._pipeline.run(Path(job.source), job.options, name=job.name, context=context)

    @property
    def spent(self) -> bool:
        """Whether this process holds GPU memory that only its end gives back."""
        return self._pipeline.spent

    def close(self) -> None:
        """End the engines."""
        self._pipeline.close()


class TaskManager:
    """Jobs, from submission to transcript. Thread-safe; its methods return promptly unless they say otherwise.

    A job that `submit` returned is never lost: whatever is killed, the next start on the same data folder finishes
    it from its checkpoints. One process at a time can use a data folder.
    """

    def __init__(self, settings: Settings, open_runner: Callable[[Settings], Runner] = PipelineRunner) -> None:
        """Prepare; nothing is opened before `start`.

        Args:
            settings: All settings; `jobs` and `data_dir` matter here.
            open_runner: Makes what runs jobs, inside each worker process. Must be importable from there.
        """
        self._settings = settings
        self._open_runner = open_runner
        self._folders = JobFolders(settings.data_dir)
        self._listeners = Listeners()
        self._home = ""
        self._started: tuple[Database, JobStore, Supervisor] | None = None

    def start(self) -> None:
        """Open the store, take up what an earlier run left unfinished, and start the workers.

        Raises:
            Conflict: Another process uses the data folder, or the store is from a newer version.
            AudapolisError: The data folder or the database can't be used.
        """
        home = self._folders.open()
        try:
            self._open(home)
        except BaseException:
            self._folders.close()
            raise

    def stop(self) -> None:
        """End the workers, within four seconds. Running jobs go back into the queue, and on at the next start."""
        if self._started is None:
            return
        database, _, supervisor = self._started
        self._started = None
        supervisor.stop()
        database.close()
        self._folders.close()

    def renew(self, settings: Settings) -> None:
        """Work by other settings: each worker is replaced as soon as it has finished its present job.

        The job store and the data folder stay what they are; `jobs.workers` may be another.
        """
        self._settings = settings
        if self._started is not None:
            self._supervisor.renew(self._plan(), settings.jobs.workers)

    def __enter__(self) -> TaskManager:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def submit(
        self,
        source: Path,
        *,
        name: str,
        options: TranscribeOptions,
        priority: int = 0,
        owns_source: bool = False,
        exports: Sequence[str] | None = None,
        origin: str = "",
        client: str = "",
        kind: Kind = "batch",
    ) -> Job:
        """Queue a recording. When this returns the job survives `kill -9` of anything.

        Args:
            source: The media file. It is not copied: keep it until the job is done.
            name: What people call it.
            options: What is wanted; frozen with the job.
            priority: Higher goes first; each step is worth ten minutes of waiting.
            owns_source: Give the file to the job: it is moved into the data folder and deleted with the job.
            exports: Presets it is to be exported with once done; those of the settings when None.
            origin: The door it came in by; see `Job`.
            client: Tells senders apart.
            kind: Whether somebody waits for it.

        Raises:
            NotFound: No such file.
            UnsupportedMedia: It is not a file.
            StorageFull: The disk refused it.
        """
        check_source(source)
        job_id = str(uuid.uuid4())
        kept = self._folders.adopt(job_id, source, name) if owns_source else source.absolute()
        job = Job(
            id=job_id,
            name=name,
            priority=priority,
            options=options,
            source=str(kept),
            owns_source=owns_source,
            created_at=time.time(),
            exports=None if exports is None else tuple(exports),
            origin=origin,
            client=client,
            kind=kind,
        )
        with self._listeners.in_order():
            self._store.add(job)
            self._listeners.publish(queued(job))
        self._supervisor.wake()
        return job

    def get(self, job_id: str) -> Job:
        """Look at one job.

        Raises:
            NotFound: No such job.
        """
        return self._store.get(job_id)

    def list(self) -> builtins.list[Job]:
        """All jobs, oldest first."""
        return self._store.list()

    def cancel(self, job_id: str) -> Job:
        """Stop a job: a waiting one at once, a running one within 2 s, or 4 s when it has to be killed.

        Returns:
            The job as it is now; a running one is still `running`.

        Raises:
            NotFound: No such job.
            Conflict: It has ended in another way.
        """
        with self._listeners.in_order():
            before = self._store.get(job_id)
            job = self._store.cancel(job_id)
            if job.state is JobState.CANCELLED and before.state is not JobState.CANCELLED:
                self._listeners.publish(JobCancelled(job_id=job.id))
        if job.state is JobState.RUNNING:
            self._supervisor.cancel(job.id)
        return job

    def retry(self, job_id: str) -> Job:
        """Queue a failed, cancelled or quarantined job again; it goes on from its checkpoints.

        Raises:
            NotFound: No such job.
            Conflict: It is done, or has not ended.
        """
        with self._listeners.in_order():
            job = self._store.retry(job_id)
            self._listeners.publish(queued(job))
        self._supervisor.wake()
        return job

    def delete(self, job_id: str) -> None:
        """Remove a job with its transcript, its files and what was kept of its recording for later jobs.

        Waits some seconds for a running job to stop.

        Raises:
            NotFound: No such job.
            Conflict: It could not be stopped.
        """
        until = time.monotonic() + DELETE_PATIENCE_S
        while not self.get(job_id).state.ended:
            self._cancel_if_possible(job_id)
            self.wait(job_id, max(0.1, until - time.monotonic()))
            if time.monotonic() > until:
                raise Conflict("The task could not be stopped in time.", hint="Try again.", id=job_id)
        recording = self._recording_of(job_id)
        self._store.delete(job_id)
        self._folders.remove(job_id)
        if recording:
            forget(self._settings.cache_dir, recording)

    def _recording_of(self, job_id: str) -> str | None:
        """SHA-256 of a job's recording, as far as it is known."""
        match json.loads(self._store.checkpoint(job_id, "probe") or "null"):
            case {"sha256": str() as sha256}:
                return sha256
        try:
            return self._store.transcript(job_id).recording.sha256
        except Conflict:
            return None

    def transcript(self, job_id: str) -> Transcript:
        """The result of a finished job.

        Raises:
            NotFound: No such job.
            Conflict: It is not done.
        """
        return self._store.transcript(job_id)

    def amend(self, job_id: str, change: Callable[[Transcript], Transcript]) -> Transcript:
        """Change a finished job's transcript, as by a translation; `change` must be quick and keep the id.

        Raises:
            NotFound: No such job.
            Conflict: It is not done.
        """
        return self._store.amend(job_id, change)

    def unfolding(self, job_id: str) -> Unfolding:
        """Follows what is known for good of a job's transcript while the job runs.

        Raises:
            NotFound: No such job.
        """
        from .stages.unfolding import Unfolding  # with numpy, which would delay the start

        return Unfolding(partial(self._store.checkpoint, job_id), self.get(job_id).options)

    def find_transcript(self, transcript_id: str) -> Job:
        """The job whose transcript has this id.

        Raises:
            NotFound: There is none.
        """
        job = self._store.find_transcript(transcript_id)
        if job is None:
            raise NotFound(f"There is no transcript '{transcript_id}'.", id=transcript_id)
        return job

    def media(self, job_id: str) -> Path:
        """The job's media file.

        Raises:
            NotFound: No such job, or its file is gone.
        """
        path = Path(self.get(job_id).source)
        if not path.is_file():
            raise NotFound("The recording of this task is gone.", hint="It was moved or deleted.", id=job_id)
        return path

    def stage_runs(self, job_id: str) -> Sequence[StageRun]:
        """The audit of a job: which stages were begun, resumed and saved, in which attempt."""
        return self._store.stage_runs(job_id)

    def subscribe(self, listener: Emit) -> Callable[[], None]:
        """Call `listener` with every event of jobs and of their stages, from some thread; it must return at once.

        `StageProgress` is left out: `JobProgressed` tells the same, at most twice a second.

        Returns:
            Ends the subscription.
        """
        return self._listeners.subscribe(listener)

    def wait(self, job_id: str, timeout_s: float) -> Job:
        """Wait until a job has ended, or for `timeout_s`; the job as it is then.

        Raises:
            NotFound: No such job.
        """
        return wait_for_end(job_id, timeout_s, self.get, self.subscribe)

    @property
    def worker_pids(self) -> builtins.list[int]:
        """Process ids of the living workers."""
        return self._supervisor.pids

    @property
    def _store(self) -> JobStore:
        return self._opened[1]

    @property
    def _supervisor(self) -> Supervisor:
        return self._opened[2]

    @property
    def _opened(self) -> tuple[Database, JobStore, Supervisor]:
        if self._started is None:
            raise Conflict("The task manager is not running.", hint="Start it first.")
        return self._started

    def _cancel_if_possible(self, job_id: str) -> None:
        with suppress(Conflict):  # then it has just ended
            self.cancel(job_id)

    def _open(self, home: str) -> None:
        settings = self._settings
        database = Database(settings.database_url)
        try:
            database.migrate()
            store = JobStore(database, home=home)
            leases = Leases(database, home=home, lease_s=settings.jobs.lease_s, max_attempts=settings.jobs.max_attempts)
            taken = leases.take_all("the server ended while it ran")
            self._tidy(store)
        except BaseException:
            database.close()
            raise
        self._home = home
        supervisor = Supervisor(self._plan(), settings.jobs.workers, leases, store, self._listeners)
        self._started = database, store, supervisor
        for event in filter(None, map(outcome, taken)):
            self._listeners.publish(event)
        supervisor.start()

    def _tidy(self, store: JobStore) -> None:
        known = store.list()
        unfinished = (job.id for job in known if job.state is not JobState.DONE)
        self._folders.sweep((job.id for job in known), unfinished)

    def _plan(self) -> WorkerPlan:
        settings = self._settings
        return WorkerPlan(
            database_url=settings.database_url,
            home=self._home,
            work_root=self._folders.work_root,
            open_runner=partial(self._open_runner, settings),
            lease_s=settings.jobs.lease_s,
            heartbeat_s=settings.jobs.heartbeat_s,
            poll_s=settings.jobs.poll_s,
            max_attempts=settings.jobs.max_attempts,
            log_level=settings.log_level,
            log_format=settings.log_format,
        )
