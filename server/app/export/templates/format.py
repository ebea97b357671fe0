"""A template as an export format: `template:NAME`."""

from __future__ import annotations

import mimetypes
from typing import ClassVar

from ...domain.transcript import Transcript
from ..base import Format, TextFormat, WordedFileOptions
from .data import template_data
from .running import run_template
from .shelf import StoredTemplate

PREFIX = "template:"


class TemplateFormat(TextFormat[WordedFileOptions]):
    """Base of the formats that `format_of` makes. What a template leaves out is its writer's business."""

    name = "Template"
    family = "text"
    losses = ()
    options_type = WordedFileOptions
    template: ClassVar[StoredTemplate]

    def text(self, transcript: Transcript) -> str:
        r"""The template's text, its line ends made `\n`."""
        content = run_template(self.template.source, self.template.extension, template_data(transcript)).content
        return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def format_of(stored: StoredTemplate) -> type[Format[WordedFileOptions]]:
    """The format that writes a template's text."""
    media_type = mimetypes.guess_type(f"x.{stored.extension}")[0] or "text/plain"
    return type(
        "StoredTemplateFormat",
        (TemplateFormat,),
        {
            "id": f"{PREFIX}{stored.name}",
            "name": f"Template {stored.name}",
            "extension": stored.extension,
            "media_type": f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
            "description": stored.description or f"The template '{stored.name}', version {stored.version}.",
            "template": stored,
        },
    )
