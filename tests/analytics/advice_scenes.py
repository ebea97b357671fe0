"""Sites as they went for some days: for each rule one in which its advice must come, and a healthy one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from audapolis.analytics.advice import Site
from audapolis.analytics.capacity import replay
from audapolis.analytics.capacity.contention import INDEPENDENT, Contention
from audapolis.analytics.facts import (
    ChangeFact,
    Fact,
    FallbackFact,
    FeedbackFact,
    JobFact,
    LoadFact,
    Sample,
    StageFact,
)
from audapolis.analytics.history.store import History
from audapolis.analytics.span import DAY_S, HOUR_S, Period

GIB = 2**30
START = 1_767_571_200.0
"""A Monday at midnight, UTC."""

KNOBS_NOW: dict[str, Any] = {
    "workers": 2,
    "threads_per_worker": 4,
    "model_keep_alive": 600.0,
    "cache_size": 4 * GIB,
    "cache_age": 7.0,
    "default_model": None,
    "warm_up": False,
}
LIMITS = {
    "workers": (1.0, 8.0),
    "threads_per_worker": (0.0, 8.0),
    "model_keep_alive": (0.0, 604_800.0),
    "cache_size": (0.0, 80.0 * GIB),
    "cache_age": (0.0, 365.0),
}


@dataclass(frozen=True)
class Scene:
    """A site as it went for some days; healthy as it is.

    Attributes:
        every_s: A job comes every so many seconds, on the average; at regular times where not `random`.
        cores_used: By one job.
        load_each: Processes that want to run for each job that runs.
        free: Memory available while all workers are idle, and what each busy one takes of it.
        curves: Other series, each with its value while idle and, added for each busy worker, its growth.
        job, times: What differs from job to job; how long each takes, beside the others.
        more: Other facts, made of the jobs.
    """

    every_s: float = 600.0
    random: bool = True
    days: float = 2.0
    run_s: float = 240.0
    spread: float = 0.4
    contention: Contention = INDEPENDENT
    cores: int = 8
    cores_used: float = 1.5
    load_each: float = 1.5
    memory_bytes: float = 32 * GIB
    free: tuple[float, float] = (24 * GIB, 1.5 * GIB)
    worker_bytes: float = 1.5 * GIB
    device: str = "cpu"
    gpus: int = 0
    clients: Sequence[str] = ("anna", "bert", "carla", "dora")
    job: Callable[[int], dict[str, Any]] = lambda _number: {}
    times: Callable[[int], float] = lambda _number: 1.0
    more: Callable[[list[JobFact]], list[Fact]] = lambda _jobs: []
    curves: dict[str, tuple[float, float]] = field(default_factory=dict)
    labelled: Callable[[float], list[Sample]] = lambda _at: []
    knobs: dict[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] | None = ("small", "medium", "tiny")
    arrivals: Callable[[Any], Any] | None = None

    @property
    def site(self) -> Site:
        return Site(
            cores=self.cores,
            memory_bytes=self.memory_bytes,
            target_wait_s=300.0,
            knobs={**KNOBS_NOW, **self.knobs},
            limits=LIMITS,
            models=self.models,
            gpus=self.gpus,
        )

    @property
    def period(self) -> Period:
        return Period(START, START + (self.days + 2) * DAY_S)

    def facts(self) -> list[JobFact]:
        dice = np.random.default_rng(5)
        count = int(self.days * DAY_S / self.every_s)
        gaps = dice.exponential(self.every_s, count) if self.random else np.full(count, self.every_s)
        arrived = START + np.cumsum(gaps) if self.arrivals is None else self.arrivals(dice)
        count = len(arrived)
        audio_s = 1000 * dice.lognormal(0, self.spread, count)
        times = np.array([self.times(row) for row in range(count)])
        work_s = self.run_s * audio_s / audio_s.mean() * dice.lognormal(0, 0.05, count) * times
        done = replay(arrived, work_s, self.site.workers, self.contention)
        return [
            JobFact(
                **{
                    "at": float(arrived[row] + done.latency_s[row]),
                    "job_id": f"job-{row}",
                    "queued_at": float(arrived[row]),
                    "outcome": "done",
                    "queue_s": float(done.wait_s[row]),
                    "run_s": float(done.run_s[row]),
                    "recording": f"recording-{row}",
                    "client": self.clients[row % len(self.clients)],
                    "audio_s": float(audio_s[row]),
                    "engine": "whisper",
                    "model": "small",
                    "device": self.device,
                    "precision": "int8",
                    "language": "en",
                    "words": int(2.5 * audio_s[row]),
                    "cpu_s": float(work_s[row] * self.cores_used),
                    "peak_rss_bytes": int(self.worker_bytes),
                    "worker_pid": 100 + row % self.site.workers,
                    **self.job(row),
                }
            )
            for row in range(count)
        ]

    def history(self, folder: Path) -> History:
        jobs = self.facts()
        history = History(folder / "history.sqlite")
        stages = [each for job in jobs for each in stages_of(job, self.cores_used)]
        history.write([*jobs, *stages, *self.more(jobs)], self.samples(jobs))
        return history

    def samples(self, jobs: list[JobFact]) -> list[Sample]:
        at = np.arange(START, max(job.at for job in jobs) + 600, 60.0 if self.days < 10 else 600.0)
        began = np.sort([job.at - job.run_s for job in jobs])
        ended = np.sort([job.at for job in jobs])
        busy = np.searchsorted(began, at, side="right") - np.searchsorted(ended, at, side="right")
        each = {
            "workers.busy": (0.0, 1.0),
            "cpu.utilisation": (0.02, self.cores_used / self.cores),
            "cpu.load": (0.2, self.load_each),
            "cpu.iowait": (0.01, 0.0),
            "disk.busy": (0.02, 0.05),
            "memory.available_bytes": (self.free[0], -self.free[1]),
            "swap.used_bytes": (0.0, 0.0),
            "cache.bytes": (1.0 * GIB, 0.0),
            **self.curves,
        }
        found = [
            Sample(series, float(moment), float(idle + grows * count))
            for series, (idle, grows) in each.items()
            for moment, count in zip(at, busy, strict=True)
        ]
        for moment in at:
            found += [
                Sample("disk.free_bytes", float(moment), 100.0 * GIB, (("purpose", "data"),)),
                *[
                    Sample("worker.rss_bytes", float(moment), self.worker_bytes, (("worker", str(number)),))
                    for number in range(self.site.workers)
                ],
                *self.labelled(float(moment)),
            ]
        last = {(sample.series, sample.labels, sample.at): sample for sample in found}
        return list(last.values())


def stages_of(job: JobFact, cores_used: float) -> list[StageFact]:
    """A job that decodes for a fifth of its time, and transcribes for the rest."""
    began = job.at - job.run_s
    middle = began + 0.2 * job.run_s
    shared: dict[str, Any] = {"job_id": job.job_id, "audio_s": job.audio_s, "device": job.device}
    decode = {"looks": 1, "hits": 0, **shared, "device": ""}
    recognised = {"engine": job.engine, "model": job.model, "precision": job.precision, **shared}
    wall_s = job.at - middle
    return [
        StageFact(at=middle, began_at=began, stage="decode", path_s=middle - began, **decode),
        StageFact(
            at=job.at, began_at=middle, stage="transcribe", path_s=wall_s, cpu_s=cores_used * wall_s, **recognised
        ),
    ]


def loaded(jobs: list[JobFact], wall_s: float, size_bytes: int = GIB) -> list[Fact]:
    """Every job waited for its model."""
    return [
        LoadFact(
            at=job.at - job.run_s + wall_s,
            what="cold",
            model=job.model,
            device="cpu",
            wall_s=wall_s,
            size_bytes=size_bytes,
            job_id=job.job_id,
        )
        for job in jobs
    ]


def corrected(jobs: list[JobFact], errors: dict[str, float]) -> list[Fact]:
    """Every job was corrected; a model's share of wrong words is so much, more or less."""
    dice = np.random.default_rng(11)
    return [
        FeedbackFact(
            at=job.at + 60,
            job_id=job.job_id,
            kind="correction",
            words=job.words,
            substitutions=int((job.words or 0) * errors[job.model] * dice.lognormal(0, 0.2)),
            deletions=0,
            insertions=0,
            engine=job.engine,
            model=job.model,
            language=job.language,
        )
        for job in jobs
    ]


