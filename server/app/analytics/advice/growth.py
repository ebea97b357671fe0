"""Rules about what a machine can take, and what it would take to do more."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..capacity import plan
from ..saying import percent
from .looking import MIN_JOBS, Look
from .records import Draft, Effect, Evidence, Lacking

GPU_TIMES = (4.0, 10.0, 20.0)
"""How many times as fast a GPU transcribes as a processor: at worst, usually, at best. Presumed, not measured here."""

NEAR = 1.25
"""A site is near its limit where less than this many times its load would make jobs wait too long."""

WORTH = 0.25
"""A machine is not bought for less than this share of the wait saved."""

_WAIT = "What 95 % of jobs wait less than"


def add_gpu(look: Look) -> Iterator[Draft | Lacking]:
    """Jobs wait too long, the processor is what they wait for, and most of their time is transcription."""
    queue = look.queue
    if queue is None or look.p95_wait_s is None or not look.waits_too_long or queue.gpu_share > 0.5:
        return
    runs = look.stages.having(outcome="done")
    whole_s, ours_s = float(runs["path_s"].sum()), float(runs.having(stage="transcribe")["path_s"].sum())
    busy = look.level("cpu.utilisation", busy=True)
    if whole_s <= 0 or busy is None:
        yield Lacking("What jobs spend their time on, or how busy the cores are, is not known.")
        return
    share = ours_s / float(runs.where(runs["stage"] != "queue")["path_s"].sum() or whole_s)
    full = math.isfinite(queue.station.contention.carries) and queue.station.contention.carries < look.site.workers + 1
    if share < 0.3 or (busy.median < 0.75 and not full):
        return
    worst, usual, best = (look.waits(look.site.workers, speed=1 - share + share / times) for times in GPU_TIMES)
    if worst is None or usual is None or best is None or usual.p95_s > look.p95_wait_s * (1 - WORTH):
        return
    yield Draft(
        do="Add a GPU for transcription.",
        why=(
            Evidence(_WAIT, look.p95_wait_s, "s", len(look.jobs)),
            Evidence("Share of a job's time that is transcription", share, "fraction", len(runs)),
            Evidence("Share of all cores that is busy while all workers are", busy.median, "fraction", busy.samples),
            Evidence("How many times as fast a GPU is presumed to be", GPU_TIMES[1], "ratio", 0),
        ),
        expect=Effect(_WAIT, "s", look.p95_wait_s, usual.p95_s, best.low_s, worst.high_s),
        costs="Money and power. `audapolis doctor` tells what it takes to use one.",
        samples=len(look.jobs),
        presumed=True,
    )


def another_gpu(look: Look) -> Iterator[Draft | Lacking]:
    """Jobs wait too long, and the GPU is busy all the time."""
    queue, gpus = look.queue, look.site.gpus
    if queue is None or look.p95_wait_s is None or not gpus or not look.waits_too_long or queue.gpu_share < 0.5:
        return
    levels = [look.level("gpu.utilisation", dict(curve.labels), busy=True) for curve in look.curves("gpu.utilisation")]
    known = [level for level in levels if level is not None]
    if not known:
        yield Lacking("How busy the GPU is was not sampled while all workers were busy.")
        return
    median = float(np.mean([level.median for level in known]))
    if median < 0.85:
        return
    more = math.ceil(look.site.workers * (gpus + 1) / gpus)
    waits = look.waits(more)
    if waits is None or waits.p95_s > look.p95_wait_s * (1 - WORTH):
        return
    yield Draft(
        do=f"Add another GPU, and workers up to {more}.",
        why=(
            Evidence(_WAIT, look.p95_wait_s, "s", len(look.jobs)),
            Evidence("Share of time the GPUs compute while all workers are busy", median, "fraction", known[0].samples),
            Evidence("GPUs", gpus, "count", 0),
        ),
        expect=Effect(_WAIT, "s", look.p95_wait_s, waits.p95_s, waits.low_s, waits.high_s),
        costs="Money and power.",
        samples=len(look.jobs),
        presumed=True,
    )


def near_the_limit(look: Look) -> Iterator[Draft | Lacking]:
    """Jobs wait no longer than they should, but a little more load would change that."""
    if look.queue is None:
        yield Lacking(f"Only {len(look.jobs)} jobs ran; {MIN_JOBS} are needed to tell what the site can take.")
        return
    if look.waits_too_long:
        return
    site = look.site
    planned = plan(look.history, look.period, site.workers, site.target_wait_s, cores=site.cores, gpus=site.gpus)
    if planned.headroom is None or planned.now is None or planned.confidence == "low":
        return
    if not 1.0 <= planned.headroom < NEAR:
        return
    more = planned.one_more_worker
    limit = planned.now.limit_jobs_per_h
    after = more.limit_jobs_per_h if more is not None else limit
    if after <= limit * 1.02:
        wish, after = "a faster machine, or a second one", 2 * limit
    else:
        wish = f"{site.workers + 1} workers, if cores and memory allow"
    error = look.queue.error
    yield Draft(
        do=f"Plan for {wish}, before the load grows by {percent(planned.headroom - 1)}.",
        why=(
            Evidence("Load at which jobs wait too long, over that of the busiest hour", planned.headroom, "ratio",
                     planned.jobs),
            Evidence("Jobs an hour at which 95 % wait no longer than they should", limit, "1/h", planned.jobs),
        ),
        expect=Effect("Jobs an hour that can be taken", "1/h", limit, after, after * (1 - error), after * (1 + error)),
        costs="Memory and cores for each worker; or money.",
        samples=planned.jobs,
        presumed=True,
    )  # fmt: skip
