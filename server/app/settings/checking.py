"""Layers checked together, and what is wrong told by the layer it is from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .layers import Fault, Layer, guess, lay, nested, refusal
from .marks import Leaf

S = TypeVar("S", bound=BaseModel)


def checked(kind: type[S], leaves: Mapping[str, Leaf], layers: Sequence[Layer]) -> tuple[S, Mapping[str, Layer]]:
    """The settings that layers make together, the lowest first.

    Args:
        kind: The class of the settings.
        leaves: All of them by dotted name.
        layers: Where values are from.

    Returns:
        The settings, and the layer each value that is no default is from.

    Raises:
        InvalidOption: Values are wrong; all are told.
    """
    values, origins = lay(layers)
    try:
        return kind.model_validate(nested(values)), origins
    except ValidationError as error:
        # Without its cause, which shows the values, secrets included.
        raise refusal([_fault(one, leaves, origins) for one in error.errors()]) from None


def _fault(found: ErrorDetails, leaves: Mapping[str, Leaf], origins: Mapping[str, Layer]) -> Fault:
    """One fault; a broken rule between settings is told by their group."""
    name = ".".join(str(part) for part in found["loc"])
    key = next((key for key in leaves if name == key or name.startswith(f"{key}.")), name)
    inside = [known for known in origins if known == key or known.startswith(f"{key}.")]
    origin = origins[inside[-1]] if inside else Layer("default")
    called = origin.called(leaves[key]) if key in leaves else key
    reason = found["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    if found["type"] == "literal_error":
        reason += guess(str(found["input"]), re.findall(r"'([^']*)'", found["msg"]))
    return Fault(called, reason, origin.name, origin.where)
