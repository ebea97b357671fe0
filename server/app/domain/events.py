"""What happens while work is done. Stages and jobs emit these; whoever wants to know subscribes.

An event is a fact about the past, small and free of content: no words, no file names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

StageName = str
"""One of `probe`, `decode`, `enhance`, `speech`, `diarize`, `transcribe`, `merge`, `refine`,
`assess`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events. `at` is Unix time in seconds."""

    at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted(Event):
    """A stage began. `resumed` is true when its result came from a checkpoint and nothing was computed."""

    stage: StageName
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress(Event):
    """A stage is `done_s` of `total_s` seconds of audio far; `total_s` is None where it is not known yet."""

    stage: StageName
    done_s: float
    total_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFinished(Event):
    """A stage ended well after `wall_s` seconds of wall time on `audio_s` seconds of audio."""

    stage: StageName
    wall_s: float
    audio_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFailed(Event):
    """A stage ended with an error; `error` is the error's code."""

    stage: StageName
    error: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTranscribed(Event):
    """One chunk's words are known and checkpointed. `resumed` when they came from a checkpoint."""

    index: int
    start_s: float
    end_s: float
    words: int
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack(Event):
    """Something wanted could not be had and something else was used."""

    wanted: str
    used: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAwaited(Event):
    """Memory of a device (`cpu`, `cuda:0`) is being waited for. Told again every ten seconds meanwhile."""

    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFetching(Event):
    """A model is being fetched from `source`: `done_bytes` of `total_bytes` are here."""

    model: str
    source: str
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent(Event):
    """Base of the events of a job's life."""

    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueued(JobEvent):
    """A job was accepted and waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted(JobEvent):
    """A worker claimed the job; `attempt` counts from 1."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgressed(JobEvent):
    """The job is `progress` (0..1) far, in `stage`; `eta_s` is None while nothing can be predicted."""

    stage: StageName
    progress: float
    eta_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished(JobEvent):
    """The job is done and its transcript stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed(JobEvent):
    """The job ended with an error and will not be tried again by itself."""

    error: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCancelled(JobEvent):
    """Somebody stopped the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost(JobEvent):
    """The worker that ran the job died or stopped answering; the job is queued again or quarantined."""

    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStarted(Event):
    """An export in the background began, or went on after a restart."""

    export_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFinished(Event):
    """An export came to its end with `files` files, of which `failed` could not be made."""

    export_id: str
    files: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFailed(Event):
    """An export could not be made at all: its target is out of reach, for one."""

    export_id: str
    error: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCancelled(Event):
    """Somebody stopped an export."""

    export_id: str


Emit = Callable[[Event], None]
"""Takes an event; must return at once and never raise."""


def ignore(_event: Event) -> None:
    """The emitter for when nobody listens."""
