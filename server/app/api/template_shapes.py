"""Templates on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..export.templates.shelf import Draft, StoredTemplate
from ..template_desk import Saved

_SOURCE = "{% for turn in turns %}\n{{ turn.speaker | speaker_name('?') }}: {{ turn.text }}\n{% endfor %}\n"
_ENTRY: dict[str, Any] = {
    "name": "minutes",
    "version": 2,
    "extension": "txt",
    "description": "Minutes of a meeting.",
    "saved_at": "2026-01-31T12:00:00Z",
}
DRAFT_EXAMPLE: dict[str, Any] = {"source": _SOURCE, "extension": "txt", "description": "Minutes of a meeting."}
PREVIEW_EXAMPLES: dict[str, Any] = {
    "unsaved": {"summary": "Try a template before it is saved", "value": {"source": _SOURCE, "extension": "txt"}},
    "saved": {
        "summary": "Try a saved one on a transcript",
        "value": {"name": "minutes", "transcript_id": "3f1c9a52-…"},
    },
}


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class TemplateDraft(BaseModel):
    """A template as it is saved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[str, Field(description="The template (Jinja).")]
    extension: Annotated[str, Field(description="What its result ends in, without the dot.")] = "txt"
    description: Annotated[str, Field(max_length=1000)] = ""

    def draft(self) -> Draft:
        """The same as the desk takes it."""
        return Draft(self.source, self.extension.lower().removeprefix("."), self.description)


class TemplateEntry(_Shape):
    """A template in a list."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _ENTRY})

    name: str
    version: int
    extension: str
    description: str
    saved_at: str

    @classmethod
    def of(cls, stored: StoredTemplate) -> TemplateEntry:
        """A version without its source."""
        return cls(**{name: getattr(stored, name) for name in _ENTRY})


class TemplateView(TemplateEntry):
    """One version of a template."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {**_ENTRY, "source": _SOURCE, "warning": ""}})

    source: str
    warning: Annotated[str, Field(description="What went wrong on the sample when it was saved.")] = ""

    @classmethod
    def of(cls, stored: StoredTemplate) -> TemplateView:
        """A version with its source."""
        return cls(**{name: getattr(stored, name) for name in (*_ENTRY, "source")})

    @classmethod
    def of_saved(cls, saved: Saved) -> TemplateView:
        """A version that was just saved."""
        return cls.of(saved.template).model_copy(update={"warning": saved.warning})


class TemplateList(_Shape):
    """Templates, or versions of one."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"templates": [_ENTRY]}})

    templates: list[TemplateEntry]

    @classmethod
    def of(cls, stored: Sequence[StoredTemplate]) -> TemplateList:
        """In the order given."""
        return cls(templates=[TemplateEntry.of(each) for each in stored])


class TemplateDiff(_Shape):
    """What changed between two versions."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"example": {"diff": "--- minutes 1\n+++ minutes 2\n@@ -1 +1 @@\n-Hello\n+Hello!\n"}},
    )

    diff: Annotated[str, Field(description="A unified diff; empty where nothing changed.")]


class PreviewWish(BaseModel):
    """What to try on what: an unsaved template (`source`, `extension`) or a saved one (`name`, `version`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str | None = None
    extension: str = "txt"
    name: str | None = None
    version: int | None = None
    transcript_id: Annotated[str | None, Field(description="The built-in sample when not given.")] = None


class PreviewView(_Shape):
    """What the template made of it."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"example": {"text": "Anna: Good morning.\n", "cut": False}}
    )

    text: str
    cut: Annotated[bool, Field(description="There would have been more.")]
