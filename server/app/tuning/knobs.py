"""What may be turned here, in one table: which setting, within which bounds, at what price.

To register a knob, add a row to `KNOBS` and one to `docs/tuning.md`. Its setting must be one that can be changed while
the server runs; a test sees to that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import InvalidOption, UnknownName
from ..survey.plan import WORKER_BYTES

Value = bool | int | float | str
"""What a knob can stand at; None, where a table has no such entry."""

Kind = Literal["int", "float", "bytes", "choice"]
Risk = Literal["low", "medium", "high"]
"""`low`: nothing but speed or space changes. `medium`: others may get slower, or memory run out. `high`: the words may
come out different."""

MIB = 2**20
DAY_S = 86_400.0

_LANGUAGE = re.compile(r"\*|[a-z]{2,3}")
_A_PATH = re.compile(r"[/.~\\]|.*\.\.")


@dataclass(frozen=True, slots=True)
class Room:
    """What bounds depend on: what this machine has.

    Attributes:
        cores: Processor cores that may be used.
        memory_bytes: Main memory that may be used; None where unknown.
        worker_bytes: What one more worker takes of it.
        cache_room_bytes: Disk space that is free for the cache, with what it holds already; None where unknown.
        models: Names of the speech models on this machine; None where unknown.
    """

    cores: int
    memory_bytes: int | None = None
    worker_bytes: int = WORKER_BYTES
    cache_room_bytes: int | None = None
    models: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a knob can be turned.

    Attributes:
        lowest, highest: Both are allowed; None for a choice.
        step: The least turn that is worth one; programs turn no less.
        choices: What may be chosen; empty where that is any name, or no choice.
    """

    lowest: float | None = None
    highest: float | None = None
    step: float | None = None
    choices: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Knob:
    """Something that may be turned.

    Attributes:
        name: What it is called here and in `/api/knobs`.
        setting: Dotted name of the setting it turns.
        kind: What its value is. A choice may be between names, or between true and false.
        unit: Of the value; empty where it has none.
        does: What turning it up does, one sentence.
        costs: What turning it up costs, one sentence.
        risk: See `Risk`.
        bounds: Gives its bounds on a machine.
        entry: Where the setting is a table, the entry that is turned when the name tells no other: `name:entry`.
    """

    name: str
    setting: str
    kind: Kind
    unit: str
    does: str
    costs: str
    risk: Risk
    bounds: Callable[[Room], Bounds]
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Handle:
    """A knob, and which entry of its table where the setting is one."""

    knob: Knob
    entry: str | None = None

    @property
    def name(self) -> str:
        """As people write it: `workers`, `default_model`, `default_model:de`."""
        return self.knob.name if self.entry == self.knob.entry else f"{self.knob.name}:{self.entry}"

    def of(self, value: object) -> Value | None:
        """Where the knob stands, by the value of its setting."""
        if self.entry is not None:
            value = value.get(self.entry) if isinstance(value, Mapping) else None
        return value if isinstance(value, bool | int | float | str) else None

    def patch(self, value: Value | None) -> dict[str, object]:
        """The merge patch that turns it; None takes out the entry, or what was set over HTTP."""
        return _nested(self.knob.setting, value if self.entry is None else {self.entry: value})

    def release(self) -> dict[str, object]:
        """The merge patch that leaves its whole setting to the layers below."""
        return _nested(self.knob.setting, None)