def repeated(again_after: int) -> Callable[[int], dict[str, Any]]:
    """A recording that comes again after so many others."""
    return lambda row: {"recording": f"recording-{row % again_after}"}


def growing(at: float) -> list[Sample]:
    held = GIB + 0.1 * GIB * (at - START) / HOUR_S
    return [Sample("worker.rss_bytes", at, held, (("worker", str(number)),)) for number in range(2)]


def nearly_full(at: float) -> list[Sample]:
    return [Sample("disk.free_bytes", at, 2.0 * GIB, (("purpose", "data"),))]


def models_held(at: float) -> list[Sample]:
    return [Sample("model.bytes", at, 6.0 * GIB, (("device", "cpu"), ("model", "small")))]


def gpu_busy(at: float) -> list[Sample]:
    return [Sample("gpu.utilisation", at, 0.95, (("device", "cuda:0"),))]


def bursts(dice: Any) -> Any:
    """Seven that send a job now and then; one that sends two hundred at once, every day."""
    steady = START + np.cumsum(dice.exponential(900.0, 190))
    flood = np.concatenate([START + day * DAY_S + 9 * HOUR_S + np.arange(200) for day in range(2)])
    return np.concatenate([flood, steady])


SCARCE = (3 * GIB, 0.7 * GIB)
FALLBACKS = {
    "stage": "transcribe",
    "wanted": "cuda:0",
    "used": "cpu",
    "reason": "There was not enough memory on cuda:0.",
}

