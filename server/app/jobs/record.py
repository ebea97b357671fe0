"""A job as everybody sees it, and a claim: the right of one worker to work on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

from ..domain.events import Emit
from ..domain.options import TranscribeOptions
from ..domain.transcript import Transcript
from ..errors import AudapolisError, Cancelled, OutOfMemory, StorageFull
from ..stages.base import StageContext

Kind = Literal["batch", "interactive"]
"""What a job waits as: to be done some time, or with somebody waiting on the line."""


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    """Waits for a worker: new, given back, or to be tried again after a crash."""

    RUNNING = "running"
    """A worker holds its lease."""

    DONE = "done"
    """Its transcript is stored."""

    FAILED = "failed"
    """Ended with an error that trying again would only repeat."""

    CANCELLED = "cancelled"
    """Somebody stopped it."""

    QUARANTINED = "quarantined"
    """Its worker died too often; it is not tried again by itself."""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job did not end well: `code` for programs, the other two for people."""

    code: str
    message: str
    hint: str = ""

    @classmethod
    def of(cls, error: BaseException) -> JobError:
        """Describe an exception; foreign ones are named but not trusted to be readable."""
        known = _known(error)
        if known is not None:
            return cls(known.code, known.message, known.hint)
        return cls(
            "internal_error",
            f"Something broke inside Audapolis: {type(error).__name__}: {error}",
            "The log has the details. Please report it; trying again may help.",
        )


def _known(error: BaseException) -> AudapolisError | None:
    if isinstance(error, AudapolisError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemory("There was not enough memory.", hint="Run fewer workers, or use a smaller model.")
    if isinstance(error, OSError) and error.errno in {28, 122}:  # ENOSPC, EDQUOT
        return StorageFull("The disk is full.", hint="Free some space, then try the task again.")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One recording to be transcribed; its parameters never change after it was submitted.

    Attributes:
        id: A random UUID.
        name: What people call the recording, usually its file's name.
        priority: Higher goes first; see `queue.rank`.
        source: Absolute path of the media file.
        owns_source: Whether the file belongs to the job and is deleted with it.
        created_at: Unix time, as are the other two; `started_at` is that of the latest attempt.
        attempt: How often a worker has begun it; counted when it is claimed, so a crash can't hide one.
        progress: 0..1.
        eta_s: Seconds of work expected to be left; None while unknown.
        transcript_id: The `id` of the stored transcript, once done.
        duration_s: Length of the recording, once known.
        exports: Presets to export with once done (`preset`, `preset@target`); None follows the settings.
        origin: The door it came in by: `api`, `openai`, `desktop`, `batch` or `command`; empty where nobody said.
        client: Tells senders apart without naming them; empty where that is not to be known.
        kind: What it waits as.
    """

    id: str
    name: str
    state: JobState = JobState.QUEUED
    priority: int = 0
    options: TranscribeOptions
    source: str
    owns_source: bool = False
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    attempt: int = 0
    stage: str | None = None
    progress: float = 0.0
    eta_s: float | None = None
    error: JobError | None = None
    transcript_id: str | None = None
    duration_s: float | None = None
    exports: tuple[str, ...] | None = None
    origin: str = ""
    client: str = ""
    kind: Kind = "batch"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one worker to work on a job.

    `token` grows with every claim of the job. Each write on the job's behalf names it and is refused when a later
    claim exists or the job was taken away: a worker that was believed dead can't do harm when it wakes up.
    """

    job: Job
    worker: str
    token: int


class LeaseLost(Cancelled):
    """The job was taken from this worker, which must drop it without another write."""

    def __init__(self, message: str = "The job was given to another worker.", **data: object) -> None:
        super().__init__(message, **data)


class Runner(Protocol):
    """What a worker process does with jobs. Opened once per process and kept warm between jobs."""

    def run(self, job: Job, context: StageContext) -> Transcript:
        """Turn the job's source into a transcript.

        Raises:
            Cancelled: Within 2 s of `context.cancel` being set.
            WorkerCrashed: A helper process died; the job is tried again.
            AudapolisError: Anything else; the job fails.
        """
        ...

    def close(self) -> None:
        """Free what is kept warm."""
        ...


@runtime_checkable
class Spendable(Protocol):
    """A runner whose process may have to end before all it took is free again, such as memory of a GPU."""

    @property
    def spent(self) -> bool:
        """Whether that is so now; the process is replaced when it is between jobs."""
        ...


@runtime_checkable
class Preparing(Protocol):
    """A runner that can get ready before its first job, and has things to tell that happen between jobs."""

    def prepare(self, emit: Emit) -> None:
        """Load what will be needed; from now on tell `emit` what happens that is no job's doing."""
        ...


OpenRunner = Callable[[], Runner]
"""Makes the runner of a worker process. Must survive pickling: a top-level function or a `partial` of one."""
