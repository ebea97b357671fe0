"""What is done to a sound: a chain of filters, each with the reason it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FilterName = Literal["highpass", "bandreject", "afftdn", "volume"]
"""Filters of libav that are used; they take one channel and give as many samples as they were given."""


@dataclass(frozen=True, slots=True)
class Step:
    """One filter of a chain.

    Attributes:
        filter: Its name in libav.
        settings: Its settings, as libav's filter graphs write them.
        reason: Why it is there, with the figure that called for it.
    """

    filter: FilterName
    settings: str
    reason: str


Chain = tuple[Step, ...]
"""Filters in the order the sound goes through them; empty where nothing is done."""
