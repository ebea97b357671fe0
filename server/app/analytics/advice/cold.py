"""Models that had to be loaded for a job, and why they were not in memory any more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frame import Frame

FEWEST = 5
"""Fewer loads tell nothing."""


@dataclass(frozen=True, slots=True)
class ColdLoad:
    """A model that had to be loaded for a job.

    Attributes:
        gap_s: Since the same worker used it before; None where it never had.
        others: How many other models that worker used meanwhile.
    """

    at: float
    model: str
    wall_s: float
    size_bytes: float
    gap_s: float | None
    others: int


@dataclass(frozen=True, slots=True)
class Loads:
    """The loads of a period.

    Attributes:
        cold: Those that took time.
        room: How many other models a worker was seen to use without letting go of one.
    """

    cold: tuple[ColdLoad, ...]
    room: int

    def crowd(self, keep_s: float) -> float:
        """How many other models make a worker let go of one, as far as was seen; infinite where none was seen to.

        A model that was gone before its keep-alive was over was let go of to make room.
        """
        early = [load.others for load in self.cold if load.gap_s is not None and load.gap_s < 0.9 * keep_s]
        return max(self.room + 1.0, min(early)) if len(early) >= FEWEST else float("inf")

    def let_go_unused(self, keep_s: float) -> list[ColdLoad]:
        """Loads of what was let go of because nobody used it for so long, and would not have had to make room."""
        crowd = self.crowd(keep_s)
        return [
            load for load in self.cold if load.gap_s is not None and load.gap_s >= 0.9 * keep_s and load.others < crowd
        ]

    def pushed_out(self, keep_s: float) -> list[ColdLoad]:
        """Loads of what was let go of to make room for others, or would have been."""
        crowd = self.crowd(keep_s)
        return [load for load in self.cold if load.gap_s is not None and load.others >= crowd]


def loads_of(jobs: Frame, loads: Frame) -> Loads:
    """The loads for jobs, each with how long the model had not been used, and how many others had.

    Args:
        jobs: All jobs.
        loads: What was loaded, warm or let go of, in order of time.
    """
    rows = {job_id: row for row, job_id in enumerate(jobs["job_id"])}
    used: dict[tuple[float, str], dict[str, float]] = {}
    cold: list[ColdLoad] = []
    room = 0
    for row in range(len(loads)):
        job = rows.get(loads["job_id"][row])
        if job is None or loads["what"][row] == "released":
            continue
        pid, model = jobs["worker_pid"][job], str(loads["model"][row])
        own = used.setdefault((0.0 if np.isnan(pid) else float(pid), str(loads["device"][row])), {})
        at, wall_s, size = (float(loads[name][row]) for name in ("at", "wall_s", "size_bytes"))
        before = own.get(model)
        others = 0 if before is None else sum(each > before for name, each in own.items() if name != model)
        if loads["what"][row] == "cold":
            gap_s = None if before is None else max(0.0, at - wall_s - before)
            cold.append(ColdLoad(at, model, wall_s, 0.0 if np.isnan(size) else size, gap_s, others))
        else:
            room = max(room, others)
        own[model] = float(jobs["at"][job])
    return Loads(tuple(cold), room)
