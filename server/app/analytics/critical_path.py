"""Which stages a job's time went into, when stages run side by side, and what it would gain were one of them faster.

A stage is taken to have waited for those that had ended when it began. The critical path is then found backwards
from the end (J. Kelley, Critical-path planning and scheduling, 1959).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CLOCK_S = 0.005
"""A stage may seem to begin so much before the one it waited for ended: they are told from different threads."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A stage ran from `began_at` to `ended_at`."""

    stage: str
    began_at: float
    ended_at: float


def critical_path(runs: Sequence[Ran]) -> Mapping[str, float]:
    """Seconds that each stage contributes to the critical path, in the order of the path.

    Args:
        runs: When each stage ran; each stage once.

    Returns:
        Only stages on the path. Their sum is the time from the first beginning to the last end, less the gaps in
        which nothing on the path ran.
    """
    if not runs:
        return {}
    step: Ran | None = max(runs, key=lambda run: (run.ended_at, run.began_at))
    path: dict[str, float] = {}
    while step is not None:
        path[step.stage] = step.ended_at - step.began_at
        step = max(_before(step, runs), key=lambda run: (run.ended_at, run.began_at), default=None)
    return dict(reversed(path.items()))


def total_if(runs: Sequence[Ran], factors: Mapping[str, float]) -> float:
    """How long all would take, in seconds, if stages took `factors` times as long as they did.

    Everything else stays: who waits for whom, and how long after that each stage begins.

    Args:
        runs: When each stage ran; each stage once.
        factors: By stage; 0 for one that takes no time.
    """
    first = min((run.began_at for run in runs), default=0.0)
    ends: dict[str, float] = {}
    for run in sorted(runs, key=lambda run: (run.began_at, run.ended_at)):
        before = [other for other in _before(run, runs) if other.stage in ends]
        lag_s = run.began_at - max((other.ended_at for other in before), default=first)
        begins = max((ends[other.stage] for other in before), default=first) + lag_s
        ends[run.stage] = begins + (run.ended_at - run.began_at) * factors.get(run.stage, 1.0)
    return max(ends.values(), default=first) - first


def _before(run: Ran, runs: Sequence[Ran]) -> list[Ran]:
    """What had ended when a stage began; of two that took no time, the earlier in the list."""
    earlier = [other for other in runs if other is not run and other.ended_at <= run.began_at + CLOCK_S]
    return [
        other
        for other in earlier
        if other.began_at < run.began_at or (other.began_at == run.began_at and runs.index(other) < runs.index(run))
    ]
