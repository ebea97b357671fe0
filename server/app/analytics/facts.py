"""What is remembered: one class for each table of the history.

A fact holds no content: no words, no names of files or people. `client` and `recording` are keyed digests, good for
telling things apart on this machine and for nothing else. All times are Unix time in seconds. Texts are "" and numbers
None where something is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Outcome = Literal["done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of all facts.

    Attributes:
        table: Where the history keeps facts of this kind; a column for each field.
        at: When it became known; facts are asked for, and forgotten, by this.
    """

    table: ClassVar[str]

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFact(Fact):
    """A job that has ended, at `at`; one fact for each time it ended.

    Attributes:
        outcome: `failed` includes jobs that were quarantined.
        error: Code of the error it failed with.
        failed_stage: Where it failed.
        origin: The door it came in by: `api`, `openai`, `desktop`, `batch` or `command`.
        kind: What it waited as: `batch` or `interactive`.
        queue_s: How long it waited for a worker, all attempts together.
        run_s: How long workers were at it, all attempts together.
        file_type: Container format as libav names it, first name only: `mp3`, `mov`, `matroska`.
        audio_s: Length of the recording.
        confidence: Mean of the words', 0..1.
        cpu_s: Processor time, of all stages together.
        path: The stages of its critical path, comma-separated.
        version: Of Audapolis.
    """

    table: ClassVar[str] = "jobs"

    job_id: str
    queued_at: float
    outcome: Outcome
    error: str = ""
    failed_stage: str = ""
    attempts: int = 1
    origin: str = ""
    kind: str = "batch"
    priority: int = 0
    client: str = ""
    queue_s: float = 0.0
    run_s: float = 0.0
    recording: str = ""
    transcript_id: str = ""
    file_type: str = ""
    codec: str = ""
    video: bool = False
    channels: int = 0
    size_bytes: int = 0
    audio_s: float | None = None
    engine: str = ""
    model: str = ""
    device: str = ""
    precision: str = ""
    diarizer: str = ""
    language: str = ""
    words: int | None = None
    speakers: int | None = None
    confidence: float | None = None
    fallbacks: int = 0
    cpu_s: float | None = None
    peak_rss_bytes: int | None = None
    path: str = ""
    worker_pid: int | None = None
    version: str = ""

    @property
    def latency_s(self) -> float:
        """From submission to the end."""
        return self.at - self.queued_at

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of work for a second of sound; None where the length is unknown."""
        return self.run_s / self.audio_s if self.audio_s else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFact(Fact):
    """One run of one stage, ended at `at`. Stages of the pipeline, and `queue` for the wait before them.

    Attributes:
        began_at: `at` less this is the wall time.
        path_s: What it contributes to the job's critical path; 0 where it is not on it.
        saves_s: How much earlier the job would have ended had the stage taken no time and nothing else changed.
        origin: `computed`, `checkpoint` or `cache`.
        looks, hits: How often results of earlier jobs were looked for, and found.
        engine, model, device, precision: What it was done with, where an engine did it.
        load_s: How long the stage waited for its model to be loaded.
        batches, windows: How often windows were decoded together, and how many in all.
        cpu_s, peak_rss_bytes, read_bytes, written_bytes: As in `StageFinished`.
    """

    table: ClassVar[str] = "stages"

    job_id: str
    stage: str
    attempt: int = 1
    began_at: float
    outcome: Outcome = "done"
    error: str = ""
    path_s: float = 0.0
    saves_s: float = 0.0
    origin: str = "computed"
    looks: int = 0
    hits: int = 0
    audio_s: float | None = None
    engine: str = ""
    model: str = ""
    device: str = ""
    precision: str = ""
    load_s: float = 0.0
    batches: int = 0
    windows: int = 0
    cpu_s: float | None = None
    peak_rss_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None

    @property
    def wall_s(self) -> float:
        """How long it took."""
        return self.at - self.began_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFact(Fact):
    """Something failed: a job, one attempt at it, an export, a worker.

    Attributes:
        kind: `job`, `attempt` (it is tried again), `export` or `worker`.
        error: The error's code; `worker_lost` where a process died.
        detail: How a worker died; never an error's message, which may name files.
        format: Of an export.
    """

    table: ClassVar[str] = "failures"

    kind: Literal["job", "attempt", "export", "worker"]
    error: str
    detail: str = ""
    job_id: str = ""
    stage: str = ""
    recording: str = ""
    file_type: str = ""
    audio_s: float | None = None
    engine: str = ""
    model: str = ""
    device: str = ""
    language: str = ""
    client: str = ""
    format: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackFact(Fact):
    """Something better was wanted and something else ran."""

    table: ClassVar[str] = "fallbacks"

    job_id: str = ""
    stage: str = ""
    wanted: str
    used: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFact(Fact):
    """A model was got ready. `warm` when it was in memory already; `released` when it was let go of."""

    table: ClassVar[str] = "loads"

    what: Literal["cold", "warm", "released"]
    model: str
    device: str = ""
    wall_s: float = 0.0
    size_bytes: int | None = None
    job_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFact(Fact):
    """A transcript was written in a format, or could not be."""

    table: ClassVar[str] = "exports"

    format: str
    family: str = ""
    wall_s: float = 0.0
    size_bytes: int = 0
    transcript_id: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFact(Fact):
    """What a person thought of a transcript: stars, or the counts of what was corrected. Never the words.

    Attributes:
        stars: 1..5 for a rating; None for a correction.
        words: Words of the corrected text.
        substitutions, deletions, insertions: Edits that turn what was recognised into the corrected text.
        bins: JSON list of ten `[confidence, words, right]`: for each tenth of the scale the mean confidence of the
            recognised words in it, how many there are, and how many stood uncorrected.
        speaker_words: Words that had a speaker before and after; None where nobody could compare.
        speaker_changes: Those that were given to another speaker.
        domain: What kind of speech it was, as the rater named it: `interview`, `lecture`, …
    """

    table: ClassVar[str] = "feedback"

    job_id: str
    kind: Literal["rating", "correction"]
    stars: int | None = None
    words: int | None = None
    substitutions: int | None = None
    deletions: int | None = None
    insertions: int | None = None
    bins: str = ""
    speaker_words: int | None = None
    speaker_changes: int | None = None
    engine: str = ""
    model: str = ""
    language: str = ""
    domain: str = ""
    audio_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFact(Fact):
    """Something was changed here: another version was started, a setting or knob was turned.

    Attributes:
        what: `version`, `setting` or `knob`.
        old, new: JSON.
        by: Who did it, as the record of changes names them.
    """

    table: ClassVar[str] = "changes"

    what: Literal["version", "setting", "knob"]
    key: str
    old: str = ""
    new: str = ""
    by: str = ""
    reason: str = ""


FACTS: dict[str, type[Fact]] = {
    kind.table: kind
    for kind in (
        JobFact,
        StageFact,
        FailureFact,
        FallbackFact,
        LoadFact,
        ExportFact,
        FeedbackFact,
        ChangeFact,
    )
}
"""Every kind of fact by its table."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A figure at a moment.

    Attributes:
        series: A name of `series.SERIES`.
        labels: Name and value pairs, sorted by name; few different ones.
    """

    series: str
    at: float
    value: float
    labels: tuple[tuple[str, str], ...] = ()