HEALTHY = Scene()
SCENES: dict[str, tuple[Scene, Any]] = {
    "more_workers": (Scene(every_s=280, knobs={"workers": 1, "threads_per_worker": 2}), ("workers", 2)),
    "fewer_workers": (
        Scene(
            every_s=230,
            run_s=200,
            contention=Contention(kappa=0.2),
            load_each=4,
            cores_used=1,
            knobs={"workers": 4, "threads_per_worker": 2},
        ),
        ("workers", 2),
    ),
    "fewer_threads": (
        Scene(
            every_s=130,
            run_s=200,
            contention=Contention(sigma=0.25),
            load_each=8,
            cores_used=1,
            knobs={"workers": 4, "threads_per_worker": 0},
        ),
        ("threads_per_worker", 2),
    ),
    "more_threads": (
        Scene(every_s=1200, cores_used=2, knobs={"workers": 1, "threads_per_worker": 2}),
        ("threads_per_worker", 8),
    ),
    "longer_keep_alive": (
        Scene(
            every_s=2000, random=False, knobs={"workers": 1, "threads_per_worker": 8}, more=lambda j: loaded(j, 30.0)
        ),
        ("model_keep_alive", 3600.0),
    ),
    "shorter_keep_alive": (
        Scene(free=SCARCE, labelled=models_held, knobs={"model_keep_alive": 3600.0}),
        ("model_keep_alive", 900.0),
    ),
    "fewer_workers_for_memory": (
        Scene(
            every_s=130, free=(8 * GIB, 3 * GIB), worker_bytes=3 * GIB, knobs={"workers": 3, "threads_per_worker": 2}
        ),
        ("workers", 1),
    ),
    "more_memory": (Scene(free=SCARCE, knobs={"workers": 1, "threads_per_worker": 8}, every_s=900), None),
    "leak": (
        Scene(
            labelled=growing,
            more=lambda jobs: [ChangeFact(at=START + 10, what="version", key="version", old='"1.0"', new='"1.1"')],
        ),
        None,
    ),
    "gpu_memory": (
        Scene(
            device="cuda:0",
            gpus=1,
            more=lambda jobs: [FallbackFact(at=job.at, job_id=job.job_id, **FALLBACKS) for job in jobs[::4]],
        ),
        ("workers", 1),
    ),
    "smaller_cache": (
        Scene(labelled=nearly_full, curves={"cache.bytes": (30.0 * GIB, 0)}, knobs={"cache_size": 32 * GIB}),
        ("cache_size", 22 * GIB),
    ),
    "more_disk": (Scene(labelled=nearly_full), None),
    "bigger_cache": (Scene(job=repeated(60), curves={"cache.bytes": (3.9 * GIB, 0)}), ("cache_size", 6 * GIB)),
    "older_cache": (
        Scene(job=repeated(60), every_s=7200, days=40, knobs={"cache_age": 2.0}),
        ("cache_age", 6.0),
    ),
    "default_model": (
        Scene(
            every_s=300,
            days=3,
            knobs={"default_model": "tiny"},
            job=lambda row: {"model": ("tiny", "small")[row % 2]},
            more=lambda jobs: corrected(jobs, {"tiny": 0.2, "small": 0.08}),
        ),
        ("default_model", "small"),
    ),
    "faster_model": (
        Scene(
            every_s=190,
            days=4,
            cores=4,
            cores_used=2,
            knobs={"default_model": "medium"},
            job=lambda row: {"model": "small" if row % 4 == 0 else "medium"},
            times=lambda row: 0.4 if row % 4 == 0 else 2.0,
            more=lambda jobs: corrected(jobs, {"medium": 0.06, "small": 0.1}),
        ),
        ("default_model", "small"),
    ),
    "warm_up": (
        Scene(job=lambda row: {"worker_pid": row // 8}, more=lambda jobs: loaded(jobs[::8], 20.0)),
        ("warm_up", True),
    ),
    "fewer_models": (
        Scene(
            job=lambda row: {"model": ("small", "medium", "tiny")[row // 2 % 3]},
            knobs={"model_keep_alive": 7200.0},
            more=lambda jobs: loaded(jobs, 20.0),
        ),
        None,
    ),
    "flooding_client": (
        Scene(
            run_s=90,
            arrivals=bursts,
            job=lambda row: {"client": "flooder" if row < 400 else f"client-{row % 7}"},
        ),
        None,
    ),
    "faster_disk": (
        Scene(every_s=150, curves={"cpu.iowait": (0.05, 0.2), "disk.busy": (0.1, 0.45)}),
        None,
    ),
    "add_gpu": (Scene(every_s=128, cores_used=4), None),
    "another_gpu": (Scene(every_s=128, device="cuda:0", gpus=1, labelled=gpu_busy), None),
    "near_the_limit": (Scene(every_s=290, days=6), None),
}
