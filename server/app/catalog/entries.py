"""What is said of a model: one that can be had, and one that is here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

EngineName = Literal["whisper", "pocketsphinx", "pyannote", "sherpa"]
Kind = Literal["speech", "speakers"]

SPEECH_ENGINES: tuple[EngineName, ...] = ("whisper", "pocketsphinx")
"""Those that recognise words, best first."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One published measurement.

    Attributes:
        what: What was measured, with its unit.
        value: The number.
        source: Who published it.
    """

    what: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Pick:
    """Files of a repository on the model hub that belong to a model.

    Attributes:
        repo: `owner/name` of the repository.
        patterns: Names or shell patterns; those that match nothing are passed over.
        into: Where they go in the model's folder: a folder ending in `/`, a file's new name, or "" for as is.
    """

    repo: str
    patterns: tuple[str, ...]
    into: str = ""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model that can be fetched.

    Attributes:
        kind: Whether it hears words or tells speakers apart.
        languages: BCP-47 codes; empty means many.
        size_bytes: Size of the download; for what the catalogue does not know (0) the hub tells.
        source: Page of the model.
        licence: SPDX identifier, or the name of the terms.
        picks: Where the files come from.
        parameters_m: Parameters in millions; None where unpublished.
        relative_speed: How many times as fast as Whisper large; None where unpublished.
        figures: Published quality.
        gated: The publisher wants conditions accepted and a token.
    """

    name: str
    kind: Kind
    engine: EngineName
    languages: tuple[str, ...]
    size_bytes: int
    source: str
    licence: str
    picks: tuple[Pick, ...]
    parameters_m: float | None = None
    relative_speed: float | None = None
    speed_source: str = ""
    figures: tuple[Figure, ...] = ()
    gated: bool = False

    @property
    def multilingual(self) -> bool:
        """Whether it knows more than one language."""
        return len(self.languages) != 1

    def speaks(self, language: str | None) -> bool:
        """Whether it can be used for a language; None asks for one that detects it."""
        if language is None:
            return self.multilingual
        return not self.languages or primary(language) in self.languages


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this machine, complete.

    Attributes:
        path: Folder with its files; its last part is the model's name.
        source: Where it came from.
        revision: Commit of the hub, or the SHA-256 over its files.
        realtime_factor: Seconds of work per second of speech, measured here; None before a benchmark.
    """

    name: str
    engine: EngineName
    path: Path
    size_bytes: int
    languages: tuple[str, ...] = ()
    source: str = ""
    revision: str = ""
    multilingual: bool = True
    realtime_factor: float | None = None

    def speaks(self, language: str | None) -> bool:
        """Whether it can be used for a language; None asks for one that detects it."""
        if language is None:
            return self.multilingual
        return not self.languages or primary(language) in self.languages


def primary(language: str) -> str:
    """The language of a BCP-47 code without region and script: `de-AT` is `de`."""
    return language.lower().replace("_", "-").partition("-")[0]
