"""What a bottleneck is told as, and the machine it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..frame import Column

Resource = Literal["cpu", "disk", "workers", "model", "memory", "cache", "gpu", "client"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What work is done on; None where it is not known.

    Attributes:
        cores: What may be used, in cores.
        memory_bytes: Main memory.
        disks: How many there are.
        gpus: How many there are.
    """

    cores: float | None = None
    memory_bytes: int | None = None
    disks: int | None = None
    gpus: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure that speaks for a bottleneck.

    Attributes:
        name: What it is.
        value: How much.
        unit: `fraction` (0..1), `s`, `bytes`, `bytes/job`, `cores`, `count`, `times` or `h`.
    """

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """What keeps jobs from being done sooner.

    Attributes:
        kind: A name of `KINDS`.
        resource: What is short.
        subject: The stage, model, device, worker or client it is about; empty where it is none of these.
        sentence: All of it for a person.
        evidence: The figures.
        gain: Share of the mean time from submission to end that would be saved were it removed, as `KINDS` tells.
        saves_s: The same in seconds a job.
        consequence_of: The kind of a bottleneck that explains this one; empty for a cause of its own.
        remedy: What to do about it.
    """

    kind: str
    resource: Resource
    subject: str = ""
    sentence: str
    evidence: tuple[Evidence, ...]
    gain: float
    saves_s: float
    consequence_of: str = ""
    remedy: str = ""


def on_gpu(devices: Column) -> Column:
    """Which devices are GPUs."""
    return np.array([str(device).startswith("cuda") for device in devices], bool)
