"""Models and downloads as they go over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..catalog.entries import CatalogEntry, InstalledModel
from ..models import ModelLibrary
from .fetches import Fetch, Fetches, State
from .schemas import ErrorView

if TYPE_CHECKING:
    from ..engines.trial import Trial

_FETCH: dict[str, Any] = {
    "id": "2c0b8c1e-0a4b-4a63-9a37-1d7bb7b1f3a5",
    "model": "small",
    "kind": "pull",
    "state": "running",
    "ended": False,
    "progress": 0.25,
    "done_bytes": 121550000,
    "total_bytes": 486200000,
    "error": None,
}
_INSTALLED: dict[str, Any] = {
    "name": "tiny",
    "engine": "whisper",
    "size_bytes": 78203619,
    "languages": [],
    "source": "https://huggingface.co/Systran/faster-whisper-tiny",
    "revision": "d90ca5fe260221311c53c58e660288d3deb8d356",
    "realtime_factor": 0.11,
}
_AVAILABLE: dict[str, Any] = {
    "name": "small",
    "kind": "speech",
    "engine": "whisper",
    "languages": [],
    "size_bytes": 486200000,
    "source": "https://huggingface.co/Systran/faster-whisper-small",
    "licence": "MIT",
    "parameters_m": 244.0,
    "relative_speed": 4.0,
    "speed_source": "github.com/openai/whisper, README (English speech on an A100)",
    "figures": [{"what": "WER % on LibriSpeech test-clean", "value": 3.4, "source": "Radford et al. 2022, table 8"}],
    "gated": False,
}


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class FigureView(_Shape):
    """A published measurement."""

    what: str
    value: float
    source: str


class InstalledView(_Shape):
    """A model on this machine."""

    name: str
    engine: str
    size_bytes: int
    languages: Annotated[list[str], Field(description="Empty means many.")]
    source: str
    revision: str
    realtime_factor: Annotated[float | None, Field(description="Seconds of work per second of speech, measured here.")]

    @classmethod
    def of(cls, model: InstalledModel) -> InstalledView:
        """A model without the paths of this machine."""
        return cls(
            name=model.name,
            engine=model.engine,
            size_bytes=model.size_bytes,
            languages=list(model.languages),
            source=model.source if "://" in model.source else "",
            revision=model.revision,
            realtime_factor=model.realtime_factor,
        )


class AvailableView(_Shape):
    """A model that can be fetched by name."""

    name: str
    kind: str
    engine: str
    languages: Annotated[list[str], Field(description="Empty means many.")]
    size_bytes: int
    source: str
    licence: str
    parameters_m: float | None
    relative_speed: Annotated[float | None, Field(description="Times as fast as Whisper large.")]
    speed_source: str
    figures: list[FigureView]
    gated: Annotated[bool, Field(description="The publisher wants conditions accepted and a token.")]

    @classmethod
    def of(cls, entry: CatalogEntry) -> AvailableView:
        """An entry of the catalogue."""
        figures = [FigureView(what=each.what, value=each.value, source=each.source) for each in entry.figures]
        names = set(cls.model_fields) - {"figures", "languages"}
        return cls(**{name: getattr(entry, name) for name in names}, languages=list(entry.languages), figures=figures)


class FetchView(_Shape):
    """A model on its way onto the server."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _FETCH})

    id: str
    model: str
    kind: Literal["pull", "import"]
    state: State
    ended: bool
    progress: Annotated[float, Field(description="0 to 1.")]
    done_bytes: int
    total_bytes: Annotated[int, Field(description="0 while unknown.")]
    error: ErrorView | None

    @classmethod
    def of(cls, fetch: Fetch) -> FetchView:
        """Its present state."""
        error = fetch.error
        return cls(
            id=fetch.id,
            model=fetch.name,
            kind=fetch.kind,
            state=fetch.state,
            ended=fetch.ended,
            progress=fetch.progress,
            done_bytes=fetch.done_bytes,
            total_bytes=fetch.total_bytes,
            error=error and ErrorView(code=error.code, message=error.message, hint=error.hint),
        )


class ModelList(_Shape):
    """All models."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "installed": [_INSTALLED],
                "available": [_AVAILABLE],
                "fetches": [_FETCH],
                "aliases": {"daily": "small"},
                "defaults": {"de": "small"},
            }
        },
    )

    installed: list[InstalledView]
    available: list[AvailableView]
    fetches: list[FetchView]
    aliases: dict[str, str]
    defaults: dict[str, str]

    @classmethod
    def of(cls, library: ModelLibrary, fetches: Fetches) -> ModelList:
        """What there is now."""
        return cls(
            installed=[InstalledView.of(model) for model in library.installed()],
            available=[AvailableView.of(entry) for entry in library.entries()],
            fetches=[FetchView.of(fetch) for fetch in fetches.list()],
            **library.preferences(),
        )


class PullRequest(_Shape):
    """Which model to fetch."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"example": {"model": "small"}})

    model: Annotated[str, Field(min_length=1, max_length=200, description="Name, alias, or `owner/repository`.")]
    update: Annotated[bool, Field(description="Look for a newer version of what is here.")] = False


class TrialView(_Shape):
    """What came of trying a model."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {"tried": True, "text": "Good morning and welcome to the program.", "realtime_factor": 0.11}
        },
    )

    tried: Annotated[bool, Field(description="False for models that can't be tried alone; their files were checked.")]
    text: Annotated[str, Field(description="What it heard in the bundled English sentence.")]
    realtime_factor: float | None

    @classmethod
    def of(cls, trial: Trial | None) -> TrialView:
        """A trial's outcome."""
        if trial is None:
            return cls(tried=False, text="", realtime_factor=None)
        return cls(tried=True, text=trial.text, realtime_factor=round(trial.realtime_factor, 4))
