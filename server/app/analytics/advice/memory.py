"""Rules about memory: too little of it, held for nothing, or leaking away."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..saying import gib, minutes
from ..span import DAY_S, HOUR_S
from ..trends import CERTAINTY, drift
from .looking import MIN_SAMPLES, Look
from .records import Draft, Effect, Evidence, KnobTurn, Lacking

SHORTEST_KEEP_ALIVE_S = 60.0

LEAK_BYTES = 200 * 2**20
LEAK_SHARE = 0.25
"""A worker leaks that grew by so much, and by such a share of what it held."""

_LEAST_HOURS = 1.0
_HELD = "Memory available in the tightest tenth of the time"


def _evidence(look: Look) -> tuple[Evidence, ...]:
    found = []
    if look.free_bytes is not None:
        found.append(Evidence(_HELD, look.free_bytes.low, "bytes", look.free_bytes.samples))
    if look.site.memory_bytes:
        found.append(Evidence("Memory in all", look.site.memory_bytes, "bytes", 0))
    swap = look.level("swap.used_bytes")
    if swap is not None and swap.high > 0:
        found.append(
            Evidence("Memory moved to disk, nine tenths of the time less than", swap.high, "bytes", swap.samples)
        )
    failed = look.failures("out_of_memory")
    if failed:
        found.append(Evidence("Jobs and attempts that failed for want of memory", failed, "count", failed))
    return tuple(found)


def _samples(look: Look) -> int:
    return look.free_bytes.samples if look.free_bytes is not None else look.failures("out_of_memory")


def _before(look: Look) -> float:
    return 0.0 if look.free_bytes is None else look.free_bytes.low


def _idle_models_bytes(look: Look) -> float:
    """Memory that models hold while no worker is at a job, as a median."""
    levels = [look.level("model.bytes", dict(curve.labels), busy=False) for curve in look.curves("model.bytes")]
    on_cpu = [curve.labels.get("device", "cpu") == "cpu" for curve in look.curves("model.bytes")]
    return sum(level.median for level, cpu in zip(levels, on_cpu, strict=True) if level is not None and cpu)


def shorter_keep_alive(look: Look) -> Iterator[Draft | Lacking]:
    """Memory is scarce while models sit in it that nobody uses."""
    if look.short_bytes is None:
        yield Lacking(f"Memory was sampled in fewer than {MIN_SAMPLES} steps, or its size is not known.")
        return
    if not look.memory_is_scarce:
        return
    idle = look.level("memory.available_bytes", busy=False)
    held, now_s = _idle_models_bytes(look), look.site.number("model_keep_alive", 600.0)
    value = look.site.within("model_keep_alive", max(SHORTEST_KEEP_ALIVE_S, float(round(now_s / 4))))
    if idle is None or held < look.short_bytes / 2 or held == 0 or value >= now_s:
        return
    scarce_while_idle = look.site.memory_bytes and idle.median < 2 * _before(look) + look.short_bytes
    if not scarce_while_idle:
        return
    before = _before(look)
    yield Draft(
        do=f"Keep unused models for {minutes(value)} instead of {minutes(now_s)}.",
        why=(
            *_evidence(look),
            Evidence("Memory that models hold while no job runs", held, "bytes", idle.samples),
        ),
        expect=Effect(_HELD, "bytes", before, before + 0.75 * held, before + 0.5 * held, before + held),
        costs="Jobs that come after a pause wait for their model to be loaded again.",
        samples=_samples(look),
        about=f"{value:.0f}",
        turn=KnobTurn("model_keep_alive", value),
        presumed=True,
    )


def fewer_workers_for_memory(look: Look) -> Iterator[Draft | Lacking]:
    """Memory is scarce, and the workers hold it."""
    site = look.site
    if not look.memory_is_scarce or site.workers == 1:
        return
    if look.worker_bytes is None:
        yield Lacking("How much memory a worker holds was not sampled.")
        return
    each, samples = look.worker_bytes
    too_many = max(1, math.ceil((look.short_bytes or 0.0) / each))
    workers = int(site.within("workers", max(1, site.workers - too_many)))
    if workers >= site.workers:
        return
    before, freed = _before(look), each * (site.workers - workers)
    yield Draft(
        do=f"Have {workers} {'worker' if workers == 1 else 'workers'} instead of {site.workers}.",
        why=(*_evidence(look), Evidence("Memory a worker holds, 95th percentile", each, "bytes", samples)),
        expect=Effect(_HELD, "bytes", before, before + 0.8 * freed, before + 0.5 * freed, before + freed),
        costs="Jobs wait longer for a worker.",
        samples=min(_samples(look), samples),
        about=str(workers),
        turn=KnobTurn("workers", workers),
    )


def more_memory(look: Look) -> Iterator[Draft | Lacking]:
    """Memory is scarce, and nothing that may be turned frees enough of it."""
    if not look.memory_is_scarce or not look.site.memory_bytes:
        return
    wanted = max(look.short_bytes or 0.0, 0.25 * look.site.memory_bytes)
    before = _before(look)
    several = {curve.labels.get("model", "") for curve in look.curves("model.bytes")}
    fewer = f" Using fewer than {len(several)} models would help too." if len(several) > 1 else ""
    yield Draft(
        do=f"Add {gib(wanted)} of memory, or take a smaller model.{fewer}",
        why=_evidence(look),
        expect=Effect(_HELD, "bytes", before, before + wanted, before + 0.9 * wanted, before + wanted),
        costs="Money; or, with a smaller model, more mistakes.",
        samples=_samples(look),
    )


def bigger_gpu(look: Look) -> Iterator[Draft | Lacking]:
    """Models do not fit into the GPU's memory."""
    failed = look.failures("out_of_device_memory")
    fallbacks = look.history.frame("fallbacks", look.period, ("reason", "used"))
    for_memory = sum("memory" in str(reason).lower() for reason in fallbacks["reason"])
    total = failed + for_memory
    if not look.site.gpus or total < max(5, 0.02 * len(look.jobs)):
        return
    workers, share = look.site.workers, total / max(1, len(look.jobs))
    fewer = workers > 1
    value = int(look.site.within("workers", workers - 1))
    left = share * value / workers if fewer else 0.0
    yield Draft(
        do=f"Let {value} workers share the GPU instead of {workers}."
        if fewer
        else "Take a smaller model or precision on the GPU, or a GPU with more memory.",
        why=(
            Evidence("Jobs that did without the GPU for want of its memory", for_memory, "count", len(look.jobs)),
            Evidence("Jobs and attempts that failed for it", failed, "count", len(look.jobs)),
        ),
        expect=Effect("Share of jobs that found no memory on the GPU", "fraction", share, left, 0.0, share),
        costs="Fewer jobs run at the same time." if fewer else "Money; or more mistakes.",
        samples=len(look.jobs),
        about=str(value) if fewer else "",
        turn=KnobTurn("workers", value) if fewer else None,
        presumed=True,
    )


