"""A site simulated event by event: workers that run jobs stage by stage on cores, a disk and a GPU they share.

Unlike what is tested with it, it knows the causes: what makes a simulated site slow is one field of `Site`, and what
would be gained without it is found by simulating once more with the same jobs.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from audapolis.analytics.facts import Fact, FailureFact, FallbackFact, LoadFact, Sample, StageFact
from audapolis.analytics.span import DAY_S, Period

from .simulated_site import AFTER, CACHED, GIB, MONDAY, Job, Site, draw, facts_of

SAMPLE_S = 60.0
DISK_BYTES_S = 150e6
FALLBACK = "There was not enough memory on cuda:0."


@dataclass
class Worker:
    pid: int
    job: Job | None = None
    models: dict[str, tuple[float, float]] = field(default_factory=dict)
    rss: float = 1.2 * GIB
    pending: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Task:
    """A stage that runs, or a model that is loaded for it."""

    worker: Worker
    stage: str
    began_at: float
    left_s: float
    work_s: float
    threads: float
    disk: float
    gpu: bool = False
    loading: bool = False
    load_s: float = 0.0


class Simulation:
    """Runs a site's day to the end of its last job."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site, self.jobs = site, draw(site, seed)
        self.dice = np.random.default_rng(seed + 1_000_003)
        self.now = MONDAY
        self.coming = list(reversed(self.jobs))
        self.waiting: list[tuple[float, int, Job]] = []
        self.workers = [Worker(100 + number) for number in range(site.workers)]
        self.tasks: list[Task] = []
        self.awaiting: list[tuple[float, Task]] = []
        self.gpu_free = site.gpu_bytes
        self.known: set[tuple[str, str]] = set()
        self.facts: list[Fact] = []
        self.bins: dict[str, dict[int, float]] = {}
        self._run()

    @property
    def period(self) -> Period:
        return Period(MONDAY, max(MONDAY + DAY_S, self.now + 1))

    def latency_s(self, client: str = "", *, others_than: str = "") -> float:
        """Mean time from submission to end."""
        found = [j.ended_at - j.queued_at for j in self.jobs if client in ("", j.client) and j.client != others_than]
        return float(np.mean(found))

    def samples(self) -> Iterator[Sample]:
        """What a sampler would have seen, with its noise."""
        fractions = {"cpu.utilisation", "cpu.iowait", "disk.busy"}
        for name, bins in self.bins.items():
            series, _, label = name.partition("/")
            key = {"gpu.memory_used_bytes": "device", "gpu.memory_bytes": "device", "gpu.utilisation": "device"}
            labels = ((key.get(series, "worker"), label),) if label else ()
            for index in range(int((self.now - MONDAY) // SAMPLE_S)):
                value = bins.get(index, 0.0) / SAMPLE_S
                if series in fractions:
                    value = float(np.clip(value + abs(self.dice.normal(0, 0.02)), 0, 1))
                if label and series == "worker.rss_bytes":
                    if index not in bins:
                        continue
                    value *= float(1 + self.dice.normal(0, 0.01))
                yield Sample(series, MONDAY + (index + 1) * SAMPLE_S, value, labels)

    def _run(self) -> None:
        while self.coming or self.tasks or self.awaiting or self.waiting:
            speeds = self._speeds()
            ends = min((self.now + t.left_s / s for t, s in zip(self.tasks, speeds, strict=True)), default=math.inf)
            comes = self.coming[-1].queued_at if self.coming else math.inf
            gives_up = min((until for until, _ in self.awaiting), default=math.inf)
            at = max(self.now, min(ends, comes, gives_up))
            self._advance(at, speeds)
            if at >= comes:
                job = self.coming.pop()
                job.waiting_since = job.queued_at
                self._wait(job)
            for until, task in [pair for pair in self.awaiting if pair[0] <= at]:
                self.awaiting.remove((until, task))
                self._without_gpu(task)
            for task in [task for task in self.tasks if task.left_s <= 1e-6]:
                if task in self.tasks:  # not gone with its worker
                    self.tasks.remove(task)
                    self._ended(task)
            self._claim()

    def _speeds(self) -> list[float]:
        """How fast each task goes: the disk first, then the cores."""
        disk = min(1.0, 1.0 / max(sum(task.disk for task in self.tasks), 1e-9))
        speeds = [disk if task.disk > 0.02 else 1.0 for task in self.tasks]
        wanted = sum(task.threads * speed for task, speed in zip(self.tasks, speeds, strict=True))
        cpu = min(1.0, self.site.cores / max(wanted, 1e-9))
        return [speed * (cpu if task.threads else 1.0) for task, speed in zip(self.tasks, speeds, strict=True)]

    def _advance(self, at: float, speeds: Sequence[float]) -> None:
        pairs = list(zip(self.tasks, speeds, strict=True))
        cores = self.site.cores
        used = sum(task.threads * speed for task, speed in pairs)
        stalled = sum(max(1.0, task.threads) * (1 - speed) for task, speed in pairs if task.disk > 0.02)
        disk = min(1.0, sum(task.disk * speed for task, speed in pairs))
        self._note("cpu.utilisation", at, used / cores)
        self._note("cpu.iowait", at, min(cores - used, stalled if disk > 0.9 else 0.0) / cores)
        self._note("disk.busy", at, disk)
        self._note("workers.alive", at, len(self.workers))
        self._note("workers.busy", at, sum(worker.job is not None for worker in self.workers))
        self._note("queue.depth", at, len(self.waiting))
        for worker in self.workers:
            self._note(f"worker.rss_bytes/{worker.pid}", at, worker.rss)
        if self.site.gpu_bytes:
            self._note("gpu.memory_used_bytes/cuda:0", at, self.site.gpu_bytes - self.gpu_free + 0.3 * GIB)
            self._note("gpu.memory_bytes/cuda:0", at, self.site.gpu_bytes + 0.5 * GIB)
            self._note("gpu.utilisation/cuda:0", at, float(any(task.gpu for task in self.tasks)))
        for task, speed in pairs:
            task.left_s -= (at - self.now) * speed
        self.now = at

    def _note(self, name: str, until: float, value: float) -> None:
        bins = self.bins.setdefault(name, {})
        at = self.now
        while at < until:
            index = int((at - MONDAY) // SAMPLE_S)
            end = min(until, MONDAY + (index + 1) * SAMPLE_S)
            if end <= at:
                break
            bins[index] = bins.get(index, 0.0) + value * (end - at)
            at = end

    def _wait(self, job: Job) -> None:
        late = 1e6 if self.site.fair and job.client == "flooder" else 0.0
        heapq.heappush(self.waiting, (job.queued_at + late, job.number, job))

    def _claim(self) -> None:
        for worker in self.workers:
            if worker.job is None and self.waiting:
                _, _, job = heapq.heappop(self.waiting)
                worker.job, job.pid, job.attempt = job, worker.pid, job.attempt + 1
                job.queue_s += self.now - job.waiting_since
                job.running_since = self.now
                job.cached = self.site.reuse and (job.recording, job.model) in self.known
                job.ran = []
                worker.pending = set()
                self._begin(worker, "probe")

    def _begin(self, worker: Worker, stage: str) -> None:
        job = worker.job
        assert job is not None
        cost = self.site.costs[stage]
        work_s = (cost.base_s + cost.per_audio_s * job.audio_s) * job.luck[stage]
        if stage == "transcribe":
            work_s *= self.site.models[job.model][1]
        if job.cached and stage in CACHED:
            work_s = 0.02
        task = Task(worker, stage, self.now, work_s, work_s, cost.threads, cost.disk)
        if stage == "transcribe" and not job.cached:
            self._engine(task)
        else:
            self.tasks.append(task)

    def _engine(self, task: Task) -> None:
        """A transcription needs its model, and room on the GPU where there is one."""
        job = task.worker.job
        assert job is not None
        if self.site.leak_bytes and task.worker.rss > self.site.limit_bytes:
            self._die(task.worker)
            return
        if self.site.gpu_bytes:
            if self.gpu_free < self.site.model_bytes:
                self.awaiting.append((self.now + self.site.patience_s, task))
                return
            self.gpu_free -= self.site.model_bytes
            task.gpu, task.threads = True, 0.5
        self._load(task)

    def _load(self, task: Task) -> None:
        worker, job = task.worker, task.worker.job
        assert job is not None
        job.device = "cuda:0" if task.gpu else "cpu"
        used, loaded = worker.models.pop(job.model, (-math.inf, 0.0))
        warm = self.now - used < self.site.keep_alive_s
        if not warm and used > 0:
            gone = used + self.site.keep_alive_s
            self.facts.append(LoadFact(at=gone, what="released", model=job.model, device="cpu", wall_s=gone - loaded))
        while len(worker.models) >= self.site.room:
            oldest = min(worker.models, key=lambda name: worker.models[name])
            held = self.now - worker.models.pop(oldest)[1]
            self.facts.append(LoadFact(at=self.now, what="released", model=oldest, device="cpu", wall_s=held))
        worker.models[job.model] = (math.inf, loaded if warm else self.now)
        wall_s = 0.0 if warm else self.site.load_s * job.luck["probe"]
        if warm:
            self._loaded(task, 0.0)
        else:
            loading = replace(task, left_s=wall_s, work_s=wall_s, threads=0.3, disk=0.0, loading=True)
            self.tasks.append(loading)

    def _loaded(self, task: Task, wall_s: float) -> None:
        job = task.worker.job
        assert job is not None
        self.facts.append(
            LoadFact(
                at=self.now,
                what="cold" if wall_s else "warm",
                model=job.model,
                device=job.device,
                wall_s=wall_s,
                size_bytes=int(self.site.model_bytes),
                job_id=job.id,
            )
        )
        cost = self.site.costs["transcribe"]
        work_s = (cost.base_s + cost.per_audio_s * job.audio_s) * job.luck["transcribe"]
        work_s *= self.site.models[job.model][1]
        slow = 8.0 if self.site.gpu_bytes and not task.gpu else 1.0
        threads = 0.5 if task.gpu else cost.threads
        work_s *= slow
        recognising = replace(task, left_s=work_s, work_s=work_s, threads=threads, loading=False, load_s=wall_s)
        recognising.disk = cost.disk
        self.tasks.append(recognising)

    def _without_gpu(self, task: Task) -> None:
        job = task.worker.job
        assert job is not None
        job.fallbacks += 1
        fallback = ("whisper small on cuda:0", "whisper small on cpu", FALLBACK)
        names = ("wanted", "used", "reason")
        told = dict(zip(names, fallback, strict=True))
        self.facts.append(FallbackFact(at=self.now, job_id=job.id, stage="transcribe", **told))
        self._load(task)

    def _die(self, worker: Worker) -> None:
        """The worker is killed for its memory; its job begins anew with another."""
        job = worker.job
        assert job is not None
        self.tasks = [task for task in self.tasks if task.worker is not worker]
        job.run_s += self.now - job.running_since
        job.waiting_since = self.now
        self.facts.append(
            FailureFact(at=self.now, kind="attempt", error="worker_lost", job_id=job.id, stage="transcribe")
        )
        self._wait(job)
        self.workers[self.workers.index(worker)] = Worker(max(w.pid for w in self.workers) + 1)

    def _ended(self, task: Task) -> None:
        worker, job = task.worker, task.worker.job
        if job is None:
            return
        if task.loading:
            self._loaded(task, self.now - task.began_at if not task.gpu else task.work_s)
            return
        if task.gpu:
            self.gpu_free += self.site.model_bytes
        if task.stage == "transcribe" and not job.cached:
            worker.models[job.model] = (self.now, worker.models.get(job.model, (0.0, self.now))[1])
        job.ran.append(self._stage_fact(task, job))
        for following in AFTER[task.stage]:
            worker.pending.add(task.stage)
            if following != "merge" or {"diarize", "transcribe"} <= worker.pending:
                self._begin(worker, following)
        if task.gpu and self.awaiting:
            _, first = self.awaiting.pop(0)
            self._engine(first)
        if not AFTER[task.stage]:
            self._finish(worker, job)

    def _stage_fact(self, task: Task, job: Job) -> StageFact:
        engines: dict[str, Any] = {}
        if task.stage == "transcribe":
            engines = {"engine": "whisper", "model": job.model, "device": job.device, "precision": "int8"}
        elif task.stage == "diarize":
            engines = {"engine": "acoustic", "device": "cpu"}
        cached = job.cached and task.stage in CACHED
        read = int(task.disk * task.work_s * DISK_BYTES_S)
        return StageFact(
            at=self.now,
            job_id=job.id,
            stage=task.stage,
            attempt=job.attempt,
            began_at=task.began_at,
            origin="cache" if cached else "computed",
            looks=1 if task.stage in CACHED else 0,
            hits=int(cached),
            audio_s=job.audio_s,
            load_s=task.load_s,
            cpu_s=task.threads * task.work_s,
            peak_rss_bytes=int(task.worker.rss),
            read_bytes=read,
            written_bytes=read // 4,
            **engines,
        )

    def _finish(self, worker: Worker, job: Job) -> None:
        job.run_s += self.now - job.running_since
        job.ended_at, worker.job = self.now, None
        job.peak_rss = worker.rss * float(self.dice.lognormal(0, 0.03)) + 3e5 * job.audio_s
        worker.rss += self.site.leak_bytes * float(self.dice.lognormal(0, 0.5))
        self.known.add((job.recording, job.model))
        self.facts += facts_of(job)
