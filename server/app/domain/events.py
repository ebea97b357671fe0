"""What happens while work is done. Stages and jobs emit these; whoever wants to know subscribes.

An event is a fact about the past, small and free of content: no words, no file names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

StageName = str
"""One of `probe`, `decode`, `enhance`, `speech`, `diarize`, `transcribe`, `merge`, `refine`,
`assess`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events. `at` is Unix time in seconds."""

    at: float = field(default_factory=time.time)


Origin = Literal["computed", "checkpoint", "cache"]
"""Where a stage's result is from: worked out now, an earlier attempt at the job, an earlier job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEvent(Event):
    """Base of what happens while a recording is worked on. `job_id` is None for work that is nobody's job."""

    job_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted(WorkEvent):
    """A stage began. `resumed` is true when its result came from a checkpoint and nothing was computed."""

    stage: StageName
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress(WorkEvent):
    """A stage is `done_s` of `total_s` seconds of audio far; `total_s` is None where it is not known yet."""

    stage: StageName
    done_s: float
    total_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFinished(WorkEvent):
    """A stage ended well after `wall_s` seconds of wall time on `audio_s` seconds of audio.

    `cpu_s` and the bytes are what it took of the machine, its helper processes included; where stages run side by
    side, what can't be told apart is shared evenly. `peak_rss_bytes` is the most memory the whole process and its
    helpers were seen to hold meanwhile. What could not be measured is None.
    """

    stage: StageName
    wall_s: float
    audio_s: float
    origin: Origin = "computed"
    cpu_s: float | None = None
    peak_rss_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFailed(WorkEvent):
    """A stage ended with an error; `error` is the error's code."""

    stage: StageName
    error: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTranscribed(WorkEvent):
    """One chunk's words are known and checkpointed. `resumed` when they came from a checkpoint."""

    index: int
    start_s: float
    end_s: float
    words: int
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLooked(WorkEvent):
    """Results of earlier jobs were looked for: `hits` of `looks` were there."""

    stage: StageName
    looks: int
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingProbed(WorkEvent):
    """What a recording is. `container` as libav names it, `recording` a digest of its bytes."""

    recording: str
    container: str
    codec: str
    video: bool
    channels: int
    duration_s: float | None
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChosen(WorkEvent):
    """A stage works with this engine from now on; told again where another takes over."""

    stage: StageName
    engine: str
    model: str
    device: str
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptMade(WorkEvent):
    """What the result looks like. `confidence` is the mean of its words', 0..1; None where there are none."""

    transcript_id: str
    language: str
    words: int
    speakers: int
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLoaded(WorkEvent):
    """An engine's model is in memory and about to be used; `warm` when it was there already.

    `wall_s` is what opening it took, without waiting for memory. `stage` is empty where it was loaded beforehand.
    """

    model: str
    device: str
    wall_s: float
    warm: bool = False
    size_bytes: int | None = None
    stage: StageName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReleased(WorkEvent):
    """A model was let go of after it had been in memory for `held_s` seconds."""

    model: str
    device: str
    held_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDecoded(WorkEvent):
    """An engine decoded so many windows together."""

    model: str
    device: str
    windows: int
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack(WorkEvent):
    """Something wanted could not be had and something else was used."""

    wanted: str
    used: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAwaited(WorkEvent):
    """Memory of a device (`cpu`, `cuda:0`) is being waited for. Told again every ten seconds meanwhile."""

    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFetching(WorkEvent):
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
    """A job was accepted and waits.

    `origin` is the door it came in by: `api`, `openai`, `desktop`, `batch` or `command`. `client` names whoever sent
    it without telling who that is: a keyed digest, empty where that is not to be known. `kind` is what it waits as.
    """

    origin: str = ""
    client: str = ""
    kind: str = "batch"
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted(JobEvent):
    """A worker, named by its process id, claimed the job; `attempt` counts from 1."""

    attempt: int
    pid: int | None = None


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
class WorkerStarted(Event):
    """A worker process began."""

    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnded(Event):
    """A worker process ended after `lived_s`; `reason` tells how, `orderly` whether it was meant to."""

    pid: int
    lived_s: float
    orderly: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatRendered(Event):
    """A transcript was written in a format, or could not be: `error` is the error's code then.

    `transcript_id` is empty where what was exported is no transcript of a job.
    """

    format: str
    family: str
    wall_s: float
    size_bytes: int
    transcript_id: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestServed(Event):
    """An HTTP request was answered. `route` is the pattern, such as `/api/tasks/{task_id}`."""

    route: str
    method: str
    status: int
    wall_s: float


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


def emitter_of(job_id: str, emit: Emit) -> Emit:
    """An emitter that says of all that happens while a recording is worked on whose job it is."""

    def told(event: Event) -> None:
        emit(replace(event, job_id=job_id) if isinstance(event, WorkEvent) else event)

    return told


def ignore(_event: Event) -> None:
    """The emitter for when nobody listens."""
