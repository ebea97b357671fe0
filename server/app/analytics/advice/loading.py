"""Rules about models that have to be loaded while somebody waits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..intervals import share
from ..saying import gib, minutes
from .cold import FEWEST
from .looking import Look
from .records import Draft, Effect, Evidence, KnobTurn, Lacking

COLD = 0.05
"""Share of the workers' time that may go into loading models."""

CAUGHT = 0.8
"""A longer keep-alive should spare this share of the loads that any spares."""

FIRST_JOBS = 0.02
"""Workers are new rarely enough where less than this share of the jobs is the first of one."""

SLOW_S = 2.0
"""Loads that take less are not worth a change."""

LADDER_S = (900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 259_200)


def longer_keep_alive(look: Look) -> Iterator[Draft | Lacking]:
    """Workers spend their time loading models they had let go of shortly before."""
    if not len(look.loads):
        yield Lacking("No model was loaded for a job in this time, as far as is known.")
        return
    found = look.cold
    loads, now_s = found.cold, look.site.number("model_keep_alive", 600.0)
    again = found.let_go_unused(now_s)
    whole_s, run_s = sum(load.wall_s for load in loads), float(look.jobs["run_s"].sum())
    if len(again) < FEWEST or whole_s < COLD * run_s or look.memory_is_scarce:
        return
    value = _long_enough([load.gap_s for load in again if load.gap_s is not None], look)
    if value <= now_s:
        return
    held = max(load.size_bytes for load in loads) * look.site.workers
    fits = look.memory_left(held) if held else None
    if fits is False:
        return
    spared = [load for load in again if load.gap_s is not None and load.gap_s <= value]
    part = share(len(spared), len(loads))
    surely = share(sum(load.others <= found.room for load in spared), len(loads))
    if part is None or surely is None or surely.low is None or part.high is None or not spared:
        return
    before = whole_s / look.days
    per_load = sum(load.wall_s for load in spared) / len(spared) * len(loads) / whole_s
    after, high, low = (before * max(0.0, 1 - per_load * each) for each in (part.value, surely.low, part.high))
    yield Draft(
        do=f"Keep unused models for {minutes(value)} instead of {minutes(now_s)}.",
        why=(
            Evidence(
                "Share of the workers' time that goes into loading models", whole_s / run_s, "fraction", len(loads)
            ),
            Evidence("Loads of a model that the worker had let go of unused", len(again), "count", len(loads)),
            Evidence(f"Of these, after a pause of less than {minutes(value)}", len(spared), "count", len(again)),
        ),
        expect=Effect("Time in a day in which jobs wait for models", "s/day", before, after, low, high),
        costs=(f"Up to {gib(held)} of memory" if held else "Memory") + " is held while nobody uses it.",
        samples=len(loads),
        about=f"{value:.0f}",
        turn=KnobTurn("model_keep_alive", value),
        presumed=fits is None,
    )


def _long_enough(gaps_s: list[float], look: Look) -> float:
    """The shortest keep-alive that spares most of the loads that any spares."""
    longest = look.site.within("model_keep_alive", float(LADDER_S[-1]))
    can = [gap for gap in gaps_s if gap <= longest]
    if not can:
        return 0.0
    wanted = float(np.quantile(can, CAUGHT, method="higher"))
    return look.site.within("model_keep_alive", float(next((step for step in LADDER_S if step > wanted), LADDER_S[-1])))


def warm_up(look: Look) -> Iterator[Draft | Lacking]:
    """The first job of each new worker waits for the model."""
    if look.site.knobs.get("warm_up") is not False:
        return
    if not len(look.loads):
        yield Lacking("No model was loaded for a job in this time, as far as is known.")
        return
    first = [load for load in look.cold.cold if load.gap_s is None and load.wall_s >= SLOW_S]
    if len(first) < max(FEWEST, FIRST_JOBS * len(look.jobs)) or look.memory_is_scarce:
        return
    names = [load.model for load in first]
    usual = max(set(names), key=lambda name: (names.count(name), name))
    known = [value for name, value in look.site.knobs.items() if name.startswith("default_model") and value]
    if names.count(usual) < CAUGHT * len(first) or (known and usual not in known):
        return  # the default would be loaded, and then another one
    waited_s = float(np.median([load.wall_s for load in first]))
    yield Draft(
        do="Load the default model when a worker starts.",
        why=(
            Evidence("First jobs of new workers that waited for a model", len(first), "count", len(look.jobs)),
            Evidence("How long they waited, median", waited_s, "s", len(first)),
            Evidence(f"Share of them that wanted {usual}", names.count(usual) / len(first), "fraction", len(first)),
        ),
        expect=Effect("What the first job of a worker waits for its model", "s", waited_s, 0.1 * waited_s, 0.0,
                      0.95 * waited_s),
        costs="Memory from the start. It only helps jobs that come within the keep-alive of the worker's start.",
        samples=len(first),
        turn=KnobTurn("warm_up", value=True),
        presumed=True,
    )  # fmt: skip


def fewer_models(look: Look) -> Iterator[Draft | Lacking]:
    """Workers let go of models to make room for others, and need them again: jobs want more than a worker keeps."""
    if not len(look.loads):
        return
    found = look.cold
    loads, soon = found.cold, found.pushed_out(look.site.number("model_keep_alive", 600.0))
    names = sorted({load.model for load in soon})
    whole_s, run_s = sum(load.wall_s for load in soon), float(look.jobs["run_s"].sum())
    if len(soon) < FEWEST or len(names) < 2 or whole_s < COLD * run_s:
        return
    used = [str(name) for name in look.jobs["model"] if name]
    usual = max(set(used), key=lambda name: (used.count(name), name)) if used else names[0]
    before = whole_s / look.days
    yield Draft(
        do=f"Let jobs use fewer than {len(names)} models: most use {usual}, so let the others use it too.",
        why=(
            Evidence("Loads of models that had been let go of for others", len(soon), "count", len(loads)),
            Evidence("Share of the workers' time that went into these", whole_s / run_s, "fraction", len(soon)),
            Evidence("Models that were loaded again and again", len(names), "count", len(soon)),
            Evidence("Other models a worker was seen to keep beside one", found.room, "count", len(look.loads)),
        ),
        expect=Effect("Time in a day in which jobs wait for models", "s/day", before, 0.1 * before, 0.0, 0.5 * before),
        costs="Jobs that need another model for their language or accuracy do not get it.",
        samples=len(soon),
    )
