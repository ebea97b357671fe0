"""Chooses the speech engine that can do what is asked, here and now, and says so when it is not the best one."""

from __future__ import annotations

import os
from pathlib import Path

from .config import Settings
from .domain.cancellation import CancelToken
from .domain.capability import Capability
from .domain.options import TranscribeOptions
from .domain.transcript import Fallback
from .engines.base import Chosen, SpeechEngine
from .engines.pocketsphinx.engine import PocketSphinxEngine
from .engines.whisper.engine import WhisperEngine
from .engines.whisper.files import is_model_folder
from .errors import EngineUnavailable, InvalidOption, UnknownName
from .models import ModelLibrary

ENGINES = ("whisper", "pocketsphinx")
"""Best first."""

GET_WHISPER = (
    "For Whisper quality add `--engine whisper --model small` (downloads the model once), "
    "or pass the folder of a CTranslate2 Whisper model with --model."
)


class TranscriptionBridge:
    """Keeps the engine of the last request warm."""

    def __init__(self, settings: Settings) -> None:
        self._default = settings.transcription.engine
        self._processes = settings.transcription.processes or len(os.sched_getaffinity(0))
        self._models = ModelLibrary(settings)
        self._warm: tuple[tuple[str, str | None], SpeechEngine] | None = None

    def names(self) -> list[str]:
        """What `--engine` takes."""
        return ["auto", *ENGINES]

    def check(self, options: TranscribeOptions) -> None:
        """Refuse options no engine can meet, before any work is done.

        Raises:
            UnknownName: No such engine or model.
            EngineUnavailable: The wanted language can't be recognised by what is here.
            InvalidOption: The engine needs an option that is missing.
        """
        engine, _ = self._decide(options)
        if engine == "whisper":
            self._check_whisper(options)
        elif options.model not in (None, "pocketsphinx-en-us"):
            raise UnknownName("model", str(options.model), ["pocketsphinx-en-us", *self._sizes()])
        elif not _is_english(options.language):
            raise EngineUnavailable(
                f"The embedded engine understands English only, not '{options.language}'.", hint=GET_WHISPER
            )

    def choose(self, options: TranscribeOptions) -> Chosen[SpeechEngine]:
        """Open the engine for these options; it stays warm until another is asked for.

        Raises:
            ModelMissing: The wanted model can't be had.
        """
        self.check(options)
        name, fallbacks = self._decide(options)
        key = (name, options.model)
        if self._warm is None or self._warm[0] != key:
            self.close()
            self._warm = (key, self._open(name, options))
        return Chosen(self._warm[1], fallbacks)

    def adapts_to_voice(self, options: TranscribeOptions) -> bool:
        """Whether the engine for these options recognises more when a chunk holds one voice only."""
        return self._decide(options)[0] == "pocketsphinx" and options.mode != "fast"

    def capabilities(self) -> list[Capability]:
        """What can recognise speech here, best first."""
        return [
            Capability(
                "whisper",
                "speech",
                False,
                "any CTranslate2 Whisper model, by name or folder",
                reason="No Whisper model was named, and none is downloaded unasked.",
                remedy=GET_WHISPER,
            ),
            Capability("pocketsphinx", "speech", True, "English, draft quality, works offline"),
        ]

    def close(self) -> None:
        """End the warm engine."""
        if self._warm is not None:
            self._warm[1].close()
            self._warm = None

    def _decide(self, options: TranscribeOptions) -> tuple[str, tuple[Fallback, ...]]:
        wanted = self._default if options.engine == "auto" else options.engine
        if wanted not in self.names():
            raise UnknownName("engine", wanted, self.names())
        if wanted != "auto":
            return wanted, ()
        if options.model is not None and options.model != "pocketsphinx-en-us":
            return "whisper", ()
        return "pocketsphinx", (Fallback("whisper", "pocketsphinx", "No Whisper model was named."),)

    def _check_whisper(self, options: TranscribeOptions) -> None:
        if options.model is None:
            raise InvalidOption("Whisper needs a model.", hint=f"Add --model with one of {', '.join(self._sizes())}.")
        if options.model not in self._sizes() and not is_model_folder(Path(options.model)):
            raise UnknownName("model", options.model, self._sizes())

    def _sizes(self) -> list[str]:
        return [entry.name for entry in self._models.entries() if entry.engine == "whisper"]

    def _open(self, name: str, options: TranscribeOptions) -> SpeechEngine:
        if name == "whisper":
            folder = Path(str(options.model))
            if not is_model_folder(folder):
                folder = self._models.pull(folder.name, on_progress=lambda *_: None, cancel=CancelToken()).path
            return WhisperEngine(folder, threads=self._processes)
        return PocketSphinxEngine(self._processes)


def _is_english(language: str | None) -> bool:
    return language is None or language.lower().split("-")[0] in ("en", "english")
