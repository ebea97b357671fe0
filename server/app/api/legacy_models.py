"""The models the audapolis desktop app sees: the catalogue, under each language it offers, and what is here of it.

The app knows models of one language only, and a transcription it starts says no more than a model's id. So a model for
many languages is shown once under each, and its id there carries the language: `small@de`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..catalog.entries import CatalogEntry
from ..domain.cancellation import CancelToken
from ..errors import Conflict, NotFound
from ..models import BUILT_IN, ModelLibrary
from .fetches import Fetch, Fetches

LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sv", "da", "fi", "no", "ru", "uk", "tr", "ar", "he", "hi",
    "zh", "ja", "ko",
)  # fmt: skip
"""Languages under which models for many are shown."""
_SHOWN = ("tiny", "base", "small", "medium", "large-v3-turbo", "large-v3")
"""Models for many languages that are shown; all others can be fetched on the command line."""
_STATES = {"queued": "queued", "running": "downloading", "done": "done", "failed": "failed", "cancelled": "canceled"}


@dataclass(frozen=True, slots=True)
class LegacyModel:
    """A model as the desktop app shows it in its model manager.

    Attributes:
        engine: Our engine that uses it; not shown.
        model: Our name of it; not shown.
    """

    model_id: str
    name: str
    url: str
    description: str
    size: str
    type: Literal["transcription"]
    lang: str
    compressed: bool
    engine: str
    model: str | None = None

    def shown(self) -> dict[str, Any]:
        """The wire format."""
        return {key: value for key, value in asdict(self).items() if key not in {"engine", "model"}}


MODELS: dict[str, LegacyModel] = {
    BUILT_IN: LegacyModel(
        model_id=BUILT_IN,
        name="PocketSphinx US English (built in)",
        url="https://github.com/cmusphinx/pocketsphinx",
        description="Built in, works offline. Draft quality.",
        size="38 MB",
        type="transcription",
        lang="en",
        compressed=False,
        engine="pocketsphinx",
    ),
}
"""What is always there."""


def all_models(library: ModelLibrary) -> dict[str, LegacyModel]:
    """Every model the app is shown, by id."""
    models = {**MODELS}
    for entry in library.entries():
        if entry.engine == "whisper" and (entry.languages or entry.name in _SHOWN):
            models |= {model.model_id: model for model in _of_entry(entry)}
    for installed in library.installed():
        if installed.engine == "whisper" and installed.name not in {entry.name for entry in library.entries()}:
            size = f"{installed.size_bytes / 1e6:.0f} MB"
            models |= {m.model_id: m for m in _each(installed.name, installed.languages, "", "Imported.", size)}
    return models


def find_model(model_id: str, library: ModelLibrary | None = None) -> LegacyModel:
    """A model by its id.

    Raises:
        NotFound: There is no such model.
    """
    models = MODELS if library is None else all_models(library)
    if model_id not in models:
        raise NotFound(f"There is no model '{model_id}'.", hint="GET /models/available lists them.", model_id=model_id)
    return models[model_id]


def available(library: ModelLibrary | None = None) -> dict[str, dict[str, Any]]:
    """Languages with their models.

    The desktop app's model pages read the lists of punctuation and Whisper models without looking whether they are
    there, so they are, empty.
    """
    languages: dict[str, dict[str, Any]] = {}
    for model in (MODELS if library is None else all_models(library)).values():
        language = languages.setdefault(
            model.lang,
            {"lang": model.lang, "transcription_models": [], "punctuation_models": [], "whisper_models": []},
        )
        language["transcription_models"].append(model.shown())
    return languages


def downloaded(library: ModelLibrary | None = None) -> dict[str, dict[str, Any]]:
    """Models on this machine by id."""
    if library is None:
        return {model_id: model.shown() for model_id, model in MODELS.items()}
    here = {model.name for model in library.installed()}
    return {
        model_id: model.shown()
        for model_id, model in all_models(library).items()
        if model_id in MODELS or model.model in here
    }


def delete(model_id: str, library: ModelLibrary) -> None:
    """Delete a model, for all of its languages.

    Raises:
        NotFound: There is no such model, or it is not here.
        Conflict: It is built in.
    """
    model = find_model(model_id, library)
    if model.model is None:
        raise Conflict(
            f"The model '{model.model_id}' is built in and can't be deleted.", hint="It needs no download either."
        )
    library.remove(model.model, CancelToken())


def _of_entry(entry: CatalogEntry) -> Iterator[LegacyModel]:
    figure = f" {entry.figures[0].value:g} {entry.figures[0].what}." if entry.figures else ""
    described = f"Whisper, {entry.licence}.{figure}"
    yield from _each(entry.name, entry.languages, entry.source, described, f"{entry.size_bytes / 1e6:.0f} MB")


def _each(name: str, languages: tuple[str, ...], url: str, description: str, size: str) -> Iterator[LegacyModel]:
    for language in languages or LANGUAGES:
        yield LegacyModel(
            model_id=f"{name}@{language}",
            name=f"Whisper {name}",
            url=url,
            description=description,
            size=size,
            type="transcription",
            lang=language,
            compressed=False,
            engine="whisper",
            model=name,
        )


@dataclass(frozen=True, slots=True)
class Download:
    """A download as the desktop app polls it. What is built in is done at once."""

    model_id: str
    uuid: str
    state: str = "done"
    total: float = 1.0
    processed: float = 1.0
    progress: float = 1.0


class Downloads:
    """The downloads the app began, until it deletes them.

    Args:
        library: Gives the library in use.
        fetches: Where models are fetched.
    """

    def __init__(self, library: Callable[[], ModelLibrary], fetches: Fetches) -> None:
        self._library = library
        self._fetches = fetches
        self._asked: dict[str, str] = {}
        self._at_once: dict[str, Download] = {}

    def start(self, model_id: str) -> Download:
        """Download a model.

        Raises:
            NotFound: There is no such model.
        """
        model = find_model(model_id, self._library())
        if model.model is None:
            download = Download(model.model_id, Fetch(model_id, "pull").id)
            self._at_once[download.uuid] = download
            return download
        fetch = self._fetches.pull(model.model)
        self._asked[fetch.id] = model.model_id
        return _shown(fetch, model.model_id)

    def get(self, task_id: str) -> Download | None:
        """A download by id, or None."""
        return next((download for download in self.list() if download.uuid == task_id), None)

    def list(self) -> list[Download]:
        """All that are known, oldest first."""
        ours = [_shown(fetch, self._asked[fetch.id]) for fetch in self._fetches.list() if fetch.id in self._asked]
        return [*self._at_once.values(), *ours]

    def delete(self, task_id: str) -> bool:
        """Stop one if need be, and forget it; False where there is none."""
        if self._asked.pop(task_id, None) is not None:
            self._fetches.delete(task_id)
            return True
        return self._at_once.pop(task_id, None) is not None


def _shown(fetch: Fetch, model_id: str) -> Download:
    total = float(fetch.total_bytes or 1)
    return Download(model_id, fetch.id, _STATES[fetch.state], total, fetch.progress * total, fetch.progress)
