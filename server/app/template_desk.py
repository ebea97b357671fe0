"""TemplateDesk: which templates are taken, how they are tried, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .domain.transcript import Transcript
from .errors import InvalidTemplate
from .export.templates.data import template_data
from .export.templates.running import EXPORTING, PREVIEWING, run_template
from .export.templates.sample import sample_transcript
from .export.templates.shelf import Draft, StoredTemplate, TemplateShelf

_FORGIVEN = {"undefined", "failed"}
"""What may go wrong on the sample without a template being refused: other transcripts may have what it wants."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A template that was taken.

    Attributes:
        warning: What went wrong when it was tried on the sample; empty if nothing did.
    """

    template: StoredTemplate
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a template makes of a transcript; `cut` when it would have been more than is shown."""

    text: str
    cut: bool


class TemplateDesk:
    """The user's templates. Has no state of its own; one may serve all threads."""

    def __init__(self, folder: Path) -> None:
        """Look at a folder of templates, which need not exist."""
        self.shelf = TemplateShelf(folder)

    def save(self, name: str, draft: Draft) -> Saved:
        """Check a template, try it on the sample, and keep it as the newest version.

        Raises:
            InvalidTemplate: It is wrong, reaches for what it may not, or takes more than it may.
            InvalidOption: The name or the extension is none.
            StorageFull, ExportFailed: The disk refused.
        """
        run_template(draft.source, draft.extension, None, PREVIEWING)
        warning = ""
        try:
            run_template(draft.source, draft.extension, template_data(sample_transcript()), EXPORTING)
        except InvalidTemplate as error:
            if error.data["kind"] not in _FORGIVEN:
                raise
            warning = f"On the sample it fails. {error}"
        return Saved(self.shelf.save(name, draft), warning)

    def preview(self, draft: Draft, transcript: Transcript | None = None) -> Preview:
        """Show what a template makes of a transcript, or of the sample.

        Raises:
            InvalidTemplate: It is wrong, reaches for what it may not, or takes more than it may.
        """
        data = template_data(transcript or sample_transcript())
        rendered = run_template(draft.source, draft.extension, data, PREVIEWING, cut=True)
        return Preview(rendered.content.decode("utf-8"), rendered.cut)
