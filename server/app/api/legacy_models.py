"""The models the audapolis desktop app sees: only those that are really here."""

from __future__ import annotations

import threading
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ..errors import Conflict, NotFound

_MOST_DOWNLOADS = 100


@dataclass(frozen=True, slots=True)
class LegacyModel:
    """A model as the desktop app shows it in its model manager.

    Attributes:
        engine: Our engine that uses it; not shown.
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

    def shown(self) -> dict[str, Any]:
        """The wire format."""
        return {key: value for key, value in asdict(self).items() if key != "engine"}


MODELS: dict[str, LegacyModel] = {
    "pocketsphinx-en-us": LegacyModel(
        model_id="pocketsphinx-en-us",
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


def find_model(model_id: str) -> LegacyModel:
    """A model by its id.

    Raises:
        NotFound: There is no such model.
    """
    if model_id not in MODELS:
        raise NotFound(f"There is no model '{model_id}'.", hint=f"There are: {', '.join(MODELS)}.", model_id=model_id)
    return MODELS[model_id]


def available() -> dict[str, dict[str, Any]]:
    """Languages with their models.

    The desktop app's model pages read the lists of punctuation and Whisper models without looking whether they are
    there, so they are, empty.
    """
    languages: dict[str, dict[str, Any]] = {}
    for model in MODELS.values():
        language = languages.setdefault(
            model.lang,
            {"lang": model.lang, "transcription_models": [], "punctuation_models": [], "whisper_models": []},
        )
        language["transcription_models"].append(model.shown())
    return languages


def downloaded() -> dict[str, dict[str, Any]]:
    """Models on this machine by id: all, as they are built in."""
    return {model_id: model.shown() for model_id, model in MODELS.items()}


def delete(model_id: str) -> None:
    """Refuse to delete a model, saying why.

    Raises:
        NotFound: There is no such model.
        Conflict: It is built in.
    """
    model = find_model(model_id)
    raise Conflict(
        f"The model '{model.model_id}' is built in and can't be deleted.", hint="It needs no download either."
    )


@dataclass(frozen=True, slots=True)
class Download:
    """A finished download as the desktop app polls it. What is built in is done at once."""

    model_id: str
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: Literal["done"] = "done"
    total: float = 1.0
    processed: float = 1.0
    progress: float = 1.0


class Downloads:
    """Remembers the last downloads until they are deleted; in memory, for they are done at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Download] = {}

    def start(self, model_id: str) -> Download:
        """Download a model.

        Raises:
            NotFound: There is no such model.
        """
        download = Download(find_model(model_id).model_id)
        with self._lock:
            self._known[download.uuid] = download
            while len(self._known) > _MOST_DOWNLOADS:
                del self._known[next(iter(self._known))]
        return download

    def get(self, task_id: str) -> Download | None:
        """A download by id, or None."""
        return self._known.get(task_id)

    def list(self) -> list[Download]:
        """All that are known, oldest first."""
        with self._lock:
            return list(self._known.values())

    def delete(self, task_id: str) -> bool:
        """Forget one; False where there is none."""
        with self._lock:
            return self._known.pop(task_id, None) is not None