def leak(look: Look) -> Iterator[Draft | Lacking]:
    """A worker's memory grows and grows."""
    watched = [curve for curve in look.curves("worker.rss_bytes") if len(curve.at) >= MIN_SAMPLES]
    watched = [curve for curve in watched if curve.at[-1] - curve.at[0] >= _LEAST_HOURS * HOUR_S]
    if not watched:
        yield Lacking(f"No worker's memory was sampled in {MIN_SAMPLES} steps of an hour or more.")
        return
    grown = []
    for curve in watched:
        late = len(curve.at) // 5  # at first models are loaded, which is no leak
        found = drift(curve.at[late:], curve.low[late:])
        if found is None or found.p_value > CERTAINTY or found.per_day is None:
            continue
        more = found.after - found.before
        if more >= LEAK_BYTES and more >= LEAK_SHARE * found.before:
            grown.append((found.per_day * HOUR_S / DAY_S, found.before, found.after, len(curve.at)))
    if len(grown) * 2 <= len(watched):
        return
    per_h, before, after, samples = max(grown)
    changes = look.history.frame("changes", look.period, ("what", "new"))
    since = next(
        (str(new).strip('"') for what, new in zip(changes["what"], changes["new"], strict=True) if what == "version"),
        "",
    )
    every_h = min(24.0, max(1.0, round(0.5 * before / per_h)))
    hours = _before(look) / (per_h * len(grown)) if look.free_bytes is not None else None
    yield Draft(
        do=f"Restart the workers every {minutes(every_h * HOUR_S)}, and upgrade Audapolis"
        + (f": it began in a time in which version {since} was started." if since else "."),
        why=(
            Evidence("What the fastest growing worker's memory grows by", per_h, "bytes/h", samples),
            Evidence("What it held at last", after, "bytes", samples),
            Evidence("Workers that grow", len(grown), "count", len(watched)),
            *(
                [Evidence("Hours until no memory is left, if it goes on", hours, "h", samples)]
                if hours is not None
                else []
            ),
        ),
        expect=Effect(
            "Memory a worker holds", "bytes", after, before + every_h / 2 * per_h, before, before + every_h * per_h
        ),
        costs="The first job of each worker waits for its model. Turning any knob replaces the workers, each when its "
        "job is done.",
        samples=samples,
    )
