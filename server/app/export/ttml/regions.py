"""Where captions stand: at the bottom, and at the top what is said meanwhile.

Profiles forbid regions that overlap while both show something. Where more than two speak at once, captions share a
region, one above the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .counting import Edges


@dataclass(frozen=True, slots=True)
class Region:
    """A box, in per cent of the picture.

    Attributes:
        align: Where in it text stands: `before` at its top, `after` at its bottom.
    """

    id: str
    left: int
    top: int
    width: int
    height: int
    align: str


REGIONS = (Region("bottom", 10, 55, 80, 35, "after"), Region("top", 10, 10, 80, 35, "before"))
"""Those that captions take, the first that is free."""


def place(edges: Iterable[Edges]) -> list[Region]:
    """A region for each caption.

    Args:
        edges: When they begin and end, by begin.
    """
    free_at = [0] * len(REGIONS)
    found: list[Region] = []
    for begin, end in edges:
        free = [n for n, at in enumerate(free_at) if at <= begin]
        chosen = free[0] if free else free_at.index(min(free_at))
        free_at[chosen] = max(free_at[chosen], end)
        found.append(REGIONS[chosen])
    return found
