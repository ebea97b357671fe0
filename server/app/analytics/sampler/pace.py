"""How often to look: more often while much changes, less often while nothing happens, never at much cost. Pure.

The rule, in full. `every_s` is what was asked for.

* **Fast**, a fifth of it but not below 1 s: as soon as the figures have changed by `MUCH` since the last look. Back to
  `every_s` after `CALM_ROUNDS` looks in a row with less than `LITTLE` change; in between, nothing is altered.
* **Slow**: after `IDLE_ROUNDS` looks in a row where nothing happened at all, each further one doubles the interval, up
  to six times `every_s`. The first look that finds something goes back to `every_s` at once.
* **Cost**: whatever these say, looks are so far apart that they take no more than `SHARE` of one core.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..facts import Sample

MUCH = 0.2
"""Change of a share (of cores, of a GPU, of memory, of a disk's time) that makes looks more frequent."""

LITTLE = 0.1
"""Change below which it is calm."""

CALM_ROUNDS = 3
IDLE_ROUNDS = 3
FAST, SLOW = 1 / 5, 6.0
LEAST_S = 1.0

SHARE = 0.003
"""Of one core: what looking may cost."""

_BUSY = 0.05
"""Less of a share, or of a core by our processes, is nothing: the system breathes."""

_SHARES = ("cpu.utilisation", "gpu.utilisation", "disk.busy")
_WORK = ("process.cpu", "workers.busy", "queue.depth", *_SHARES)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often it is looked now, and for how long it has been calm and idle.

    Attributes:
        every_s: What was asked for.
        interval_s: Until the next look, cost left aside.
        calm: Looks in a row that found little change.
        idle: Looks in a row that found nothing happening.
    """

    every_s: float
    interval_s: float
    calm: int = 0
    idle: int = 0

    @classmethod
    def of(cls, every_s: float) -> Pace:
        """The pace to begin with."""
        return cls(every_s, every_s)

    @property
    def fastest_s(self) -> float:
        """The shortest interval."""
        return min(self.every_s, max(LEAST_S, self.every_s * FAST))

    @property
    def slowest_s(self) -> float:
        """The longest interval, cost left aside."""
        return self.every_s * SLOW


@dataclass(frozen=True, slots=True)
class Mood:
    """What a look found.

    Attributes:
        change: The largest change of a share since the last look, 0..1.
        idle: Whether nothing happened: no work of ours, nor of others.
    """

    change: float
    idle: bool


def next_pace(pace: Pace, mood: Mood) -> Pace:
    """The pace after a look; see the rule above."""
    calm = pace.calm + 1 if mood.change < LITTLE else 0
    idle = pace.idle + 1 if mood.idle and mood.change < LITTLE else 0
    interval_s = pace.interval_s
    if mood.change >= MUCH:
        interval_s = pace.fastest_s
    elif interval_s < pace.every_s and calm >= CALM_ROUNDS:
        interval_s = pace.every_s
    elif interval_s >= pace.every_s:
        doubled_s = min(2 * interval_s, pace.slowest_s)
        interval_s = pace.every_s if idle == 0 else doubled_s if idle > IDLE_ROUNDS else interval_s
    return replace(pace, interval_s=interval_s, calm=calm, idle=idle)


def affordable_s(interval_s: float, cost_s: float) -> float:
    """An interval that is long enough for its cost.

    Args:
        interval_s: What would be fine otherwise.
        cost_s: Processor time of one look.
    """
    return max(interval_s, cost_s / SHARE)


def mood(before: Iterable[Sample], after: Iterable[Sample]) -> Mood:
    """What a look found, by the samples of the last look and of this one."""
    then, now = _by_curve(before), _by_curve(after)
    shares_then, shares_now = _shares(then), _shares(now)
    both = shares_then.keys() & shares_now.keys()
    change = max((abs(shares_now[curve] - shares_then[curve]) for curve in both), default=0.0)
    idle = all(value < _BUSY for (series, _), value in now.items() if series in _WORK)
    return Mood(min(1.0, change), idle)


_Curve = tuple[str, tuple[tuple[str, str], ...]]


def _by_curve(samples: Iterable[Sample]) -> dict[_Curve, float]:
    return {(sample.series, sample.labels): sample.value for sample in samples}


def _shares(values: Mapping[_Curve, float]) -> dict[_Curve, float]:
    """All that is a share of something, or can be made one."""
    found = {curve: value for curve, value in values.items() if curve[0] in _SHARES}
    for (series, labels), value in values.items():
        if series == "memory.used_bytes":
            total = value + values.get(("memory.available_bytes", labels), 0.0)
        elif series == "gpu.memory_used_bytes":
            total = values.get(("gpu.memory_bytes", labels), 0.0)
        else:
            continue
        if total > 0:
            found[series, labels] = value / total
    return found
