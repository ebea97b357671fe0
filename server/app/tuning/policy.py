"""What programs may not do to knobs although people may: turn while locked, turn often, turn a little, guess names."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import Conflict, InvalidOption
from .knobs import Bounds, Handle, Value
from .turns import Lock, Turn

PROGRAMS = ("advice", "optimizer")
"""What the names of programs begin with."""

COOLDOWN_S = 600.0
"""A program leaves a knob alone for so long after anybody turned it: what came of that has to be seen first."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Who changed a knob's setting last, by turning the knob or otherwise.

    Attributes:
        at: When, Unix time in seconds.
        by: As the record names them.
    """

    at: float
    by: str


def is_program(by: str) -> bool:
    """Whether a name is a program's."""
    return by.lower().startswith(PROGRAMS)


def refuse_locked(by: str, lock: Lock) -> None:
    """Refuse a program while knobs are locked.

    Raises:
        Conflict: They are, and it is one.
    """
    if lock.locked and is_program(by):
        why = f": {lock.reason}" if lock.reason else ""
        raise Conflict(
            f"Knobs are locked for programs by {lock.by}{why}.",
            hint="People may turn them all the same; unlocking lets programs turn again.",
        )


def refuse_hasty(by: str, handle: Handle, moved: Moved | None, now: float, cooldown_s: float) -> None:
    """Refuse a program that turns a knob again too soon.

    Args:
        by: Who turns.
        handle: What.
        moved: Who changed it last; None where nobody did.
        now: Unix time.
        cooldown_s: How long programs leave it alone.

    Raises:
        Conflict: It is too soon; the error's data tells for how long.
    """
    if moved is None or not is_program(by):
        return
    since_s = max(0.0, now - moved.at)
    wait_s = cooldown_s - since_s
    if wait_s > 0 and moved.at < now + cooldown_s:  # were it later, the clock was set back
        raise Conflict(
            f"The knob '{handle.name}' was turned {since_s:.0f} s ago by {moved.by}; programs leave it alone "
            f"for {cooldown_s:.0f} s.",
            hint=f"Try again in {math.ceil(wait_s)} s.",
            retry_after_s=math.ceil(wait_s),
        )


def refuse_petty(by: str, handle: Handle, old: Value | None, new: Value, bounds: Bounds) -> None:
    """Refuse a program that turns less than is worth it, or to a name that nothing here is known by.

    Raises:
        Conflict: It is less than a step.
        InvalidOption: What may be chosen is not known here, so only people can know better.
    """
    if not is_program(by):
        return
    if handle.knob.kind == "choice":
        if not bounds.choices:
            raise InvalidOption(
                f"A program can't turn '{handle.name}': it is not known here what may be chosen.", field="value"
            )
        return
    if isinstance(old, int | float) and isinstance(new, int | float) and abs(new - old) < (bounds.step or 0):
        raise Conflict(
            f"Turning '{handle.name}' from {old:.15g} to {new:.15g} is too little to be worth it.",
            hint=f"The least turn is {bounds.step:.15g} {handle.knob.unit}".rstrip() + ".",
        )


def refuse_meddling(by: str, turn: Turn) -> None:
    """Refuse a program that takes back what a person did.

    Raises:
        Conflict: It would.
    """
    if is_program(by) and not is_program(turn.by):
        raise Conflict(f"{turn.by} turned it; a program does not take that back.", hint="A person may.")
