"""Names of models as OpenAI's clients use them: OpenAI's own stand for the best engine here, ours for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..catalog.entries import SPEECH_ENGINES
from ..catalog.known import ALIASES
from ..errors import NotFound, UnknownName
from ..models import ModelLibrary
from .legacy_models import MODELS

DIARIZING = "gpt-4o-transcribe-diarize"

STAND_INS = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    DIARIZING,
)
"""OpenAI's names; each means the engine and model that are best here."""


@dataclass(frozen=True, slots=True)
class Served:
    """A name that `model` takes.

    Attributes:
        options: What it means for a transcription.
        created_at: Unix time in whole seconds at which its files were written; 0 where there are none.
        listed: Whether it can be used now; what would have to be fetched first is understood but not listed.
    """

    id: str
    description: str
    options: Mapping[str, str]
    created_at: int = 0
    listed: bool = True

    def shown(self) -> dict[str, Any]:
        """As `/v1/models` tells of it."""
        return {
            "id": self.id,
            "object": "model",
            "created": self.created_at,
            "owned_by": "audapolis",
            "description": self.description,
        }


def served_models(library: ModelLibrary) -> dict[str, Served]:
    """All names that `model` takes, by name."""
    best = {"engine": "auto"}
    found = [Served("auto", "The best engine and model here.", best)]
    found += [Served(name, "Stands for 'auto'.", best) for name in STAND_INS if name != DIARIZING]
    found += [Served(DIARIZING, "Stands for 'auto', and tells speakers apart.", {**best, "diarize": "true"})]
    found += [Served(name, "This engine, with the model it prefers.", {"engine": name}) for name in SPEECH_ENGINES]
    found += [Served(m.model_id, m.name, {"engine": m.engine, "model": m.model_id}) for m in MODELS.values()]
    return {**_from_catalogue(library), **_installed(library), **{model.id: model for model in found}}


def find_served(library: ModelLibrary, name: str) -> Served:
    """What a name means.

    Raises:
        NotFound: It means nothing here; the hint lists what does.
    """
    known = served_models(library)
    if name not in known:
        raise no_such_model(UnknownName("model", name, [model.id for model in known.values() if model.listed]))
    return known[name]


def no_such_model(error: UnknownName) -> NotFound:
    """An unknown model as OpenAI's clients expect it: as something that was not found."""
    return NotFound(error.message, hint=error.hint, field="model")


def _installed(library: ModelLibrary) -> dict[str, Served]:
    names = {model.name: model for model in library.installed() if model.engine in SPEECH_ENGINES}
    known = {**ALIASES, **library.preferences()["aliases"]}
    aliases = {alias: names[name] for alias, name in known.items() if name in names}
    return {
        name: Served(
            name,
            f"{model.name} on this machine.",
            {"engine": model.engine, "model": model.name},
            int(model.path.stat().st_mtime),
        )
        for name, model in {**aliases, **names}.items()
    }


def _from_catalogue(library: ModelLibrary) -> dict[str, Served]:
    return {
        entry.name: Served(
            entry.name, "Not on this machine yet.", {"engine": entry.engine, "model": entry.name}, listed=False
        )
        for entry in library.entries()
        if entry.kind == "speech" and entry.engine in SPEECH_ENGINES
    }
