"""From a transcript to the result file a user asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..domain.transcript import Transcript
from ..export.base import Exported, Written
from .writing import make_folder, write_result


class Exporter(Protocol):
    """What is needed of the exporter."""

    def render(
        self,
        transcript: Transcript,
        format_id: str,
        options: Mapping[str, str] | None = None,
        *,
        media: Path | None = None,
    ) -> Exported:
        """Turn a transcript into one file, in memory."""
        ...

    def write(
        self,
        transcript: Transcript,
        path: Path,
        format_id: str,
        options: Mapping[str, str] | None = None,
        *,
        media: Path | None = None,
        overwrite: bool = False,
    ) -> Written:
        """Turn a transcript into a file on disk, whole or not at all."""
        ...


def save(
    exporter: Exporter,
    transcript: Transcript,
    format_id: str,
    path: Path,
    *,
    media: Path | None,
    options: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Write one result, replacing what is there; its folder is made if need be.

    Returns:
        What the format could not carry of this transcript.

    Raises:
        StorageFull: No room; nothing is left behind.
        InvalidOption: The place can't be written to.
        AudapolisError: It can't be exported so.
    """
    if path.exists() and not path.is_file():  # a device or a pipe: written to, never replaced
        exported = exporter.render(transcript, format_id, options, media=media)
        write_result(path, exported.content)
        return exported.losses
    make_folder(path)
    place = path.resolve()  # a link stays a link to the new result
    return exporter.write(transcript, place, format_id, options, media=media, overwrite=True).losses
