"""What is simulated: a site, its jobs with all their chances drawn beforehand, and the facts a job leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from audapolis.analytics.critical_path import Ran, critical_path, total_if
from audapolis.analytics.facts import Fact, JobFact, StageFact
from audapolis.analytics.span import HOUR_S

MONDAY = 1_767_571_200.0
GIB = 2**30


@dataclass(frozen=True)
class Cost:
    """What a stage takes: seconds at full speed, cores meanwhile, and share of the disk's bandwidth it wants."""

    base_s: float
    per_audio_s: float
    threads: float = 1.0
    disk: float = 0.0


COSTS: Mapping[str, Cost] = {
    "probe": Cost(0.5, 0.0, disk=0.05),
    "decode": Cost(0.5, 0.012, disk=0.08),
    "enhance": Cost(0.2, 0.014),
    "speech": Cost(0.2, 0.012),
    "diarize": Cost(1.0, 0.05),
    "transcribe": Cost(1.0, 0.10, 1.5, disk=0.01),
    "merge": Cost(0.1, 0.0005),
    "refine": Cost(0.2, 0.001),
    "assess": Cost(0.1, 0.0005),
}
AFTER = {
    "probe": ("decode",),
    "decode": ("enhance",),
    "enhance": ("speech",),
    "speech": ("diarize", "transcribe"),
    "diarize": ("merge",),
    "transcribe": ("merge",),
    "merge": ("refine",),
    "refine": ("assess",),
    "assess": (),
}
CACHED = ("decode", "enhance", "speech", "diarize", "transcribe")


@dataclass(frozen=True)
class Site:
    """What is simulated.

    Attributes:
        models: Share of the jobs and slowness, by model.
        load_s: Time to load a model that is not in the worker's memory.
        room: Models a worker keeps.
        repeats: Share of jobs whose recording came before.
        reuse: Whether results of earlier jobs are used.
        leak_bytes: What a worker's memory grows by with each job; at `limit_bytes` it is killed.
        gpu_bytes: The GPU's memory; 0 for no GPU. Each transcription takes `model_bytes` of it, waits `patience_s`
            for it, and then goes on without the GPU, eight times as slowly.
        flood: Share of all jobs that one client sends in few great bursts.
        fair: That client's jobs go after all others.
    """

    jobs: float = 450
    hours: float = 24
    workers: int = 4
    cores: float = 8
    audio_s: float = 600
    costs: Mapping[str, Cost] = field(default_factory=lambda: COSTS)
    models: Mapping[str, tuple[float, float]] = field(default_factory=lambda: {"small": (1.0, 1.0)})
    load_s: float = 8
    keep_alive_s: float = 7200
    room: int = 4
    repeats: float = 0.02
    reuse: bool = True
    leak_bytes: float = 0
    limit_bytes: float = 6 * GIB
    memory_bytes: float = 32 * GIB
    gpu_bytes: float = 0
    model_bytes: float = 4 * GIB
    patience_s: float = 60
    flood: float = 0
    fair: bool = False

    def costing(self, stage: str, **changes: float) -> Site:
        """The same with another cost of a stage."""
        return replace(self, costs={**self.costs, stage: replace(self.costs[stage], **changes)})


@dataclass
class Job:
    """A job, with all chances drawn before anything runs, so that what is tried meets the same jobs."""

    number: int
    queued_at: float
    audio_s: float
    model: str
    client: str
    recording: str
    luck: Mapping[str, float]
    queue_s: float = 0.0
    run_s: float = 0.0
    waiting_since: float = 0.0
    running_since: float = 0.0
    attempt: int = 0
    cached: bool = False
    fallbacks: int = 0
    peak_rss: float = 0.0
    pid: int = 0
    ended_at: float = 0.0
    device: str = "cpu"
    ran: list[StageFact] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"job-{self.number}"


def draw(site: Site, seed: int) -> list[Job]:
    """The jobs of a day: more by day than by night, lengths and luck log-normal."""
    dice = np.random.default_rng(seed)
    hours = np.arange(24) + 0.5
    day = 0.25 + np.exp(-(((hours - 13) / 4) ** 2) / 2)
    day *= site.jobs * (1 - site.flood) / day.sum()
    times = [h * HOUR_S + t for h, rate in enumerate(day) for t in dice.uniform(0, HOUR_S, dice.poisson(rate))]
    senders = [f"client-{1 + int(number)}" for number in dice.integers(0, 12, len(times))]
    if site.flood:
        for at in dice.choice(np.arange(8, 19), 3, replace=False):
            burst = dice.poisson(site.jobs * site.flood / 3)
            times += list(at * HOUR_S + np.cumsum(dice.exponential(2.0, burst)))
            senders += ["flooder"] * burst
    jobs: list[Job] = []
    names, shares = list(site.models), [share for share, _ in site.models.values()]
    for number, index in enumerate(np.argsort(times)):
        again = jobs[int(dice.integers(len(jobs)))] if jobs and dice.random() < site.repeats else None
        own = float(np.clip(site.audio_s * dice.lognormal(-0.3, 0.75), 30, 5 * HOUR_S))
        model = str(dice.choice(names, p=shares))
        common = dice.lognormal(0, 0.12)
        luck = {stage: float(common * dice.lognormal(0, 0.12)) for stage in AFTER}
        jobs.append(
            Job(
                number,
                MONDAY + times[index],
                again.audio_s if again else own,
                again.model if again else model,
                senders[index],
                again.recording if again else f"recording-{number}",
                luck,
            )
        )
    return jobs


def facts_of(job: Job) -> list[Fact]:
    """What a job leaves, as the follower of events writes it down."""
    began = job.queued_at + job.queue_s if job.attempt == 1 else job.running_since
    queue = StageFact(at=began, job_id=job.id, stage="queue", began_at=job.queued_at)
    stages = [queue, *job.ran]
    runs = [Ran(stage.stage, stage.began_at, stage.at) for stage in stages]
    path, whole_s = critical_path(runs), total_if(runs, {})
    pathed = [
        replace(s, path_s=path.get(s.stage, 0.0), saves_s=max(0.0, whole_s - total_if(runs, {s.stage: 0.0})))
        for s in stages
    ]
    fact = JobFact(
        at=job.ended_at,
        job_id=job.id,
        queued_at=job.queued_at,
        outcome="done",
        attempts=job.attempt,
        origin="api",
        client=job.client,
        queue_s=job.queue_s,
        run_s=job.run_s,
        recording=job.recording,
        transcript_id=f"transcript-{job.number}",
        file_type="mp3",
        audio_s=job.audio_s,
        engine="whisper",
        model=job.model,
        device=job.device,
        precision="int8",
        diarizer="acoustic",
        language="en",
        fallbacks=job.fallbacks,
        cpu_s=sum(stage.cpu_s or 0.0 for stage in job.ran),
        peak_rss_bytes=int(job.peak_rss),
        path=",".join(path),
        worker_pid=job.pid,
        version="1.0",
    )
    return [fact, *pathed]
