"""From a transcript to the result file a user asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..domain.transcript import Transcript
from ..export.base import Exported, Written
from ..export.material import Material
from ..export.report import Report
from .console import Console
from .writing import make_folder, write_result


class Exporter(Protocol):
    """What is needed of the exporter."""

    def render(
        self,
        subject: Transcript | Material,
        format_id: str,
        options: Mapping[str, str] | None = None,
        *,
        media: Path | None = None,
    ) -> Exported:
        """Turn a transcript or document into one file, in memory."""
        ...

    def write(
        self,
        subject: Transcript | Material,
        path: Path,
        format_id: str,
        options: Mapping[str, str] | None = None,
        *,
        media: Path | None = None,
        overwrite: bool = False,
    ) -> Written:
        """Turn a transcript or document into a file on disk, whole or not at all."""
        ...


def save(
    exporter: Exporter,
    subject: Transcript | Material,
    format_id: str,
    path: Path,
    *,
    media: Path | None = None,
    options: Mapping[str, str] | None = None,
) -> Report:
    """Write one result, replacing what is there; its folder is made if need be.

    Returns:
        What the format could not carry, what to look out for, and what its checks found.

    Raises:
        StorageFull: No room; nothing is left behind.
        InvalidOption: The place can't be written to.
        AudapolisError: It can't be exported so.
    """
    if path.exists() and not path.is_file():  # a device or a pipe: written to, never replaced
        exported = exporter.render(subject, format_id, options, media=media)
        write_result(path, exported.content)
        return exported.report
    make_folder(path)
    place = path.resolve()  # a link stays a link to the new result
    return exporter.write(subject, place, format_id, options, media=media, overwrite=True).report


def tell_report(report: Report, console: Console) -> None:
    """Tell what a result does not carry, what to look out for, and what is wrong with it."""
    for loss in report.losses:
        console.note(f"Note: left out: {loss}")
    for warning in report.warnings:
        console.note(f"Warning: {warning}")
    for verdict in report.checks:
        for problem in verdict.problems:
            console.note(f"Warning: check {verdict.check}: {problem}")