def _nested(setting: str, value: object) -> dict[str, object]:
    for name in reversed(setting.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def _workers(room: Room) -> Bounds:
    by_memory = room.cores if room.memory_bytes is None else room.memory_bytes // max(1, room.worker_bytes)
    return Bounds(1, max(1, min(64, room.cores, by_memory)), 1)


def _cache_size(room: Room) -> Bounds:
    most = 1024 * 2**30 if room.cache_room_bytes is None else int(0.8 * room.cache_room_bytes)
    return Bounds(0, most, 64 * MIB)


_ALL: Sequence[Knob] = (
    Knob(
        "workers",
        "jobs.workers",
        "int",
        "",
        "More recordings are worked on at the same time, so jobs wait less.",
        "Each worker holds models of its own in memory and shares the cores, so each job takes longer.",
        "medium",
        _workers,
    ),
    Knob(
        "threads_per_worker",
        "transcription.processes",
        "int",
        "",
        "Each recording is decoded by more processes or threads on the CPU; 0 takes one per core.",
        "Workers get in each other's way where workers times threads is more than there are cores.",
        "medium",
        lambda room: Bounds(0, room.cores, 1),
    ),
    Knob(
        "model_keep_alive",
        "models.keep_alive_s",
        "float",
        "s",
        "Models that are not used stay in memory longer, so the next job need not wait for one to be loaded.",
        "Memory that nobody uses meanwhile.",
        "medium",
        lambda _room: Bounds(0, 7 * DAY_S, 30),
    ),
    Knob(
        "cache_size",
        "cache.max_bytes",
        "bytes",
        "bytes",
        "More results are kept, so recordings that come again need less work.",
        "Disk space.",
        "low",
        _cache_size,
    ),
    Knob(
        "cache_age",
        "cache.max_age_days",
        "float",
        "days",
        "Results are kept longer, so recordings that come again later need less work.",
        "Disk space, up to the size of the cache; what was heard stays on this machine longer.",
        "low",
        lambda _room: Bounds(0, 365, 1),
    ),
    Knob(
        "default_model",
        "models.defaults",
        "choice",
        "",
        "Jobs that name no model use this one; `default_model:de` turns it for one language.",
        "A larger model takes more time and memory, a smaller one makes more mistakes.",
        "high",
        lambda room: Bounds(choices=room.models or ()),
        entry="*",
    ),
    Knob(
        "warm_up",
        "models.warm_up",
        "choice",
        "",
        "Each worker loads the default model when it starts, so its first job need not wait for that.",
        "Memory from the start, until the model has been unused for the keep-alive.",
        "low",
        lambda _room: Bounds(choices=(False, True)),
    ),
)

KNOBS: Mapping[str, Knob] = {knob.name: knob for knob in _ALL}
"""Every knob by name."""


def handle(name: str) -> Handle:
    """The knob of a name such as `workers` or `default_model:de`.

    Raises:
        UnknownName: There is none.
        InvalidOption: It has no such entry.
    """
    plain, colon, entry = name.partition(":")
    if plain not in KNOBS:
        raise UnknownName("knob", plain, KNOBS)
    knob = KNOBS[plain]
    if not colon:
        return Handle(knob, knob.entry)
    if knob.entry is None:
        raise InvalidOption(f"The knob '{plain}' is one value, not one for each language.", hint=f"Call it '{plain}'.")
    if not _LANGUAGE.fullmatch(entry):
        raise InvalidOption(
            f"'{entry}' is no language code.", hint=f"For example {plain}:de, or {plain} for every other language."
        )
    return Handle(knob, entry)


def checked(knob: Knob, value: object, bounds: Bounds) -> Value:
    """A value the knob may be turned to.

    Raises:
        InvalidOption: It is of another kind, or out of bounds; the hint tells what is allowed.
    """
    if knob.kind == "choice":
        return _checked_choice(knob, value, bounds)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refusal(knob, value, "a number", bounds)
    if knob.kind != "float":
        if value != int(value):
            raise _refusal(knob, value, "a whole number", bounds)
        value = int(value)
    if not (bounds.lowest or 0) <= value <= (math.inf if bounds.highest is None else bounds.highest):
        raise _refusal(knob, value, "within its bounds", bounds)
    return float(value) if knob.kind == "float" else value


def _checked_choice(knob: Knob, value: object, bounds: Bounds) -> Value:
    if bounds.choices:
        # 1 is True to Python, but not to people.
        found = [each for each in bounds.choices if each == value and type(each) is type(value)]
        if not found:
            raise _refusal(knob, value, "one of its choices", bounds)
        return found[0]
    if not isinstance(value, str) or not value.strip() or _A_PATH.match(value):
        raise _refusal(knob, value, "a name", bounds)
    return value


def _refusal(knob: Knob, value: object, wanted: str, bounds: Bounds) -> InvalidOption:
    shown = value if isinstance(value, Value) else type(value).__name__
    return InvalidOption(
        f"The knob '{knob.name}' can't be turned to {shown!r}: that is not {wanted}.",
        hint=f"{knob.does} On this machine it takes {told(bounds, knob.unit)}.",
        field="value",
    )


def told(bounds: Bounds, unit: str = "") -> str:
    """Bounds in words."""
    if bounds.choices:
        return ", ".join(str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in bounds.choices)
    if bounds.lowest is None or bounds.highest is None:
        return "the name of a model"
    return f"{bounds.lowest:.15g} to {bounds.highest:.15g} {unit}".strip()
