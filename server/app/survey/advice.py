"""Settings that suit a machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .machine import Machine
from .plan import WORKER_BYTES, Model, by_speed, gib, need_bytes, speed

_CORES_PER_JOB = 4
"""More decode one recording only a little faster; another recording beside it uses them better."""

_MOST_WORKERS = 16

_LEAST_SPEED = 1.5
"""Times real time a model is recommended from: the estimate may be wrong, and other work goes on."""

_BY_QUALITY = ("large-v3", "large-v3-turbo", "medium", "small", "base", "tiny")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Settings that suit a machine.

    Attributes:
        preset: The preset nearest to it.
        model: Whisper to use; None where the embedded engine suits better.
        settings: Values by the setting's dotted name.
        because: Why, sentences.
    """

    preset: str
    model: str | None
    settings: dict[str, int | str]
    because: tuple[str, ...]


def recommend(machine: Machine, models: Sequence[Model], *, offline: bool) -> Recommendation:
    """Recommend settings for a machine.

    The best Whisper that keeps up with speech and fits into memory; on a GPU as on a processor.

    Args:
        machine: What there is.
        models: Whispers that could be used.
        offline: Nothing may be fetched.
    """
    on_gpu = bool(machine.gpus)
    room = max((gpu.memory_bytes for gpu in machine.gpus), default=machine.memory.total_bytes)
    usable = [model for model in models if model.installed or not offline]
    fitting = [
        model
        for name in _BY_QUALITY
        for model in usable
        if model.name == name and need_bytes(model, on_gpu=on_gpu) + (0 if on_gpu else WORKER_BYTES) <= room
    ]
    times = {model.name: speed(model, machine, on_gpu=on_gpu) or 0.0 for model in fitting}
    model = next((model for model in fitting if times[model.name] >= _LEAST_SPEED), None)
    because = [*_why(machine, model, fitting, times, offline=offline)]
    workers, processes = _share(machine, model, on_gpu=on_gpu)
    cores = machine.processor.cores.usable
    if workers > 1:
        because.append(
            f"{workers} recordings at a time, one on each GPU."
            if on_gpu
            else f"{workers} recordings at a time use {cores} cores better than one."
        )
    preset = "basic" if model is None else "advanced" if on_gpu else "enhanced"
    return Recommendation(
        preset=preset,
        model=model.name if model else None,
        settings={"jobs.workers": workers, "transcription.processes": processes},
        because=tuple(because),
    )


def _why(
    machine: Machine, model: Model | None, fitting: Sequence[Model], times: dict[str, float], *, offline: bool
) -> list[str]:
    where = machine.gpus[0].name if machine.gpus else "this processor"
    if model is None and not fitting:
        return ["No Whisper is here and none may be fetched." if offline else "No Whisper fits into memory."]
    if model is None:
        return ["No Whisper keeps up with speech on this processor."]
    size = need_bytes(model, on_gpu=bool(machine.gpus))
    why = [f"{model.name} on {where}: {by_speed(times[model.name])}, {gib(size)} of memory."]
    better = next((other for other in fitting if times[other.name] < _LEAST_SPEED), None)
    if better is not None:
        why.append(f"{better.name} would be too slow, {by_speed(times[better.name])}.")
    return why


def _share(machine: Machine, model: Model | None, *, on_gpu: bool) -> tuple[int, int]:
    cores = machine.processor.cores.usable
    if on_gpu:
        workers = max(1, min(_MOST_WORKERS, len(machine.gpus), cores, machine.memory.total_bytes // WORKER_BYTES))
    else:
        each = WORKER_BYTES + need_bytes(model, on_gpu=False)
        workers = min(_MOST_WORKERS, max(1, cores // _CORES_PER_JOB), max(1, machine.memory.total_bytes // 2 // each))
    return workers, max(1, cores // workers)
