"""Rules about how many jobs are worked on at the same time, and whose."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..saying import gib, minutes
from .looking import MIN_JOBS, Look, Prediction
from .records import Draft, Effect, Evidence, KnobTurn, Lacking

WORTH = 0.10
"""Less than this share saved is not worth a change."""

OVERLOADED = 1.25
"""Processes that want to run for each core, from which on they are in each other's way."""

GPU_BUSY = 0.85
"""A GPU that computes for this share of the time has none left for more workers."""

FILLED = 0.5
"""Share of the memory that workers may fill where it is not known what else does."""

FLOOD = 0.33
"""Share of the work from which on one client may flood the others; it has to be twice that of the next, too."""

_WAIT = "What 95 % of jobs wait less than"
_TRUE = 0.5
"""Replaying as it is has to give what was measured within this share, or nothing is concluded from it."""


def more_workers(look: Look) -> Iterator[Draft | Lacking]:
    """Jobs wait too long although cores and memory are left."""
    site, queue = look.site, look.queue
    if queue is None or look.p95_wait_s is None:
        yield Lacking(f"Only {len(look.jobs)} jobs ran; {MIN_JOBS} are needed to tell how long they wait.")
        return
    if not look.waits_too_long or site.workers >= site.most_workers() or look.memory_is_scarce:
        return
    carried = queue.station.contention.carries
    if math.isinf(carried):
        yield Lacking("How much processor time jobs take is not known, so it can't be told how many the cores carry.")
        return
    fit = _fit_in_memory(look)
    if fit is None:
        yield Lacking("How much memory is available, or how much a worker takes, was not sampled.")
        return
    most = min(site.most_workers(), int(carried + 1e-9), fit, _fit_on_gpu(look))
    chosen = _enough(look, most)
    if chosen is None:
        return
    workers, waits = chosen
    now = look.waits(site.workers)
    assert now is not None
    held, samples = look.worker_bytes or (0.0, 0)
    yield Draft(
        do=f"Have {workers} workers instead of {site.workers}.",
        why=(
            Evidence(_WAIT, look.p95_wait_s, "s", len(look.jobs)),
            Evidence("What they should wait less than", site.target_wait_s, "s", 0),
            Evidence("The same, by replaying these jobs with the workers there are", now.p95_s, "s", len(look.jobs)),
            Evidence("Jobs at a time that the cores carry at full speed", carried, "count", len(look.jobs)),
            Evidence("Memory a worker holds, 95th percentile", held, "bytes", samples),
        ),
        expect=Effect(_WAIT, "s", look.p95_wait_s, waits.p95_s, waits.low_s, waits.high_s),
        costs=f"About {gib(held * (workers - site.workers))} of memory; each job shares the cores with more others.",
        samples=len(look.jobs),
        about=str(workers),
        turn=KnobTurn("workers", workers),
        presumed=not queue.station.contention.known or look.free_bytes is None or not _is_true(now, look.p95_wait_s),
    )


def _fit_in_memory(look: Look) -> int | None:
    """As many workers as fit into memory; None where that can't be told.

    Where what is available was not sampled, workers may fill `FILLED` of the memory there is.
    """
    if look.worker_bytes is None or not look.site.memory_bytes:
        return None
    each, now = look.worker_bytes[0], look.site.workers
    if look.free_bytes is None:
        return max(now, int(FILLED * look.site.memory_bytes / each))
    most = now
    while most < look.site.most_workers() and look.memory_left(each * (most + 1 - now)):
        most += 1
    return most


def _fit_on_gpu(look: Look) -> int:
    """As many workers as the GPU has memory and time for, where jobs run on one."""
    now, most = look.site.workers, look.site.most_workers()
    if look.queue is None or look.queue.gpu_share < 0.5:
        return most
    for curve in look.curves("gpu.utilisation"):
        busy = look.level("gpu.utilisation", curve.labels, busy=True)
        if busy is not None and busy.median > GPU_BUSY:
            return now
    for curve in look.curves("gpu.memory_used_bytes"):
        used = look.level("gpu.memory_used_bytes", curve.labels, busy=True)
        size = look.level("gpu.memory_bytes", curve.labels)
        if used is not None and size is not None:
            most = min(most, int(0.95 * size.low / (used.high / now)))
    return max(now, most)


