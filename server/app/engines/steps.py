"""The steps of the ladder for one Whisper model on this machine, and where to begin.

From top to bottom: on a GPU in the precision it does best, with smaller and smaller batches, then with 8-bit
weights; then on the processor; then, where that is allowed, the embedded recogniser.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Protocol

from ..errors import AudapolisError
from .base import EngineInfo, SpeechEngine
from .cuda_libraries import prepare_cuda
from .devices import Device, DeviceProbe
from .footprint import predicted_bytes
from .ladder import Rung
from .leases import DeviceLeases
from .measured import Measured
from .pocketsphinx.engine import LANGUAGE as EMBEDDED_LANGUAGE
from .pocketsphinx.engine import PocketSphinxEngine
from .pocketsphinx.model import SHIPPED_NAME, model_in
from .routing import Candidate, finish_s, presumed_speed, soonest, wait_s
from .warm import Place, WarmEngines
from .whisper.engine import WhisperEngine
from .whisper.files import ModelFacts

log = logging.getLogger(__name__)

_BEST = {"cuda": ("float16", "int8_float32", "float32"), "cpu": ("int8_float32", "int8", "float32")}
_SMALL = {"cuda": ("int8_float16", "int8_float32", "int8"), "cpu": ("int8_float32", "int8")}
_LARGE_GPU_BYTES = 15 * 10**9
_LOADED_BYTES_PER_S = 5e8
_CUDA_START_S = 3.0


class OpenWhisper(Protocol):
    """Loads a model where and how a step wants it; tests put their own in its place."""

    def __call__(self, folder: Path, device: Device, precision: str, batch_size: int, threads: int) -> SpeechEngine:
        """Load it."""
        ...


def open_whisper(folder: Path, device: Device, precision: str, batch_size: int, threads: int) -> SpeechEngine:
    """Load a model for real."""
    if device.kind == "cuda":
        prepare_cuda()
    return WhisperEngine(
        folder,
        device=device.kind,
        device_index=device.index,
        precision=precision,
        threads=threads,
        batch_size=batch_size,
    )


@dataclass(frozen=True, slots=True)
class Machine:
    """What a plan is made from.

    Attributes:
        devices: Those that may be used, GPUs first.
        threads: CPU threads an engine may use.
    """

    devices: tuple[Device, ...]
    probe: DeviceProbe
    leases: DeviceLeases
    measured: Measured
    engines: WarmEngines[SpeechEngine]
    threads: int


@dataclass(frozen=True, slots=True)
class WhisperSteps:
    """The steps for one model.

    Attributes:
        machine: Where it can run.
        folder: The model.
        facts: What its files say.
        open: Loads it.
        precision: `auto`, or one that was asked for, which is tried first.
        routed: Whether to begin where it is done soonest; else on the first device.
    """

    machine: Machine
    folder: Path
    facts: ModelFacts
    open: OpenWhisper
    precision: str = "auto"
    routed: bool = True

    def plan(self, sound_s: float | None) -> list[Rung]:
        """All steps for one recording, best first, for so many seconds of speech (None when not known)."""
        usable = [device for device in self.machine.devices if device.key not in self.machine.engines.lost]
        ladders = {device.key: self.on(device) for device in usable}
        if not ladders:
            return []
        first = self._first([steps[0] for steps in ladders.values()], sound_s)
        later = [steps for key, steps in ladders.items() if key == "cpu" != first]
        return [*ladders[first], *(step for steps in later for step in steps)]

    def on(self, device: Device) -> list[Rung]:
        """The steps on one device: smaller batches first, then smaller weights."""
        best = chosen_precision(self.machine.probe, device, self.precision)
        if device.kind == "cpu":
            pairs = [(best, 8), (best, 1)]
        else:
            batch = 16 if device.memory_bytes >= _LARGE_GPU_BYTES else 8
            pairs = [(best, batch), (best, batch // 4), (best, 1)]
        supported = self.machine.probe.precisions(device)
        small = next((name for name in _SMALL[device.kind] if name in supported), None)
        if small and not best.startswith("int8"):
            pairs.append((small, 1))
        return [self._rung(device, precision, batch) for precision, batch in pairs]

    def _rung(self, device: Device, precision: str, batch_size: int) -> Rung:
        facts, measured = self.facts, self.machine.measured
        what = f"whisper {facts.name} {precision} on {device.label}, batches of {batch_size}"
        predicted = predicted_bytes(facts.size_bytes, precision, batch_size, on_gpu=device.kind == "cuda")
        presumed = presumed_speed(device.kind, facts.size_bytes, self.machine.threads, batch_size)
        place: Place[SpeechEngine] = Place(
            key=("whisper", str(self.folder), device.key, precision, batch_size),
            what=what,
            device=device,
            size_bytes=measured.memory_bytes(what) or predicted,
            open=lambda: self.open(self.folder, device, precision, batch_size, self.machine.threads),
            model=facts.name,
        )
        info = EngineInfo("whisper", facts.name, device.label, precision, facts.quality, window_s=facts.window_s)
        return Rung(place, info, family=f"whisper on {device.key}", speed=measured.speed(what) or presumed)

    def _first(self, tops: Sequence[Rung], sound_s: float | None) -> str:
        """Key of the device where the recording is done first."""
        if sound_s is None or not self.routed or len(tops) == 1:
            return tops[0].place.device.key
        candidates = [self._candidate(rung) for rung in tops]
        best = soonest(sound_s, candidates)
        told = ", ".join(f"{round(finish_s(sound_s, each), 1)} s on {each.name}" for each in candidates)
        log.info("Predicted until done: %s; taking %s", told, best.name)
        return tops[candidates.index(best)].place.device.key

    def _candidate(self, rung: Rung) -> Candidate:
        device = rung.place.device
        if self.machine.engines.is_warm(rung.place.key):
            return Candidate(device.label, rung.speed)
        load_s = self.facts.size_bytes / _LOADED_BYTES_PER_S + (_CUDA_START_S if device.kind == "cuda" else 0.0)
        try:
            waiting_s = wait_s(self.machine.leases.queue(device), rung.place.size_bytes)
        except AudapolisError:
            waiting_s = inf
        return Candidate(device.label, rung.speed, load_s, waiting_s)


def chosen_precision(probe: DeviceProbe, device: Device, wanted: str) -> str:
    """The precision to begin with: the one wanted, or what the device does best."""
    supported = probe.precisions(device)
    if wanted in supported and (wanted, device.kind) != ("int8", "cpu"):  # there it is another word for int8_float32
        return wanted
    return next((name for name in _BEST[device.kind] if name in supported), "float32")


def embedded_step(cpu: Device, processes: int, custom: Path | None = None, language: str = EMBEDDED_LANGUAGE) -> Rung:
    """The last step: the embedded recogniser, which needs next to nothing.

    Args:
        cpu: Where it runs.
        processes: How many decode side by side.
        custom: Folder of a model in place of the one that is built in.
        language: The one that model knows.
    """
    place: Place[SpeechEngine] = Place(
        key=("pocketsphinx", processes, str(custom or "")),
        what="pocketsphinx",
        device=cpu,
        size_bytes=0,
        open=lambda: PocketSphinxEngine(processes, model_in(custom, language) if custom else None),
        model=custom.name if custom else SHIPPED_NAME,
        lazy=True,
    )
    info = EngineInfo("pocketsphinx", place.model, "cpu", "int8", "draft", punctuates=False)
    known = (language, "english") if language == EMBEDDED_LANGUAGE else (language,)
    return Rung(place, info, family="pocketsphinx", languages=known)
