"""What this installation can do, and for each thing it can't: why, and what would change that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

CapabilityKind = Literal["speech", "speakers", "detection", "device", "decoding", "format", "store", "live", "cluster"]
"""Words, speakers, where speech is, what engines run on, reading media, writing results, keeping jobs, live sound,
several machines."""


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that can be there or not, such as a speech engine.

    Attributes:
        name: What users call it, as in `--engine NAME`.
        kind: What it is for. Among one kind the better ones are listed first.
        available: Whether it works here and now.
        detail: Model, device or version; may be empty.
        reason: Why it is not available, one sentence; empty when it is.
        remedy: What to do about that; empty when nothing needs doing.
        instead: What is used as long as it is not available, where that is not simply another of its kind.
    """

    name: str
    kind: CapabilityKind
    available: bool
    detail: str = ""
    reason: str = ""
    remedy: str = ""
    instead: str = ""


def used_instead(wanted: Capability, capabilities: Iterable[Capability]) -> Capability | None:
    """The first that is available of the same kind: what `auto` takes when `wanted` can't be had.

    Returns None when `wanted` is available itself, or nothing of its kind is.
    """
    if wanted.available:
        return None
    return next((other for other in capabilities if other.kind == wanted.kind and other.available), None)
