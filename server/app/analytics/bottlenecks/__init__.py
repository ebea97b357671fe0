"""What keeps jobs from being done sooner, and what would be gained without it."""

from __future__ import annotations

from dataclasses import replace

from ..history.store import History
from ..span import Period
from .case import Case
from .finding import Bottleneck, Evidence, Machine, Resource
from .kinds import KINDS, Kind

__all__ = ["KINDS", "Bottleneck", "Evidence", "Kind", "Machine", "Resource", "bottlenecks"]


def bottlenecks(history: History, period: Period, machine: Machine | None = None) -> list[Bottleneck]:
    """What keeps jobs from being done sooner, most important first; causes go before their consequences.

    A period is judged by its last thousand jobs; with fewer than twenty nothing is named.

    Args:
        history: What happened.
        period: When.
        machine: Where; what is not known of it is left out of account.
    """
    case = Case(history, period, machine or Machine())
    if case.fitted is None:
        return []
    found = [bottleneck for kind in KINDS.values() if (bottleneck := kind.find(case)) is not None]
    causes = {bottleneck.kind for bottleneck in found}
    told = [
        replace(bottleneck, consequence_of=_cause_of(bottleneck.kind, causes), remedy=KINDS[bottleneck.kind].remedy)
        for bottleneck in found
    ]
    return sorted(told, key=lambda one: (bool(one.consequence_of), -max(one.gain, KINDS[one.kind].weight)))


def _cause_of(kind: str, found: set[str]) -> str:
    return next((name for name in KINDS if name in found and kind in KINDS[name].explains), "")
