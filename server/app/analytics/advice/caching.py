"""Rules about results kept for later jobs, and the disk they are on."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..intervals import share
from ..saying import gib
from ..span import DAY_S
from .looking import FREE_BYTES, Look
from .records import Draft, Effect, Evidence, KnobTurn, Lacking

FEWEST = 5
"""Fewer recordings that came again tell nothing."""

CAUGHT = 0.8
"""A larger cache should have had this share of what was missed."""

FULL = 0.8
"""A cache that never held this share of its size did not lose results for want of room."""

WORTH = 0.02
"""Less than this share of the work saved is not worth a change."""

GIB = 2**30


def bigger_cache(look: Look) -> Iterator[Draft | Lacking]:
    """Recordings come again whose results had to go for want of room."""
    size, age_s = look.site.number("cache_size", 0.0), look.site.number("cache_age", 7.0) * DAY_S
    held = look.curve("cache.bytes")
    again = look.repeats
    missed = [each for each in again if not each.hit and each.gap_s < age_s]
    if len(missed) < FEWEST or size <= 0:
        return
    if held is None or not len(held.at):
        yield Lacking("How much the cache holds was not sampled.")
        return
    saved_s, run_s = sum(each.again_s for each in missed), float(look.jobs["run_s"].sum())
    if float(held.high.max()) < FULL * size or saved_s < WORTH * run_s or _nearly_full(look):
        return
    holds_s = min(each.distance_s for each in missed)
    wanted_s = float(np.quantile([each.distance_s for each in missed], CAUGHT, method="higher"))
    value = look.site.within("cache_size", math.ceil(1.1 * size * wanted_s / holds_s / GIB) * float(GIB))
    free = look.level("disk.free_bytes", {"purpose": "data"})
    if free is not None:
        value = min(value, size + 0.5 * max(0.0, free.low - 2 * FREE_BYTES))
    value = float(math.floor(value))
    caught = [each for each in missed if each.distance_s <= holds_s * value / size]
    part = share(len(caught), len(missed))
    if value <= 1.05 * size or part is None or part.low is None or part.high is None:
        return
    before = saved_s / look.days
    after, high, low = (before * (1 - each) for each in (part.value, part.low, part.high))
    yield Draft(
        do=f"Let the cache hold {gib(value)} instead of {gib(size)}.",
        why=(
            Evidence("Recordings that came again while their results might have been kept", len(missed), "count",
                     len(again)),
            Evidence("Most that the cache held", float(held.high.max()), "bytes", len(held.at)),
            Evidence("Of those a cache of that size would have had", len(caught), "count", len(missed)),
        ),
        expect=Effect("Work in a day on results that had been there", "s/day", before, after, low, high),
        costs=f"{gib(value - size)} of disk space.",
        samples=len(missed),
        about=f"{value:.0f}",
        turn=KnobTurn("cache_size", int(value)),
        presumed=free is None,
    )  # fmt: skip


def older_cache(look: Look) -> Iterator[Draft | Lacking]:
    """Recordings come again whose results had become too old."""
    days = look.site.number("cache_age", 7.0)
    again = look.repeats
    late = [each for each in again if not each.hit and each.gap_s >= days * DAY_S]
    held = look.curve("cache.bytes")
    size = look.site.number("cache_size", 0.0)
    if len(late) < FEWEST or size <= 0 or _nearly_full(look):
        return
    if held is None:
        yield Lacking("How much the cache holds was not sampled.")
        return
    if float(held.high.max()) >= FULL * size:
        return  # results go for want of room, not for their age
    saved_s, run_s = sum(each.again_s for each in late), float(look.jobs["run_s"].sum())
    wanted_s = float(np.quantile([each.gap_s for each in late], CAUGHT, method="higher"))
    value = look.site.within("cache_age", float(min(90, math.ceil(1.1 * wanted_s / DAY_S))))
    caught = [each for each in late if each.gap_s <= value * DAY_S]
    part = share(len(caught), len(late))
    if value <= days or saved_s < WORTH * run_s or part is None or part.low is None or part.high is None:
        return
    before = saved_s / look.days
    after, high, low = (before * (1 - each) for each in (part.value, part.low, part.high))
    yield Draft(
        do=f"Keep results for {value:.0f} days instead of {days:.0f}.",
        why=(
            Evidence(f"Recordings that came again after more than {days:.0f} days", len(late), "count", len(again)),
            Evidence(f"Of these within {value:.0f} days", len(caught), "count", len(late)),
            Evidence("Most that the cache held", float(held.high.max()), "bytes", len(held.at)),
        ),
        expect=Effect("Work in a day on results that had been there", "s/day", before, after, low, high),
        costs="More of the disk, up to the size of the cache; what was heard stays on this machine longer.",
        samples=len(late),
        about=f"{value:.0f}",
        turn=KnobTurn("cache_age", value),
        presumed=True,
    )


def _nearly_full(look: Look) -> bool:
    free = look.level("disk.free_bytes", {"purpose": "data"})
    return free is not None and free.low < FREE_BYTES


def smaller_cache(look: Look) -> Iterator[Draft | Lacking]:
    """The disk is nearly full, and the cache holds enough of it to help."""
    free, held = look.level("disk.free_bytes", {"purpose": "data"}), look.curve("cache.bytes")
    if free is None:
        yield Lacking("How much is free on the disk was not sampled.")
        return
    if free.low >= FREE_BYTES or held is None:
        return
    holds, size = float(held.mean[-1]), look.site.number("cache_size", 0.0)
    wanted = 2 * FREE_BYTES - free.low
    value = look.site.within("cache_size", float(max(0, math.floor((holds - wanted) / GIB)) * GIB))
    freed = holds - value
    if value >= size or freed < max(GIB, wanted / 2):
        return
    yield Draft(
        do=f"Let the cache hold {gib(value)} instead of {gib(size)}.",
        why=(
            Evidence("Free on the disk in the tightest tenth of the time", free.low, "bytes", free.samples),
            Evidence("What the cache holds", holds, "bytes", len(held.at)),
        ),
        expect=Effect(
            "Free on the disk", "bytes", free.low, free.low + freed, free.low + 0.9 * freed, free.low + freed
        ),
        costs="Recordings that come again are worked on anew.",
        samples=free.samples,
        about=f"{value:.0f}",
        turn=KnobTurn("cache_size", int(value)),
    )


def more_disk(look: Look) -> Iterator[Draft | Lacking]:
    """The disk is nearly full, or was full, and the cache can't help."""
    free = look.level("disk.free_bytes", {"purpose": "data"})
    failed = look.failures("storage_full")
    if (free is None or free.low >= FREE_BYTES) and failed < 3:
        return
    before = 0.0 if free is None else free.low
    yield Draft(
        do="Free some disk space, or add a disk: delete finished tasks and models nobody uses.",
        why=(
            *(
                [Evidence("Free on the disk in the tightest tenth of the time", before, "bytes", free.samples)]
                if free
                else []
            ),
            Evidence("Jobs and exports that failed for want of disk space", failed, "count", len(look.jobs)),
        ),
        expect=Effect("Free on the disk", "bytes", before, 2.0 * FREE_BYTES, float(FREE_BYTES), 4.0 * FREE_BYTES),
        costs="Time, or money.",
        samples=free.samples if free is not None else failed,
        presumed=True,
    )


def faster_disk(look: Look) -> Iterator[Draft | Lacking]:
    """Cores wait for a disk that is always busy."""
    waits, busy = look.level("cpu.iowait", busy=True), look.level("disk.busy", busy=True)
    if waits is None or busy is None:
        yield Lacking("How busy the disk is was not sampled while all workers were busy.")
        return
    if waits.median < 0.15 or busy.median < 0.8:
        return
    before = waits.median
    yield Draft(
        do="Put the data folder on a faster disk, best an SSD of this machine.",
        why=(
            Evidence("Share of time the cores waited for a disk, median", waits.median, "fraction", waits.samples),
            Evidence("Share of time the disk was busy, median", busy.median, "fraction", busy.samples),
        ),
        expect=Effect("Share of time the cores wait for a disk", "fraction", before, 0.2 * before, 0.0, 0.6 * before),
        costs="Money.",
        samples=waits.samples,
        presumed=True,
    )