def _enough(look: Look, most: int) -> tuple[int, Prediction] | None:
    """The fewest workers that meet the target, else those with which jobs wait least; None where none is worth it."""
    best: tuple[int, Prediction] | None = None
    for workers in range(look.site.workers + 1, most + 1):
        waits = look.waits(workers)
        if waits is None:
            return None
        if best is None or waits.p95_s < best[1].p95_s * (1 - WORTH):
            best = workers, waits
        if waits.p95_s <= look.site.target_wait_s:
            break
    if best is None or look.p95_wait_s is None or best[1].p95_s > look.p95_wait_s * (1 - WORTH):
        return None
    return best


def _is_true(replayed: Prediction, measured_s: float) -> bool:
    return abs(replayed.p95_s - measured_s) <= _TRUE * measured_s


def fewer_workers(look: Look) -> Iterator[Draft | Lacking]:
    """So many workers get less done together than fewer would: they are in each other's way."""
    site, queue = look.site, look.queue
    if site.workers == 1 or site.workers * site.threads > site.cores:
        return  # with too many threads it is those that are too many
    if queue is None:
        yield Lacking(f"Only {len(look.jobs)} jobs ran; {MIN_JOBS} are needed to tell how workers hinder each other.")
        return
    found = queue.station.contention
    if not found.known or found.seen < site.workers:
        yield Lacking("Workers were too rarely busy at once to see how they hinder each other.")
        return
    load = look.level("cpu.load", busy=True)
    best = max(range(1, site.workers + 1), key=lambda count: round(found.speed(count), 6))
    gain = found.speed(best) / found.speed(site.workers) - 1
    if best >= site.workers or gain < WORTH / 2:
        return
    if load is None:
        yield Lacking("How many processes want to run was not sampled while all workers were busy.")
        return
    if load.median <= site.cores:
        return
    before, after = (3600 * found.speed(count) / queue.station.service.mean_s for count in (site.workers, best))
    error = found.error / found.slowdown(found.seen)
    yield Draft(
        do=f"Have {best} workers instead of {site.workers}.",
        why=(
            Evidence("How many times as long a job takes with all workers busy", found.slowdown(site.workers), "ratio",
                     len(look.jobs)),
            Evidence(f"The same with {best} busy", found.slowdown(best), "ratio", len(look.jobs)),
            Evidence("Processes that want to run, with all workers busy", load.median, "count", load.samples),
            Evidence("Cores", site.cores, "count", 0),
        ),
        expect=Effect("Jobs done in an hour with all workers busy", "1/h", before, after,
                      after * (1 - error), after * (1 + error)),
        costs="Fewer jobs run at the same time: a short one may have to wait behind a long one.",
        samples=len(look.jobs),
        about=str(best),
        turn=KnobTurn("workers", best),
    )  # fmt: skip


