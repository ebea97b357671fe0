"""Exports in the background and export presets on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..export.workflow.orders import Order
from ..export.workflow.outputs import Output, Preset
from .schemas import ErrorView

_OUTPUTS: list[dict[str, Any]] = [{"format": "srt", "options": {"max_chars": 37}}, {"format": "template:minutes"}]
_PRESET: dict[str, Any] = {
    "name": "house",
    "description": "What the newsroom wants.",
    "outputs": [{"format": "srt", "options": {"max_chars": 37}}],
}
_EXPORT: dict[str, Any] = {
    "id": "0b7e0a52-6d0b-4f0e-8f8f-4a2b8a0f6f6e",
    "state": "running",
    "ended": False,
    "transcripts": ["3f1c9a52-0a54-4f0e-8f8f-4a2b8a0f6f6e"],
    "outputs": [{"format": "srt", "options": {"max_chars": 37}}],
    "target": "",
    "folder": "export-0b7e0a52",
    "task_id": None,
    "created_at": "2026-01-31T12:00:00Z",
    "finished_at": None,
    "attempts": 1,
    "retry_at": None,
    "progress": 0.5,
    "done": 1,
    "total": 2,
    "failed": 0,
    "error": None,
}
PRESET_EXAMPLE: dict[str, Any] = {"outputs": _OUTPUTS, "description": "What the newsroom wants."}
ORDER_EXAMPLES: dict[str, Any] = {
    "archive": {
        "summary": "An archive to be fetched",
        "value": {"transcripts": ["3f1c9a52-0a54-4f0e-8f8f-4a2b8a0f6f6e"], "outputs": _OUTPUTS},
    },
    "target": {
        "summary": "Into a target of the settings, by a preset",
        "value": {"transcripts": ["3f1c9a52-0a54-4f0e-8f8f-4a2b8a0f6f6e"], "presets": ["house"], "target": "archive"},
    },
}
REPORT_EXAMPLE: dict[str, Any] = {
    "schema": "audapolis.exports/1",
    "files": [
        {
            "name": "interview.srt",
            "subject": "interview.wav",
            "format": "srt",
            "options": {},
            "state": "done",
            "size_bytes": 1234,
            "sha256": "9f86d081…",
            "losses": ["Confidences are left out."],
            "warnings": [],
            "checks": [],
            "error": None,
        }
    ],
}


class OutputShape(BaseModel):
    """A format, `template:NAME` too, and its options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    options: dict[str, str | int | float | bool] = {}

    def output(self) -> Output:
        """The same as the desk takes it."""
        return Output(self.format, self.options)

    @classmethod
    def of(cls, output: Output) -> OutputShape:
        """The same as clients see it."""
        return cls(format=output.format, options=dict(output.options))


class PresetDraft(BaseModel):
    """A preset as it is saved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outputs: Annotated[list[OutputShape], Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=1000)] = ""

    def preset(self, name: str) -> Preset:
        """The same as the desk takes it."""
        return Preset(name, tuple(each.output() for each in self.outputs), self.description)


class PresetView(BaseModel):
    """A preset."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _PRESET})

    name: str
    description: str
    outputs: list[OutputShape]

    @classmethod
    def of(cls, preset: Preset) -> PresetView:
        """A preset as clients see it."""
        outputs = [OutputShape.of(each) for each in preset.outputs]
        return cls(name=preset.name, description=preset.description, outputs=outputs)


class PresetList(BaseModel):
    """Export presets, by name."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"presets": [_PRESET]}})

    presets: list[PresetView]


class ExportWish(BaseModel):
    """What is to be exported: every transcript in every format."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transcripts: Annotated[
        list[str], Field(min_length=1, max_length=10_000, description="Ids of transcripts, or of their tasks.")
    ]
    outputs: Annotated[list[OutputShape], Field(max_length=100)] = []
    presets: Annotated[list[str], Field(max_length=100, description="Names of export presets.")] = []
    target: Annotated[
        str, Field(description="Name of a target of the settings; an archive to be fetched if empty.")
    ] = ""
    folder: Annotated[str, Field(description="Folder in the target; one of its own if empty.")] = ""


class ExportView(BaseModel):
    """An export in the background."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _EXPORT})

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    ended: Annotated[bool, Field(description="Nothing more will happen to it by itself.")]
    transcripts: list[str]
    outputs: list[OutputShape]
    target: str
    folder: str
    task_id: Annotated[str | None, Field(description="The task it was made for by itself.")]
    created_at: datetime
    finished_at: datetime | None
    attempts: int
    retry_at: Annotated[datetime | None, Field(description="When it is tried again by itself.")]
    progress: Annotated[float, Field(description="0 to 1.")]
    done: Annotated[int, Field(description="Files dealt with.")]
    total: int
    failed: Annotated[int, Field(description="Files of these that could not be made; the report says why.")]
    error: ErrorView | None

    @classmethod
    def of(cls, order: Order) -> ExportView:
        """An order as clients see it: without the paths of this machine."""
        error = order.error
        return cls(
            id=order.id,
            state=order.state,
            ended=order.ended,
            transcripts=list(order.subjects),
            outputs=[OutputShape.of(each) for each in order.outputs],
            target=order.target,
            folder=order.folder,
            task_id=order.task or None,
            created_at=_moment(order.created_at),
            finished_at=None if order.finished_at is None else _moment(order.finished_at),
            attempts=order.attempts,
            retry_at=None if order.retry_at is None else _moment(order.retry_at),
            progress=order.progress,
            done=order.done,
            total=order.total,
            failed=order.failed,
            error=error and ErrorView(code=error.code, message=error.message, hint=error.hint),
        )


class ExportList(BaseModel):
    """Exports, the newest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"exports": [_EXPORT], "total": 1}})

    exports: list[ExportView]
    total: int


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
