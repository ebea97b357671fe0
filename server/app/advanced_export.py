"""AdvancedExporter: chooses the format, checks its options, renders or writes, and says what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .domain.transcript import Transcript
from .errors import UnknownName
from .export.base import Exported, Format, FormatInfo, Written
from .export.files import whole_file
from .export.formats import FORMATS
from .export.options import OptionValue, parse_options
from .export.reading import open_transcript
from .export.timeline import convert


class AdvancedExporter:
    """Turns transcripts into files. Has no state; one may serve all threads."""

    def formats(self) -> list[FormatInfo]:
        """All formats, in the order of the table."""
        return [kind.info() for kind in FORMATS.values()]

    def render(
        self,
        transcript: Transcript,
        format_id: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        media: Path | None = None,
    ) -> Exported:
        """Turn a transcript into one file, in memory.

        Args:
            transcript: What to export.
            format_id: One of `formats()`; an extension such as `.SRT` is understood too.
            options: The format's options by name.
            media: The recording, for formats that carry it. Prefer `write` then: it copies media through.

        Raises:
            UnknownName: No such format or option; the nearest is named.
            InvalidOption: An option's value is not allowed.
        """
        return self._format(format_id, options).render(transcript, media=media)

    def write(
        self,
        transcript: Transcript,
        path: Path,
        format_id: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        media: Path | None = None,
        overwrite: bool = False,
    ) -> Written:
        """Turn a transcript into a file on disk; it appears there whole or not at all.

        Raises:
            UnknownName, InvalidOption: As for `render`.
            Conflict: The file exists and may not be overwritten.
            StorageFull, ExportFailed: It could not be written.
        """
        chosen = self._format(format_id, options)
        with whole_file(path, overwrite=overwrite) as out:
            losses = chosen.write(transcript, out, media=media)
            size_bytes = out.seek(0, 2)
        return Written(path, size_bytes, losses)

    def check(self, format_id: str, options: Mapping[str, OptionValue] | None = None) -> FormatInfo:
        """Find a format and check options for it, before long work whose result needs them.

        Raises:
            UnknownName, InvalidOption: As for `render`.
        """
        return self._format(format_id, options).info()

    def open(self, path: Path) -> Transcript:
        """Read transcript JSON or an `.audapolis` document.

        Raises:
            NotFound: No such file, or it can't be read.
            InvalidDocument: It is neither.
            TooLarge: It is over the limits.
        """
        return open_transcript(path)

    def convert_timeline(self, name: str, adapter: str, items: list[dict[str, Any]]) -> tuple[bytes, str]:
        """Write a desktop timeline for an editor; see `export.timeline.convert`."""
        return convert(name, adapter, items)

    def _format(self, format_id: str, options: Mapping[str, OptionValue] | None) -> Format[Any]:
        name = format_id.strip().lower().removeprefix(".")
        if name not in FORMATS:
            raise UnknownName("format", format_id, FORMATS)
        kind = FORMATS[name]
        return kind(parse_options(kind.options_type, options or {}))
