"""Chooses the speech engine that can do what is asked, here and now, and says so when it is not the best one."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

from .catalog.entries import CatalogEntry, InstalledModel
from .catalog.reach import Reach
from .catalog.state import state_of
from .config import Settings
from .domain.cancellation import CancelToken
from .domain.capability import Capability
from .domain.events import DeviceAwaited, Emit, FellBack, ModelFetching, ignore
from .domain.options import TranscribeOptions
from .domain.transcript import Fallback
from .engines.base import Chosen, SpeechEngine
from .engines.devices import Device, DeviceProbe, MachineProbe
from .engines.ladder import LadderEngine, Rung
from .engines.leases import DeviceLeases
from .engines.measured import Measured
from .engines.steps import Machine, OpenWhisper, WhisperSteps, embedded_step, open_whisper
from .engines.wanted import check_precision, wanted_devices
from .engines.warm import WarmEngines
from .engines.whisper.files import read_facts
from .errors import AudapolisError, EngineUnavailable, InvalidOption, ModelMissing, StorageFull, UnknownName
from .models import ModelLibrary

log = logging.getLogger(__name__)

ENGINES = ("whisper", "pocketsphinx")
"""Best first."""

EMBEDDED_MODEL = "pocketsphinx-en-us"

GET_WHISPER = (
    "For Whisper quality fetch a model once where there is a network (`--engine whisper --model small`), "
    "or pass the folder of a CTranslate2 Whisper model with --model."
)

MOST_REMEMBERED = 64
"""Decisions kept."""

TOLD_EVERY_S = 1.0
"""How often it is told how far a download is."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What will run. With neither a model on disk nor one to be fetched, the embedded engine.

    Attributes:
        model: Whisper model on this machine.
        fetch: Whisper model to be fetched first.
        custom: Model of the embedded engine in place of the one that is built in.
        may_embed: Whether the embedded engine may take over when that fails.
        fallbacks: What had been wanted instead.
    """

    model: InstalledModel | None = None
    fetch: CatalogEntry | None = None
    custom: InstalledModel | None = None
    may_embed: bool = True
    fallbacks: tuple[Fallback, ...] = ()

    @property
    def embedded(self) -> bool:
        """Whether the embedded engine runs."""
        return self.model is None and self.fetch is None


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
        self._settings = settings.transcription
        self._processes = settings.transcription.processes or len(os.sched_getaffinity(0))
        self._library = library or ModelLibrary(settings)
        self._probe = probe or MachineProbe()
        self._opener = opener
        self._leases = DeviceLeases(settings.run_dir, self._probe, spare_bytes=settings.devices.spare_bytes)
        self._measured = Measured(settings.models_dir / "measured" / "engines.json")
        self._engines = WarmEngines[SpeechEngine](self._leases, self._probe, keep_alive_s=settings.models.keep_alive_s)
        self._reach = Reach(self._library.reachable, settings.models_dir / "measured" / "reach.json")
        self._usual = settings.models.defaults
        self._decisions: dict[TranscribeOptions, Decision] = {}

    @property
    def spent(self) -> bool:
        """Whether this process should end when it is free: it holds GPU memory that only its end gives back."""
        return self._engines.spent

    def names(self) -> list[str]:
        """What `--engine` takes."""
        return ["auto", *ENGINES]

    def check(self, options: TranscribeOptions) -> None:
        """Refuse options no engine can meet, before any work is done.

        Raises:
            UnknownName: No such engine, model, device or precision.
            EngineUnavailable: The wanted language or device can't be had here.
            ModelMissing: The wanted model is not here and can't be fetched.
            InvalidOption: The options contradict each other.
        """
        decision = self._decide(options)
        self._remember(options, decision)

    def choose(
        self, options: TranscribeOptions, emit: Emit = ignore, cancel: CancelToken | None = None
    ) -> Chosen[SpeechEngine]:
        """The engine for these options. Nothing is loaded before it is used; a missing model is fetched now.

        Args:
            options: What is wanted.
            emit: Told of fetching, of waiting for a device, and of every step down while the engine works.
            cancel: Stops fetching.

        Raises:
            ModelMissing: The wanted model can't be had.
        """
        decision = self._decided(options)
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
        )
        return Chosen(engine, (*decision.fallbacks, *noted))

    def warm_up(self) -> None:
        """Load what a recording without any wishes would be recognised with. What fails will be met again, and told."""
        try:
            decision = self._decide(TranscribeOptions())
            if decision.model is not None:
                devices, _ = self._usable(decision, TranscribeOptions())
                first = self._plan(decision, TranscribeOptions(), devices)(None)[0]
                self._engines.give_back(self._engines.take(first.place, CancelToken()))
        except AudapolisError as error:
            log.warning("The default model could not be loaded: %s", error)

    def adapts_to_voice(self, options: TranscribeOptions) -> bool:
        """Whether the engine for these options recognises more when a chunk holds one voice only."""
        return self._decided(options).embedded and options.mode != "fast"

    def identify(self, options: TranscribeOptions) -> str:
        """Which model would be used, as it is now; empty for what is built in."""
        decision = self._decided(options)
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

    def _remember(self, options: TranscribeOptions, decision: Decision) -> Decision:
        """One recording is decided on once: a network that comes or goes meanwhile changes nothing."""
        self._decisions.pop(options, None)
        self._decisions[options] = decision
        for oldest in list(self._decisions)[:-MOST_REMEMBERED]:
            del self._decisions[oldest]
        return decision

    def _decided(self, options: TranscribeOptions) -> Decision:
        return self._decisions.get(options) or self._remember(options, self._decide(options))

    def _device(self, options: TranscribeOptions) -> str:
        return self._settings.device if options.device == "auto" else options.device

    def _precision(self, options: TranscribeOptions) -> str:
        return self._settings.precision if options.precision == "auto" else options.precision

    def _usable(
        self, decision: Decision, options: TranscribeOptions
    ) -> tuple[tuple[Device, ...], tuple[Fallback, ...]]:
        """The devices the engine will try, and why not the GPU that is there or was asked for."""
        wanted = self._device(options)
        devices = wanted_devices(self._probe, wanted)
        best, cpu = devices[0], devices[-1]
        if best is cpu:
            return devices, ()
        why = "The embedded engine runs on the processor only." if decision.embedded else self._probe.unusable(best)
        if not why:
            return devices, ()
        noted = () if decision.embedded and wanted == "auto" else (Fallback(best.label, cpu.label, why),)
        return (cpu,), noted

    def _decide(self, options: TranscribeOptions) -> Decision:
        wanted = self._settings.engine if options.engine == "auto" else options.engine
        if wanted not in self.names():
            raise UnknownName("engine", wanted, self.names())
        devices = wanted_devices(self._probe, self._device(options))
        check_precision(self._probe, devices, self._precision(options))
        custom = self._custom(options.model)
        if wanted == "pocketsphinx" or options.model == EMBEDDED_MODEL or custom:
            return self._embedded(options, wanted, custom)
        if options.model is not None:
            return self._named(options, options.model)
        return self._best(options, devices[0], may_embed=wanted == "auto")

    def _custom(self, name: str | None) -> InstalledModel | None:
        """A model of the embedded engine that was imported."""
        model = self._library.find(name) if name else None
        return model if model is not None and model.engine == "pocketsphinx" else None

    def _embedded(self, options: TranscribeOptions, wanted: str, custom: InstalledModel | None) -> Decision:
        """The embedded engine was asked for."""
        if wanted == "whisper":
            raise InvalidOption(f"{options.model} is no Whisper model.", hint="Leave --engine out.", field="model")
        if custom is None and options.model not in (None, EMBEDDED_MODEL):
            raise UnknownName("model", str(options.model), [EMBEDDED_MODEL, *self._names()])
        if self._device(options).startswith("cuda"):
            raise InvalidOption(
                "PocketSphinx runs on the processor only.", hint="Leave --device out, or take --engine whisper."
            )
        if options.precision != "auto":
            raise InvalidOption(
                "PocketSphinx has one precision only.", hint="Leave --precision out, or take --engine whisper."
            )
        if custom is not None:
            self._check_language(custom, options.language)
            refuse_beyond_embedded(replace(options, language=None), "", GET_WHISPER)
            return Decision(custom=custom, may_embed=False)
        refuse_beyond_embedded(options, "", GET_WHISPER)
        return Decision()

    def _named(self, options: TranscribeOptions, name: str) -> Decision:
        """A model was asked for by name."""
        if model := self._library.find(name):
            if model.engine != "whisper":
                raise InvalidOption(
                    f"The model '{model.name}' is not for recognising speech but for {model.engine}.",
                    hint=f"Models for speech are: {', '.join(self._names())}.",
                    field="model",
                )
            self._check_language(model, options.language)
            read_facts(model.path)
            return Decision(model, may_embed=False)
        entry = self._library.entry(name)
        if entry.engine != "whisper":
            raise UnknownName("model", name, self._names())
        self._check_language(entry, options.language)
        if options.offline or not self._reach():
            raise self._missing(entry, options)
        return Decision(fetch=entry, may_embed=False)

    def _best(self, options: TranscribeOptions, device: Device, *, may_embed: bool) -> Decision:
        """Nothing particular was asked for."""
        model, why = self._library.default_for(options.language, options.mode), ""
        if model is not None:
            try:
                read_facts(model.path)
            except EngineUnavailable as broken:
                why = broken.message
            else:
                return Decision(model, may_embed=may_embed)
        elif options.offline or self._library.offline:
            why = "No Whisper model is on this machine, and nothing may be fetched (offline)."
        elif not self._reach():
            why = "No Whisper model is on this machine, and none can be fetched: the model hub can't be reached."
        else:
            return Decision(fetch=self._recommended(options, device), may_embed=may_embed)
        if not may_embed:
            raise ModelMissing(why, hint=GET_WHISPER)
        refuse_beyond_embedded(options, why, GET_WHISPER)
        return Decision(fallbacks=(Fallback("whisper", "pocketsphinx", why),))

    def _recommended(self, options: TranscribeOptions, device: Device) -> CatalogEntry:
        wanted = self._usual.get((options.language or "").lower().partition("-")[0]) or self._usual.get("*")
        if wanted and (entry := self._library.entry(wanted)).engine == "whisper" and entry.speaks(options.language):
            return entry
        used = self._probe.reading(device).memory_used_bytes or 0
        return self._library.recommended(
            device.memory_bytes - used, device.kind == "cuda", options.language, options.mode
        )

    def _fetched(self, decision: Decision, options: TranscribeOptions, emit: Emit, cancel: CancelToken) -> Decision:
        """The decision with its model on disk, or with the embedded engine where that can't be."""
        assert decision.fetch is not None
        entry = decision.fetch
        log.info("Fetching %s, %d MB, from %s", entry.name, entry.size_bytes // 10**6, entry.source)
        progress = _Fetching(entry, emit)
        try:
            return replace(decision, model=self._library.pull(entry.name, on_progress=progress, cancel=cancel))
        except (ModelMissing, StorageFull) as error:
            self._reach.failed()
            if not decision.may_embed or beyond_embedded(options):
                raise
            log.warning("%s could not be fetched: %s", entry.name, error.message)
            fallback = Fallback(f"whisper {entry.name}", "pocketsphinx", error.message)
            return Decision(fallbacks=(*decision.fallbacks, fallback))

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
            precision=self._precision(options),
            routed=self._device(options) == "auto",
        )
        last = [embedded] if decision.may_embed and not beyond_embedded(options) else []
        return lambda sound_s: [*steps.plan(sound_s), *last]

    def _names(self) -> list[str]:
        known = {entry.name for entry in self._library.entries() if entry.engine == "whisper"}
        return sorted(known | {model.name for model in self._library.installed() if model.engine == "whisper"})

    def _missing(self, entry: CatalogEntry, options: TranscribeOptions) -> ModelMissing:
        offline = options.offline or self._library.offline
        why = "nothing may be fetched (offline)" if offline else "the model hub can't be reached"
        here = [model.name for model in self._library.installed() if model.engine == "whisper"]
        meanwhile = f"--model {here[0]}" if here else "--engine pocketsphinx"
        return ModelMissing(
            f"The model '{entry.name}' is not on this machine, and {why}.",
            hint=f"Fetch it where there is a network ({entry.source}, {entry.size_bytes // 10**6} MB) and give its "
            f"folder with --model. Meanwhile, {meanwhile} works.",
            model=entry.name,
        )

    def _check_language(self, model: InstalledModel | CatalogEntry, language: str | None) -> None:
        if language is not None and not model.speaks(language):
            raise InvalidOption(
                f"The model '{model.name}' knows {', '.join(model.languages)} only, not '{language}'.",
                hint="Take a model for many languages, such as 'small'.",
                field="model",
            )


