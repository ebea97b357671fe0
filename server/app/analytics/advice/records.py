"""What advice is made of: what to do, why, what it is to bring about, how sure that is, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["tuning", "resource", "model", "capacity"]
Confidence = Literal["low", "medium", "high"]
Value = bool | int | float | str

MANY = 100
SOME = 30
"""How many samples high and medium confidence take at least."""


@dataclass(frozen=True, slots=True)
class Site:
    """What advice is for.

    Attributes:
        cores: Processor cores that may be used.
        memory_bytes: Main memory that may be used; None where unknown.
        target_wait_s: What 95 % of jobs should wait less than.
        knobs: Where each knob stands now, by name: `workers`, `default_model:de`.
        limits: Lowest and highest value of knobs, by name; those not named have none.
        models: Speech models on this machine, which a default may be; None where unknown.
        gpus: How many there are.
    """

    cores: float
    memory_bytes: float | None
    target_wait_s: float
    knobs: Mapping[str, Value | None]
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    models: tuple[str, ...] | None = None
    gpus: int = 0

    @property
    def workers(self) -> int:
        """Jobs that are worked on at the same time."""
        return max(1, int(self.number("workers", 1)))

    @property
    def threads(self) -> int:
        """Processes or threads that decode for each worker."""
        return int(self.number("threads_per_worker", 0)) or max(1, int(self.cores))

    def number(self, knob: str, default: float) -> float:
        """Where a knob stands that has a number."""
        value = self.knobs.get(knob)
        return float(value) if isinstance(value, int | float) else default

    def within(self, knob: str, value: float) -> float:
        """The nearest value that the knob may be turned to."""
        lowest, highest = self.limits.get(knob, (0.0, float("inf")))
        return min(highest, max(lowest, value))

    def most_workers(self) -> int:
        """As many as may be; as many as there are cores where nobody says."""
        return max(1, int(min(self.limits.get("workers", (1, self.cores))[1], self.cores)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure that speaks for advice.

    Attributes:
        what: What it is, in words.
        unit: `s`, `bytes`, `fraction`, `count`, …
        samples: How many jobs, samples or recordings it rests on.
    """

    what: str
    value: float
    unit: str
    samples: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What advice is to bring about.

    Attributes:
        what: The figure that changes, in words.
        before: As it is now.
        after: As it is expected to be.
        low, high: Between which it is expected, the smaller first.
    """

    what: str
    unit: str
    before: float
    after: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether all that is expected is better than now."""
        return self.high < self.before if self.after < self.before else self.low > self.before


@dataclass(frozen=True, slots=True)
class KnobTurn:
    """A knob, and what to turn it to."""

    knob: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Something that would make things better here.

    Attributes:
        id: The same as long as the same is advised.
        rule: Of `RULES`, which gave it.
        do: What to do, one sentence.
        why: The figures that speak for it.
        expect: What it is to bring about.
        confidence: See `confidence_in`.
        turn: The knob that does it; None where a person has to act.
        costs: What it costs, one sentence.
    """

    id: str
    rule: str
    kind: Kind
    do: str
    why: tuple[Evidence, ...]
    expect: Effect
    confidence: Confidence
    turn: KnobTurn | None
    costs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Advice as a rule gives it; see `Advice`.

    Attributes:
        about: What tells it from other advice of the rule: a value, a model, a language.
        samples: What it rests on, the least of what it needs.
        presumed: Whether something was presumed that was not measured here.
    """

    do: str
    why: tuple[Evidence, ...]
    expect: Effect
    costs: str
    samples: int
    about: str = ""
    turn: KnobTurn | None = None
    presumed: bool = False


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a rule would have to know to say anything; one sentence."""

    what: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A rule that can't say anything, and what it would have to know."""

    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class Counsel:
    """All that is advised, the surest first, and what could not be told."""

    advice: tuple[Advice, ...]
    missing: tuple[Missing, ...]


def confidence_in(samples: int, expect: Effect, *, presumed: bool = False) -> Confidence:
    """How sure advice is.

    `high`: at least `MANY` samples, all of what is expected is better than now, and nothing was presumed.
    `medium`: at least `SOME` samples, and all of what is expected is better than now. `low`: otherwise.

    Args:
        samples: What it rests on.
        expect: What is expected.
        presumed: Whether something was presumed that was not measured here.
    """
    if samples < SOME or not expect.certain:
        return "low"
    return "medium" if presumed or samples < MANY else "high"
