"""The jobs that have not ended, as far as metrics need to know them for their labels and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MOST_JOBS = 20_000
"""Jobs kept at a time; the oldest is let go of beyond, so that lost ends can't fill the memory."""


@dataclass(slots=True)
class RunningJob:
    """A job that has not ended. Times are Unix time in seconds.

    Attributes:
        kind, origin: As it was queued; "" where that was before this process began.
        queued_at: When it came in; None likewise.
        waiting_since, running_since: When its present state began; None while it is in the other.
        queue_s, run_s: How long it was in each, up to the present state.
        model, device: What its words are recognised with.
        audio_s: Length of the recording.
        reused: Its words were known from an earlier job.
        stages: Those that run now.
    """

    kind: str = ""
    origin: str = ""
    queued_at: float | None = None
    waiting_since: float | None = None
    running_since: float | None = None
    queue_s: float = 0.0
    run_s: float = 0.0
    model: str = ""
    device: str = ""
    audio_s: float | None = None
    reused: bool = False
    stages: set[str] = field(default_factory=set)

    def be_queued(self, kind: str, origin: str, at: float) -> None:
        """It came in."""
        self.kind, self.origin, self.queued_at = kind, origin, at
        self.wait(at)

    def wait(self, at: float) -> None:
        """It waits for a worker, for the first time or again."""
        self.rest(at)
        self.waiting_since = at

    def run(self, at: float) -> None:
        """A worker began it."""
        self.rest(at)
        self.running_since = at

    def rest(self, at: float) -> None:
        """Its present state ends: it goes into the sums, and no stage runs any more."""
        if self.waiting_since is not None:
            self.queue_s += max(0.0, at - self.waiting_since)
        if self.running_since is not None:
            self.run_s += max(0.0, at - self.running_since)
        self.waiting_since = self.running_since = None
        self.stages.clear()


class RunningJobs:
    """A bounded table of them, by id."""

    def __init__(self, most: int = MOST_JOBS) -> None:
        self._most = most
        self._jobs: dict[str, RunningJob] = {}

    def get(self, job_id: str | None) -> RunningJob | None:
        """The job, where it is known and has not ended."""
        return None if job_id is None else self._jobs.get(job_id)

    def add(self, job_id: str) -> RunningJob:
        """A new one."""
        while len(self._jobs) >= self._most:
            del self._jobs[next(iter(self._jobs))]
        job = self._jobs[job_id] = RunningJob()
        return job

    def end(self, job_id: str, at: float) -> RunningJob | None:
        """The job as it ended; None where its end was told already, or it was never seen."""
        job = self._jobs.pop(job_id, None)
        if job is not None:
            job.rest(at)
        return job

    def stages(self) -> Mapping[str, int]:
        """How many jobs are in each stage now."""
        return Counter(stage for job in self._all() for stage in job.stages)

    def _all(self) -> Iterable[RunningJob]:
        return self._jobs.values()
