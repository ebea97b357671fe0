"""Recordings that came again, and what a cache of another size would have had of them.

That is told by how much was used since a result was used last: its stack distance (R. Mattson et al., Evaluation
techniques for storage hierarchies, IBM Systems Journal 9, 1970). What is not used for longest goes first here too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frame import Frame


@dataclass(frozen=True, slots=True)
class Repeat:
    """A recording that came again.

    Attributes:
        hit: Whether results were found.
        gap_s: Since it came last.
        distance_s: Sound of the recordings that came since, its own included.
        again_s: Work on stages whose results were looked for and not found.
    """

    hit: bool
    gap_s: float
    distance_s: float
    again_s: float


class _Sums:
    """Numbers in a row, and the sum of the first of them, each in a logarithm of their count (P. Fenwick, 1994)."""

    def __init__(self, count: int) -> None:
        self._tree = [0.0] * (count + 1)

    def add(self, place: int, number: float) -> None:
        place += 1
        while place < len(self._tree):
            self._tree[place] += number
            place += place & -place

    def before(self, place: int) -> float:
        total = 0.0
        while place > 0:
            total += self._tree[place]
            place -= place & -place
        return total


def repeats_of(jobs: Frame, stages: Frame) -> tuple[Repeat, ...]:
    """The recordings that came again, in the order they came.

    Args:
        jobs: All jobs.
        stages: Their stages.
    """
    jobs = jobs.where((jobs["recording"] != "") & np.isfinite(jobs["audio_s"]))
    looked = _looked(stages)
    lengths = _Sums(len(jobs))
    last: dict[str, tuple[int, float, float]] = {}
    found = []
    for place, row in enumerate(np.argsort(jobs["queued_at"], kind="stable")):
        recording, job_id = str(jobs["recording"][row]), str(jobs["job_id"][row])
        ended, audio_s = float(jobs["at"][row]), float(jobs["audio_s"][row])
        if recording in last:
            since, ended_before, length = last[recording]
            if job_id in looked:
                hits, again_s = looked[job_id]
                apart = lengths.before(place) - lengths.before(since)
                gap_s = ended - float(jobs["run_s"][row]) - ended_before
                found.append(Repeat(hits > 0, gap_s, apart, again_s))
            lengths.add(since, -length)
        lengths.add(place, audio_s)
        last[recording] = (place, ended, audio_s)
    return tuple(found)


def _looked(stages: Frame) -> dict[str, tuple[float, float]]:
    """How often results were found for each job that looked for some, and how long it worked for want of others."""
    found: dict[str, tuple[float, float]] = {}
    stages = stages.where(stages["looks"] > 0)
    wall_s = stages["at"] - stages["began_at"]
    for job_id, hits, took_s in zip(stages["job_id"], stages["hits"], wall_s, strict=True):
        before = found.get(str(job_id), (0.0, 0.0))
        found[str(job_id)] = (before[0] + hits, before[1] + (0.0 if hits else float(took_s)))
    return found