class _Fetching:
    """Tells how far a download is, not too often."""

    def __init__(self, entry: CatalogEntry, emit: Emit) -> None:
        self._entry = entry
        self._emit = emit
        self._told_at = -inf

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        now = time.monotonic()
        if now - self._told_at < TOLD_EVERY_S and done_bytes < total_bytes:
            return
        self._told_at = now
        entry = self._entry
        self._emit(ModelFetching(model=entry.name, source=entry.source, done_bytes=done_bytes, total_bytes=total_bytes))


def beyond_embedded(options: TranscribeOptions) -> str:
    """What of the options the embedded engine can't do, as a sentence; empty when it can do all."""
    language = (options.language or "en").lower().replace("_", "-").partition("-")[0]
    if language not in ("en", "eng", "english"):
        return f"The embedded engine understands English only, not '{options.language}'."
    if options.task == "translate":
        return "The embedded engine can't translate."
    return ""


def refuse_beyond_embedded(options: TranscribeOptions, why: str, remedy: str) -> None:
    """Refuse what only Whisper can do.

    Args:
        options: What is wanted.
        why: Why Whisper can't be used; may be empty.
        remedy: What would change that.
    """
    if beyond := beyond_embedded(options):
        raise EngineUnavailable(f"{beyond} {why}".strip(), hint=remedy)
