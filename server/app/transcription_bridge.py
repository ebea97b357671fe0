"""Chooses the speech engine that can do what is asked, here and now, and says so when it is not the best one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from .catalog.state import state_of
from .catalog.telling import Telling
from .config import Settings
from .domain.cancellation import CancelToken
from .domain.capability import Capability
from .domain.events import DeviceAwaited, Emit, Event, FellBack, ModelLoaded, ignore
from .domain.options import TranscribeOptions
from .domain.transcript import Fallback
from .engines.base import Chosen, SpeechEngine
from .engines.devices import Device, DeviceProbe, MachineProbe
from .engines.ladder import LadderEngine, Rung
from .engines.leases import DeviceLeases
from .engines.measured import Measured
from .engines.steps import Machine, OpenWhisper, WhisperSteps, embedded_step, open_whisper
from .engines.wanted import wanted_devices
from .engines.warm import WarmEngines
from .engines.whisper.files import read_facts
from .errors import AudapolisError, ModelMissing, StorageFull
from .models import ModelLibrary
from .speech_choice import GET_WHISPER, Decision, SpeechChoice, beyond_embedded

log = logging.getLogger(__name__)

STAGE = "transcribe"
"""What the stage is called that engines are chosen for."""


class TranscriptionBridge:
    """Chooses among Whisper and the embedded engine, and keeps engines warm between recordings.

    Args:
        settings: All settings.
        probe: Knows the devices; this machine's when not given.
        library: The models; those of the settings when not given.
        opener: Loads a Whisper.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        probe: DeviceProbe | None = None,
        library: ModelLibrary | None = None,
        opener: OpenWhisper = open_whisper,
    ) -> None:
        self._processes = settings.transcription.processes or len(os.sched_getaffinity(0))
        self._library = library or ModelLibrary(settings)
        self._probe = probe or MachineProbe()
        self._opener = opener
        self._leases = DeviceLeases(settings.run_dir, self._probe, spare_bytes=settings.devices.spare_bytes)
        self._measured = Measured(settings.models_dir / "measured" / "engines.json")
        self._engines = WarmEngines[SpeechEngine](self._leases, self._probe, keep_alive_s=settings.models.keep_alive_s)
        self._choice = SpeechChoice(settings, self._probe, self._library)

    @property
    def spent(self) -> bool:
        """Whether this process should end when it is free: it holds GPU memory that only its end gives back."""
        return self._engines.spent

    def names(self) -> list[str]:
        """What `--engine` takes."""
        return self._choice.names()

    def check(self, options: TranscribeOptions) -> None:
        """Refuse options no engine can meet, before any work is done.

        Raises:
            UnknownName: No such engine, model, device or precision.
            EngineUnavailable: The wanted language or device can't be had here.
            ModelMissing: The wanted model is not here and can't be fetched.
            InvalidOption: The options contradict each other.
        """
        self._choice.anew(options)

    def choose(
        self, options: TranscribeOptions, emit: Emit = ignore, cancel: CancelToken | None = None
    ) -> Chosen[SpeechEngine]:
        """The engine for these options. Nothing is loaded before it is used; a missing model is fetched now.

        Args:
            options: What is wanted.
            emit: Told of fetching, of waiting for a device, of what the engine does, and of every step down.
            cancel: Stops fetching.

        Raises:
            ModelMissing: The wanted model can't be had.
        """
        decision = self._choice.made(options)
        if decision.fetch is not None:
            decision = self._fetched(decision, options, emit, cancel or CancelToken())
        devices, noted = self._usable(decision, options)
        engine = LadderEngine(
            self._plan(decision, options, devices),
            self._engines,
            self._measured,
            on_fallback=lambda fallback: emit(
                FellBack(wanted=fallback.wanted, used=fallback.used, reason=fallback.reason)
            ),
            on_wait=lambda device: emit(DeviceAwaited(device=device.label)),
            on_engine=lambda info: emit(info.chosen_for(STAGE)),
            tell=lambda event: emit(_staged(event)),
        )
        return Chosen(engine, (*decision.fallbacks, *noted))

    def tell(self, emit: Emit) -> None:
        """From now on, tell `emit` of models that are loaded beforehand, and of those let go of."""
        self._engines.tell = emit

    def warm_up(self) -> None:
        """Load what a recording without any wishes would be recognised with. What fails will be met again, and told."""
        try:
            decision = self._choice.made(TranscribeOptions())
            if decision.model is not None:
                devices, _ = self._usable(decision, TranscribeOptions())
                first = self._plan(decision, TranscribeOptions(), devices)(None)[0]
                self._engines.give_back(self._engines.take(first.place, CancelToken(), tell=self._engines.tell))
        except AudapolisError as error:
            log.warning("The default model could not be loaded: %s", error)

    def bears_noise(self, options: TranscribeOptions) -> bool:
        """Whether the engine for these options hears noisy speech better as it is than with noise reduced."""
        return not self._choice.made(options).embedded

    def adapts_to_voice(self, options: TranscribeOptions) -> bool:
        """Whether the engine for these options recognises more when a chunk holds one voice only."""
        return self._choice.made(options).embedded and options.mode != "fast"

    def identify(self, options: TranscribeOptions) -> str:
        """Which model would be used, as it is now; empty for what is built in."""
        decision = self._choice.made(options)
        model = decision.model or decision.custom
        return f"{model.name} {state_of(model.path)}" if model else ""

    def capabilities(self) -> list[Capability]:
        """What can recognise speech here, best first. Does not ask the network."""
        names = ", ".join(model.name for model in self._library.installed() if model.engine == "whisper")
        whisper = Capability("whisper", "speech", True, f"models here: {names}")
        if not names:
            whisper = Capability(
                "whisper",
                "speech",
                False,
                "any CTranslate2 Whisper model, by name or folder",
                reason="No Whisper model is on this machine.",
                remedy=GET_WHISPER,
            )
        return [whisper, Capability("pocketsphinx", "speech", True, "English, draft quality, works offline")]

    def close(self) -> None:
        """End all engines and give up what they leased."""
        self._engines.close()
        self._leases.close()

    def _usable(
        self, decision: Decision, options: TranscribeOptions
    ) -> tuple[tuple[Device, ...], tuple[Fallback, ...]]:
        """The devices the engine will try, and why not the GPU that is there or was asked for."""
        wanted = self._choice.device(options)
        devices = wanted_devices(self._probe, wanted)
        best, cpu = devices[0], devices[-1]
        if best is cpu:
            return devices, ()
        why = "The embedded engine runs on the processor only." if decision.embedded else self._probe.unusable(best)
        if not why:
            return devices, ()
        noted = () if decision.embedded and wanted == "auto" else (Fallback(best.label, cpu.label, why),)
        return (cpu,), noted

    def _fetched(self, decision: Decision, options: TranscribeOptions, emit: Emit, cancel: CancelToken) -> Decision:
        """The decision with its model on disk, or with the embedded engine where that can't be."""
        assert decision.fetch is not None
        entry = decision.fetch
        log.info("Fetching %s, %d MB, from %s", entry.name, entry.size_bytes // 10**6, entry.source)
        try:
            model = self._library.pull(entry.name, on_progress=Telling(entry, emit), cancel=cancel)
        except (ModelMissing, StorageFull) as error:
            log.warning("%s could not be fetched: %s", entry.name, error.message)
            return self._choice.without(decision, options, error)
        return replace(decision, model=model)

    def _plan(
        self, decision: Decision, options: TranscribeOptions, devices: tuple[Device, ...]
    ) -> Callable[[float | None], Sequence[Rung]]:
        """The steps of the ladder for a decision."""
        embedded = embedded_step(
            devices[-1],
            self._processes,
            *((decision.custom.path, (decision.custom.languages or ("en",))[0]) if decision.custom else ()),
        )
        if decision.model is None:
            return lambda _sound_s: [embedded]
        steps = WhisperSteps(
            machine=Machine(devices, self._probe, self._leases, self._measured, self._engines, self._processes),
            folder=decision.model.path,
            facts=read_facts(decision.model.path),
            open=self._opener,
            precision=self._choice.precision(options),
            routed=self._choice.device(options) == "auto",
        )
        last = [embedded] if decision.may_embed and not beyond_embedded(options) else []
        return lambda sound_s: [*steps.plan(sound_s), *last]


def _staged(event: Event) -> Event:
    return replace(event, stage=STAGE) if isinstance(event, ModelLoaded) else event
