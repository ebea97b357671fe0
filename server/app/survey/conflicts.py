"""Settings that do not fit the machine or each other: one small rule each, and what it says to people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..domain.capability import used_instead
from .machine import Machine
from .plan import WORKER_BYTES, Plan, by_speed, figure, gib, need_bytes, runs_on_gpu, speed

WHISPER_WINDOW_S = 30.0
"""What Whisper hears at a time (Radford et al. 2022, section 2.2)."""

_SMALLER = ("large-v3-turbo", "medium", "small", "base", "tiny")


@dataclass(frozen=True, slots=True)
class Misfit:
    """Settings that do not fit the machine, or each other.

    Attributes:
        severity: `error` where work will fail, `warning` where it will be slow, refused or done otherwise.
        settings: Dotted names of the settings at fault.
        message: What is wrong, one sentence.
        remedy: What to do about it.
    """

    severity: Literal["error", "warning"]
    settings: tuple[str, ...]
    message: str
    remedy: str


Rule = Callable[[Plan, Machine], Iterator[Misfit]]


def conflicts(plan: Plan, machine: Machine) -> list[Misfit]:
    """Everything about the settings that does not fit, errors first."""
    found = [misfit for rule in _RULES for misfit in rule(plan, machine)]
    return sorted(found, key=lambda misfit: misfit.severity != "error")


def _engine_that_is_not(plan: Plan, _machine: Machine) -> Iterator[Misfit]:
    wanted_by_kind = (
        ("speech", plan.engine, "transcription.engine"),
        ("speakers", plan.diarizer, "diarization.engine"),
    )
    for kind, wanted, setting in wanted_by_kind:
        there = [each for each in plan.capabilities if each.kind == kind]
        named = next((each for each in there if each.name == wanted), None)
        fetched = wanted == "whisper" and plan.model is not None and not plan.model.installed  # others tell more
        if wanted == "auto" or (named is not None and (named.available or fetched)):
            continue
        if named is None:
            names = ", ".join(["auto", *(each.name for each in there)])
            yield Misfit("error", (setting,), f"There is no engine '{wanted}'.", f"Known: {names}.")
            continue
        other = used_instead(named, there)
        takes = f", which takes {other.name}" if other else ""
        remedy = f"{named.remedy.rstrip('.') or 'Choose another'}; or set it to auto{takes}."
        yield Misfit("error", (setting,), f"{wanted} can't run here: {named.reason}", remedy)


def _slow_model(plan: Plan, machine: Machine) -> Iterator[Misfit]:
    if plan.model is None or plan.engine == "pocketsphinx" or runs_on_gpu(plan, machine):
        return
    times = speed(plan.model, machine, on_gpu=False)
    if times is None or times >= 1:
        return
    by = "measured" if plan.model.measured_speed is not None else "about"
    fitting = [model for name in _SMALLER for model in plan.known if model.name == name]
    faster = next((model for model in fitting if (speed(model, machine, on_gpu=False) or 0) >= 1), None)
    yield Misfit(
        "warning",
        ("models.defaults",),
        f"{plan.model.name} on this CPU: {by} {figure(times)}x real time, {figure(1 / times)} hours for an hour.",
        f"Use {faster.name}, {by_speed(speed(faster, machine, on_gpu=False))}." if faster else "Use a GPU.",
    )


def _too_many_threads(plan: Plan, machine: Machine) -> Iterator[Misfit]:
    cores = machine.processor.cores.usable
    each = plan.processes or cores
    if plan.workers * each <= cores or (plan.workers == 1 and plan.processes == 0):
        return
    share = max(1, cores // plan.workers)
    fewer = f" or jobs.workers to {cores}" if plan.workers > cores else ""
    yield Misfit(
        "warning",
        ("jobs.workers", "transcription.processes"),
        f"{_count(plan.workers, 'worker')} with {_count(each, 'process', 'processes')} each share "
        f"{_count(cores, 'core')}: they get in each other's way.",
        f"Set transcription.processes to {share}{fewer}.",
    )


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _no_gpu(plan: Plan, machine: Machine) -> Iterator[Misfit]:
    if not plan.device.startswith("cuda"):
        return
    labels = [gpu.label for gpu in machine.gpus]
    if not labels:
        yield Misfit(
            "error",
            ("transcription.device",),
            f"A GPU is asked for, and there is none: {machine.no_gpu_because}.",
            "Set it to auto, which takes the processor, or make the GPU visible.",
        )
    elif plan.device not in ("cuda", *labels):
        yield Misfit(
            "error", ("transcription.device",), f"There is no GPU {plan.device}.", f"There is: {', '.join(labels)}."
        )


def _offline_without_model(plan: Plan, _machine: Machine) -> Iterator[Misfit]:
    if plan.model is None or plan.model.installed or plan.engine == "pocketsphinx":
        return
    if plan.offline:
        yield Misfit(
            "error" if plan.engine == "whisper" else "warning",
            ("models.offline", "models.defaults"),
            f"Nothing may be fetched, and {plan.model.name} is not on this machine.",
            "Bring it with 'audapolis models import FOLDER', or allow fetching once."
            + (" Until then the embedded engine is used." if plan.engine == "auto" else ""),
        )
    elif plan.model.gated and not plan.has_token:
        yield Misfit(
            "warning",
            ("models.token",),
            f"The publisher of {plan.model.name} wants a token, and none is set.",
            "Set AUDAPOLIS_MODELS__TOKEN.",
        )


def _long_chunks(plan: Plan, _machine: Machine) -> Iterator[Misfit]:
    if plan.max_chunk_s > WHISPER_WINDOW_S and plan.engine != "pocketsphinx":
        yield Misfit(
            "warning",
            ("speech.max_chunk_s",),
            f"Whisper hears {WHISPER_WINDOW_S:g} s at a time; chunks may be {plan.max_chunk_s:g} s long.",
            f"Set speech.max_chunk_s to {WHISPER_WINDOW_S:g} or less.",
        )


def _too_little_memory(plan: Plan, machine: Machine) -> Iterator[Misfit]:
    model = None if plan.engine == "pocketsphinx" else plan.model
    on_gpu = runs_on_gpu(plan, machine)
    if on_gpu and model is not None:
        largest = max(gpu.memory_bytes for gpu in machine.gpus)
        need = need_bytes(model, on_gpu=True, precision=plan.precision)
        if need > largest:
            yield Misfit(
                "warning",
                ("models.defaults",),
                f"{model.name} takes about {gib(need)} of GPU memory; the largest GPU here has {gib(largest)}.",
                "A smaller precision or the processor will be used; or choose a smaller model.",
            )
    each = WORKER_BYTES + (0 if on_gpu else need_bytes(model, on_gpu=False, precision=plan.precision))
    total = machine.memory.total_bytes
    if plan.workers * each > total:
        fit = max(1, total // each)
        yield Misfit(
            "warning",
            ("jobs.workers",),
            f"{_count(plan.workers, 'worker')}{f' with {model.name}' if model else ''} may take "
            f"{gib(plan.workers * each)}; this machine has {gib(total)}.",
            f"Set jobs.workers to {fit}." if fit < plan.workers else "Choose a smaller model.",
        )


def _full_disk(plan: Plan, machine: Machine) -> Iterator[Misfit]:
    data, models = machine.free_bytes("data"), machine.free_bytes("models")
    if data is not None and data < plan.min_free_bytes:
        yield Misfit(
            "warning",
            ("server.min_free_bytes",),
            f"Uploads are refused: {gib(data)} are free for data, and {gib(plan.min_free_bytes)} are to stay free.",
            "Free some space, or lower server.min_free_bytes.",
        )
    model = plan.model
    if model and not model.installed and not plan.offline and models is not None and models < model.file_bytes:
        yield Misfit(
            "warning",
            ("models.dir",),
            f"{model.name} takes {gib(model.file_bytes)} on disk; {gib(models)} are free.",
            "Free some space, or set models.dir to a folder with more.",
        )


_RULES: Sequence[Rule] = (
    _engine_that_is_not,
    _no_gpu,
    _offline_without_model,
    _slow_model,
    _too_little_memory,
    _too_many_threads,
    _long_chunks,
    _full_disk,
)
