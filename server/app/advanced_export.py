"""AdvancedExporter: chooses the format, checks its options, renders or writes, checks the result and reports."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from .domain.events import Emit, FormatRendered, ignore
from .domain.transcript import Transcript
from .errors import AudapolisError, NotFound, UnknownName
from .export.base import Exported, Format, FormatInfo, Written
from .export.desktop_timeline import convert
from .export.files import whole_file
from .export.formats import FORMATS
from .export.material import Material
from .export.options import OptionValue, parse_options
from .export.reading import open_material
from .export.report import Notes, Report, Verdict
from .export.templates.format import PREFIX as TEMPLATE
from .export.templates.format import TemplateFormat, format_of
from .export.templates.shelf import StoredTemplate

R = TypeVar("R", Exported, Written)

_BLOCK_BYTES = 1 << 20


class Templates(Protocol):
    """The user's templates, as an exporter needs them; see `export.templates.shelf.TemplateShelf`."""

    def get(self, name: str) -> StoredTemplate: ...  # noqa: D102
    def list(self) -> Sequence[StoredTemplate]: ...  # noqa: D102


class AdvancedExporter:
    """Turns transcripts and documents into files. Has no state of its own; one may serve all threads."""

    def __init__(self, templates: Templates | None = None, emit: Emit = ignore) -> None:
        """Know the formats of the table, and those of templates as `template:NAME`.

        Args:
            templates: The user's own.
            emit: Told of every file that was made, or could not be.
        """
        self._templates = templates
        self._emit = emit

    def telling(self, emit: Emit) -> AdvancedExporter:
        """The same exporter, which tells `emit` and nobody else."""
        return AdvancedExporter(self._templates, emit)

    def formats(self) -> list[FormatInfo]:
        """All formats in the order of the table, then the templates."""
        templates = self._templates.list() if self._templates else []
        return [kind.info() for kind in (*FORMATS.values(), *map(format_of, templates))]

    def render(
        self,
        subject: Transcript | Material,
        format_id: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        media: Path | None = None,
    ) -> Exported:
        """Turn a transcript or document into one file, in memory.

        Args:
            subject: What to export; `open` makes it from a file.
            format_id: One of `formats()`; an extension such as `.SRT` is understood too.
            options: The format's options by name.
            media: The recording of a transcript, for formats that carry or name it. Prefer `write` then: it
                copies media through.

        Raises:
            UnknownName: No such format or option; the nearest is named.
            InvalidOption: An option's value is not allowed, or makes no sense for this subject.
        """

        def make(chosen: Format[Any], material: Material) -> Exported:
            out = io.BytesIO()
            notes = chosen.write(material, out)
            report = _report(chosen, material, notes, out)
            return Exported(out.getvalue(), report, chosen.extension, chosen.media_type)

        return self._made(format_id, options, _material(subject, media), make)

    def write(
        self,
        subject: Transcript | Material,
        path: Path,
        format_id: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        media: Path | None = None,
        overwrite: bool = False,
    ) -> Written:
        """Turn a transcript or document into a file on disk; it appears there whole or not at all.

        Raises:
            UnknownName, InvalidOption: As for `render`.
            Conflict: The file exists and may not be overwritten.
            StorageFull, ExportFailed: It could not be written.
        """

        def make(chosen: Format[Any], material: Material) -> Written:
            with whole_file(path, overwrite=overwrite) as out:
                notes = chosen.write(material, out)
                report = _report(chosen, material, notes, out)
            return Written(path, report)

        return self._made(format_id, options, _material(subject, media), make)

    def check(self, format_id: str, options: Mapping[str, OptionValue] | None = None) -> FormatInfo:
        """Find a format and check options for it, before long work whose result needs them.

        Raises:
            UnknownName, InvalidOption: As for `render`.
        """
        return self._format(format_id, options).info()

    def edition(self, format_id: str) -> str:
        """Changes when a format's results may: for a template with each version. This program's own is not in it.

        Raises:
            UnknownName: As for `render`.
        """
        kind = self._kind(format_id)
        return kind.template.digest if issubclass(kind, TemplateFormat) else ""

    def open(self, path: Path, *, media: Sequence[Path] = (), format_id: str = "json") -> Material:
        """Read transcript JSON or an `.audapolis` document.

        Args:
            path: The file.
            media: Recordings that it is about, where they are at hand; matched by content, or if there is one of
                each, taken for each other.
            format_id: What it will be exported to: editors need more facts than others.

        Raises:
            NotFound: No such file, or it can't be read.
            InvalidDocument: It is neither.
            InvalidOption: A recording that it does not use.
            TooLarge: It is over the limits.
        """
        return open_material(path, media, facts=self._kind(format_id).family == "editors")

    def convert_timeline(self, name: str, adapter: str, items: list[dict[str, Any]]) -> tuple[bytes, str]:
        """Write a desktop timeline for an editor; see `export.desktop_timeline.convert`."""
        return convert(name, adapter, items)

    def _made(
        self,
        format_id: str,
        options: Mapping[str, OptionValue] | None,
        material: Material,
        make: Callable[[Format[Any], Material], R],
    ) -> R:
        """Make a file, and tell what came of it. Names that are no format's are nothing to tell of."""
        kind = self._kind(format_id)
        began, size_bytes, error = time.monotonic(), 0, "internal_error"
        try:
            made = make(kind(parse_options(kind.options_type, options or {})), material)
            size_bytes, error = made.report.size_bytes, ""
        except AudapolisError as failure:
            error = failure.code
            raise
        finally:
            self._emit(
                FormatRendered(
                    format=_public_id(kind),
                    family=kind.family,
                    wall_s=time.monotonic() - began,
                    size_bytes=size_bytes,
                    transcript_id="" if material.document else material.transcript.id,
                    error=error,
                )
            )
        return made

    def _format(self, format_id: str, options: Mapping[str, OptionValue] | None) -> Format[Any]:
        kind = self._kind(format_id)
        return kind(parse_options(kind.options_type, options or {}))

    def _kind(self, format_id: str) -> type[Format[Any]]:
        if format_id.startswith(TEMPLATE) and self._templates:
            name = format_id.removeprefix(TEMPLATE)
            try:
                return format_of(self._templates.get(name))
            except NotFound:
                raise UnknownName("template", name, [each.name for each in self._templates.list()]) from None
        name = format_id.strip().lower().removeprefix(".").replace("-", "_")
        if name not in FORMATS:
            raise UnknownName("format", format_id, FORMATS)
        return FORMATS[name]


def _public_id(kind: type[Format[Any]]) -> str:
    """A format's id; templates have names that people gave them, which are nobody's business."""
    return TEMPLATE.rstrip(":") if issubclass(kind, TemplateFormat) else kind.id


def _material(subject: Transcript | Material, media: Path | None) -> Material:
    return Material.of(subject, media=media) if isinstance(subject, Transcript) else subject


def _report(chosen: Format[Any], material: Material, notes: Notes, out: BinaryIO) -> Report:
    """Hold the finished file against the format's checks, and take its measure."""
    verdicts = []
    for name, check in chosen.checks.items():
        out.seek(0)
        verdicts.append(Verdict(name, tuple(check(out, material))))
    out.seek(0)
    digest = hashlib.sha256()
    while block := out.read(_BLOCK_BYTES):
        digest.update(block)
    return Report(chosen.id, out.tell(), digest.hexdigest(), notes.losses, notes.warnings, tuple(verdicts))
