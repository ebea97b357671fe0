"""What is planned on a machine, and what it would take: speed and memory of a Whisper there."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.capability import Capability
from ..engines.footprint import predicted_bytes
from ..engines.routing import presumed_speed
from .machine import Machine

WORKER_BYTES = 500 * 2**20
"""What a worker takes besides a Whisper: the embedded engines on a long recording."""

SLOW_INSTRUCTIONS = 0.35
"""Speed of a processor without AVX2 or better, beside one that has it: half the width and no fused multiplication."""

_FAST_INSTRUCTIONS = {"AVX-512", "AVX2", "NEON"}


@dataclass(frozen=True, slots=True)
class Model:
    """A Whisper as far as speed and memory go.

    Attributes:
        file_bytes: Size of its files; 0 where unknown.
        installed: Whether it is on disk.
        measured_speed: Seconds of sound done in a second, measured here; None before.
        gated: Its publisher wants a token.
    """

    name: str
    file_bytes: int
    installed: bool
    measured_speed: float | None = None
    gated: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What the settings would have done on a machine.

    Attributes:
        engine, diarizer: As set; `auto` chooses.
        model: The Whisper that would be used; None where that is none.
        known: Models that could be used instead.
        device, precision: As set; `auto` chooses.
        workers: Jobs at the same time.
        processes: Processes or threads that decode for each job; 0 takes one per core.
        max_chunk_s: Longest chunk an engine is given.
        offline: Nothing may be fetched.
        has_token: A hub token is set.
        min_free_bytes: Uploads are refused when less is free.
        capabilities: What the engines say of themselves.
    """

    engine: str
    diarizer: str
    model: Model | None
    known: tuple[Model, ...]
    workers: int
    processes: int
    max_chunk_s: float
    offline: bool
    has_token: bool
    min_free_bytes: int
    capabilities: tuple[Capability, ...]
    device: str = "auto"
    precision: str = "auto"


def speed(model: Model, machine: Machine, *, on_gpu: bool, workers: int = 1) -> float | None:
    """Seconds of sound a Whisper does in a second, by measurement or else by estimate; None where unknown."""
    if model.measured_speed is not None:
        return model.measured_speed
    if model.file_bytes == 0:
        return None
    if on_gpu:
        return presumed_speed("cuda", model.file_bytes, 1, 1)
    cores = max(1, machine.processor.cores.usable // workers)
    vector = 1.0 if machine.processor.instruction_set in _FAST_INSTRUCTIONS else SLOW_INSTRUCTIONS
    return presumed_speed("cpu", model.file_bytes, cores, 1) * vector


def runs_on_gpu(plan: Plan, machine: Machine) -> bool:
    """Whether Whisper would run on a GPU."""
    return bool(machine.gpus) and plan.device != "cpu"


def need_bytes(model: Model | None, *, on_gpu: bool, precision: str = "auto") -> int:
    """Memory of the device that one worker's Whisper takes at work."""
    if model is None or model.file_bytes == 0:
        return 0
    chosen = precision if precision != "auto" else "float16" if on_gpu else "int8"
    return predicted_bytes(model.file_bytes, chosen, 1, on_gpu=on_gpu)


def by_speed(times: float | None) -> str:
    """A speed in words."""
    return "of unknown speed" if times is None else f"about {figure(times)}x real time"


def figure(number: float) -> str:
    """A number with the digits an estimate deserves."""
    return f"{number:.0f}" if number >= 2 else f"{number:.1g}"


def gib(size_bytes: int) -> str:
    """A size in words."""
    return f"{size_bytes / 2**30:.1f} GiB" if size_bytes < 100 * 2**30 else f"{size_bytes / 2**30:.0f} GiB"