def fewer_threads(look: Look) -> Iterator[Draft | Lacking]:
    """Workers and their threads together are more than the cores, and it shows."""
    site, queue = look.site, look.queue
    share = max(1, int(site.cores // site.workers))
    if site.workers == 1 or site.workers * site.threads <= site.cores or share >= site.threads:
        return
    if queue is None:
        yield Lacking(f"Only {len(look.jobs)} jobs ran; {MIN_JOBS} are needed to tell how workers hinder each other.")
        return
    load = look.level("cpu.load", busy=True)
    if load is None:
        yield Lacking("How many processes want to run was not sampled while all workers were busy.")
        return
    if load.median <= OVERLOADED * site.cores:
        return
    found = queue.station.contention
    if not found.known or found.seen < 2:
        yield Lacking("Workers were too rarely busy at once to see how they hinder each other.")
        return
    carries = 1.0 if math.isinf(found.carries) else max(1.0, found.carries)
    slow = 1.0 + found.sigma * (site.workers - 1) + found.kappa * site.workers * (site.workers - 1)
    fair = max(1.0, site.workers / carries)
    if slow < fair * (1 + WORTH / 2):
        return  # sharing cores takes time, but no more than it must
    mean_s = queue.station.service.mean_s
    before, best_s = mean_s * slow, mean_s * fair
    yield Draft(
        do=f"Let each worker decode with {share} {'thread' if share == 1 else 'threads'} instead of {site.threads}.",
        why=(
            Evidence("Processes that want to run, with all workers busy", load.median, "count", load.samples),
            Evidence("Cores", site.cores, "count", 0),
            Evidence("How many times as long a job takes with all workers busy", slow, "ratio", len(look.jobs)),
            Evidence("How many times as long it must, sharing the cores", fair, "ratio", len(look.jobs)),
        ),
        expect=Effect("Time a job takes with all workers busy", "s", before, (before + best_s) / 2, best_s, before),
        costs="A job that runs alone takes longer: it uses fewer cores.",
        samples=len(look.jobs),
        about=str(share),
        turn=KnobTurn("threads_per_worker", share),
        presumed=True,
    )


def more_threads(look: Look) -> Iterator[Draft | Lacking]:
    """Transcription keeps its few threads busy while cores idle."""
    site = look.site
    share = int(site.cores // site.workers)
    if site.threads >= share or look.waits_too_long:
        return
    runs = look.stages.having(stage="transcribe", origin="computed", outcome="done")
    runs = runs.where(np.isfinite(runs["cpu_s"]) & (runs["at"] > runs["began_at"]) & (runs["device"] == "cpu"))
    if len(runs) < MIN_JOBS:
        yield Lacking("Too few transcriptions on the CPU, or none whose processor time is known.")
        return
    wall_s = runs["at"] - runs["began_at"]
    used = float(runs["cpu_s"].sum() / wall_s.sum())
    idle = look.level("cpu.utilisation", busy=True)
    if idle is None:
        yield Lacking("How busy the cores are was not sampled while all workers were busy.")
        return
    if used < 0.8 * site.threads or idle.median > 0.6:
        return
    before = float(wall_s.mean())
    at_best, at_worst = site.threads / share, site.threads / (site.threads + 0.5 * (share - site.threads))
    yield Draft(
        do=f"Let each worker decode with {share} threads instead of {site.threads}.",
        why=(
            Evidence("Cores a transcription keeps busy", used, "count", len(runs)),
            Evidence("Share of all cores that is busy while all workers are", idle.median, "fraction", idle.samples),
        ),
        expect=Effect("Time a transcription takes", "s", before, before * (at_best + at_worst) / 2,
                      before * at_best, before * at_worst),
        costs="No core is left over for anything else while all workers are busy.",
        samples=len(runs),
        about=str(share),
        turn=KnobTurn("threads_per_worker", share),
        presumed=True,
    )  # fmt: skip


def flooding_client(look: Look) -> Iterator[Draft | Lacking]:
    """One client sends so much that all others wait too long."""
    if look.queue is None or look.p95_wait_s is None:
        return
    clients, work_s = look.queue.jobs["client"], look.queue.jobs["work_s"]
    names = sorted({str(client) for client in clients} - {""})
    if len(names) < 2:
        if look.waits_too_long:
            yield Lacking("It is not known, or only of one client, whose jobs these are.")
        return
    shares = {name: float(work_s[clients == name].sum() / work_s.sum()) for name in names}
    flooder = max(shares, key=lambda name: shares[name])
    others = clients != flooder
    next_one = max(share for name, share in shares.items() if name != flooder)
    if shares[flooder] < max(FLOOD, 2 * next_one) or int(others.sum()) < MIN_JOBS:
        return
    waited_s = float(np.quantile(look.queue.jobs["queue_s"][others], 0.95))
    if waited_s <= look.site.target_wait_s:
        return
    behind = look.queue.jobs["queued_at"] + np.where(others, 0.0, 1e9)
    waits = look.waits(look.site.workers, order=behind, chosen=others)
    if waits is None or waits.p95_s > waited_s * (1 - 2 * WORTH):
        return
    yield Draft(
        do="Have the client that sends most submit with a lower priority, or spread its jobs over the day.",
        why=(
            Evidence(f"Share of the work that client {flooder[:8]} sent", shares[flooder], "fraction", len(clients)),
            Evidence("What 95 % of the others' jobs wait less than", waited_s, "s", int(others.sum())),
            Evidence("Clients", len(names), "count", 0),
        ),
        expect=Effect("What 95 % of the others' jobs wait less than", "s", waited_s, waits.p95_s,
                      waits.low_s, waits.high_s),
        costs=f"That client's own jobs wait longer; a lower priority is outweighed after some time ({minutes(600)} for "
        "each step).",
        samples=int(others.sum()),
        about=flooder[:8],
    )  # fmt: skip
