"""A knob as it stands, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .knobs import Bounds, Handle, Kind, Risk, Value, handle
from .policy import Moved


@dataclass(frozen=True, slots=True)
class KnobState:
    """A knob as it stands.

    Attributes:
        name: What it is turned by: `workers`, `default_model:de`.
        setting: Dotted name of the setting it turns.
        effect: When a turn takes effect.
        value: Where it stands; None where a table has no such entry.
        default: Where it would stand had nobody set anything.
        layer: Where its value is from.
        fixed_because: Why it can't be turned; empty where it can.
        moved: Who changed its setting last over HTTP, by this knob or otherwise; None where nobody did.
        turn_id: The turn that can be undone: it was the last, and stands. Empty where there is none.
    """

    name: str
    setting: str
    kind: Kind
    unit: str
    does: str
    costs: str
    risk: Risk
    effect: str
    value: Value | None
    default: Value | None
    bounds: Bounds
    layer: str
    fixed_because: str = ""
    moved: Moved | None = None
    turn_id: str = ""


def handles_of(name: str, values: Mapping[str, Any]) -> list[Handle]:
    """A knob by its usual entry, and by each other entry there is."""
    usual = handle(name)
    if usual.entry is None:
        return [usual]
    others = [Handle(usual.knob, entry) for entry in values[usual.knob.setting] if entry != usual.entry]
    return [usual, *others]


def with_turned(value: Any, turned: Handle, new: Value | None) -> Any:
    """A setting's value with the knob turned."""
    if turned.entry is None:
        return new
    rest = {name: each for name, each in value.items() if name != turned.entry}
    return rest if new is None else {**rest, turned.entry: new}
