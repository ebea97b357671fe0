"""Decides what recognises a recording: which engine, with which model, and why it is not a better one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .catalog.entries import SPEECH_ENGINES, CatalogEntry, InstalledModel
from .catalog.reach import Reach
from .config import Settings
from .domain.options import TranscribeOptions
from .domain.transcript import Fallback
from .engines.devices import Device, DeviceProbe
from .engines.wanted import check_precision, wanted_devices
from .engines.whisper.files import read_facts
from .engines.whisper.languages import NAMES, language_code
from .errors import EngineUnavailable, InvalidOption, ModelMissing, StorageFull, UnknownName
from .models import ModelLibrary

EMBEDDED_MODEL = "pocketsphinx-en-us"

GET_WHISPER = (
    "For Whisper quality fetch a model once where there is a network (`audapolis models pull small`), "
    "or pass the folder of a CTranslate2 Whisper model with --model."
)

MOST_REMEMBERED = 64
"""Decisions kept."""


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


class SpeechChoice:
    """Decides for options, once for each recording. Loads and fetches nothing.

    Args:
        settings: All settings.
        probe: Knows the devices.
        library: The models.
    """

    def __init__(self, settings: Settings, probe: DeviceProbe, library: ModelLibrary) -> None:
        self._settings = settings.transcription
        self._usual = settings.models.defaults
        self._probe = probe
        self._library = library
        self._reach = Reach(library.reachable, settings.models_dir / "measured" / "reach.json")
        self._decisions: dict[TranscribeOptions, Decision] = {}

    def names(self) -> list[str]:
        """What `--engine` takes."""
        return ["auto", *SPEECH_ENGINES]

    def anew(self, options: TranscribeOptions) -> Decision:
        """Decide, by what is here now.

        Raises:
            UnknownName: No such engine, model, device or precision.
            EngineUnavailable: The wanted language or device can't be had here.
            ModelMissing: The wanted model is not here and can't be fetched.
            InvalidOption: The options contradict each other.
        """
        decision = self._decide(options)
        self._decisions.pop(options, None)
        self._decisions[options] = decision
        for oldest in list(self._decisions)[:-MOST_REMEMBERED]:
            del self._decisions[oldest]
        return decision

    def made(self, options: TranscribeOptions) -> Decision:
        """What was decided last: a network that comes or goes while a recording is worked on changes nothing."""
        return self._decisions.get(options) or self.anew(options)

    def without(self, decision: Decision, options: TranscribeOptions, error: ModelMissing | StorageFull) -> Decision:
        """What runs when the model can't be fetched after all.

        Raises:
            ModelMissing: Nothing else may, or can.
        """
        self._reach.failed()
        if decision.fetch is None or not decision.may_embed or beyond_embedded(options):
            raise error
        fallback = Fallback(f"whisper {decision.fetch.name}", "pocketsphinx", error.message)
        return Decision(fallbacks=(*decision.fallbacks, fallback))

    def device(self, options: TranscribeOptions) -> str:
        """Where it is to run: as asked, or as set."""
        return self._settings.device if options.device == "auto" else options.device

    def precision(self, options: TranscribeOptions) -> str:
        """What it is to compute with: as asked, or as set."""
        return self._settings.precision if options.precision == "auto" else options.precision

    def _decide(self, options: TranscribeOptions) -> Decision:
        wanted = self._settings.engine if options.engine == "auto" else options.engine
        if wanted not in self.names():
            raise UnknownName("engine", wanted, self.names())
        devices = wanted_devices(self._probe, self.device(options))
        check_precision(self._probe, devices, self.precision(options))
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
        if options.device.startswith("cuda"):
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
        try:
            entry = self._library.entry(name)
        except UnknownName:
            raise UnknownName("model", name, [EMBEDDED_MODEL, *self._names()]) from None
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
                self._check_language(model, options.language)
                return Decision(model, may_embed=may_embed)
        elif options.offline or self._library.offline:
            why = "No Whisper model is on this machine, and nothing may be fetched (offline)."
        elif not self._reach():
            why = "No Whisper model is on this machine, and none can be fetched: the model hub can't be reached."
        else:
            entry = self._recommended(options, device)
            self._check_language(entry, options.language)
            return Decision(fetch=entry, may_embed=may_embed)
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
            hint=f"Where there is a network: audapolis models pull {entry.name} ({entry.size_bytes // 10**6} MB, from "
            f"{entry.source}). Or give the folder of a copy with --model. Meanwhile, {meanwhile} works.",
            model=entry.name,
        )

    def _check_language(self, model: InstalledModel | CatalogEntry, language: str | None) -> None:
        if language is None:
            return
        if model.engine == "whisper":
            language_code(language, NAMES)
        if not model.speaks(language):
            raise InvalidOption(
                f"The model '{model.name}' knows {', '.join(model.languages)} only, not '{language}'.",
                hint="Take a model for many languages, such as 'small'.",
                field="model",
            )


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
