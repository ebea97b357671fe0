"""One setting with its value, as people and programs see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .layers import LayerName
from .marks import Effect


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as people and programs see it.

    Attributes:
        key: Its dotted name.
        value: Its value; hidden where it is a secret.
        layer: Where that is from.
        where: The file, preset or environment variable it is from; may be empty.
        effect: When a change takes effect.
    """

    key: str
    value: Any
    layer: LayerName
    where: str
    effect: Effect
