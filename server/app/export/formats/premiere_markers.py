"""The table of markers that Premiere Pro's Markers panel exports and marker importers read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ..losses import Loss
from ..material import Material
from ..report import Check
from ..tables.format import FORMULA_MARKS
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline

_COLUMNS = ("Marker Name", "Description", "In", "Out", "Duration", "Marker Type")
_KIND = "Comment"
_TAB, _COMMA = "\t", ","


@dataclass(frozen=True, slots=True)
class PremiereMarkersOptions(TimelineOptions):
    """How the table is written."""

    separator: Annotated[
        Literal["tab", "comma"], Field(description="Between columns; Premiere itself writes tabs.")
    ] = "tab"
    encoding: Annotated[
        Literal["utf-8", "utf-16"], Field(description="How letters are written; Premiere itself writes UTF-16.")
    ] = "utf-8"
    formulas: Annotated[
        Literal["safe", "as_is"],
        Field(description="Put an apostrophe before text that a spreadsheet would run as a formula, or leave it."),
    ] = "safe"


def table(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Every row has all columns, and times are timecode."""
    content = file.read()
    text = content.decode("utf-16" if content[:2] == b"\xff\xfe" else "utf-8")
    separator = _TAB if text.startswith(_COLUMNS[0] + _TAB) else _COMMA
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    if next(rows, None) != list(_COLUMNS):
        yield "It does not begin with the names of its columns."
    for number, row in enumerate(rows, start=1):
        if len(row) != len(_COLUMNS):
            yield f"Row {number} has {len(row)} columns."
        elif any(not time.replace(";", "").replace(":", "").isdecimal() for time in row[2:5]):
            yield f"Row {number} has a time that is no timecode."


class PremiereMarkers(TimelineFormat[PremiereMarkersOptions]):
    """A row for each marker, in timecode of the sequence."""

    id = "premiere_markers"
    name = "Premiere Pro marker table"
    points_to_media = False
    extension = "markers.csv"
    media_type = "text/csv; charset=utf-8"
    description = "What was said as a table of markers, the way Premiere Pro exports them."
    losses = (
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"table": table}
    options_type = PremiereMarkersOptions

    def file(self, timeline: Timeline) -> bytes:
        """The table."""
        out = io.StringIO(newline="")
        separator = _TAB if self.options.separator == "tab" else _COMMA
        writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
        writer.writerow(_COLUMNS)
        for marker in timeline.markers:
            times = (timeline.label(marker.start), timeline.label(marker.start + marker.frames))
            length = timeline.timebase.format(marker.frames)
            labels = (label.replace(":", ";") if timeline.timebase.drop_frame else label for label in (*times, length))
            writer.writerow((self._cell(marker.name), self._cell(marker.note), *labels, _KIND))
        text = out.getvalue()
        return b"\xff\xfe" + text.encode("utf-16-le") if self.options.encoding == "utf-16" else text.encode("utf-8")

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """What timecode can't tell."""
        if timeline.start_frame + timeline.frames > timeline.timebase.frames_per_day:
            return ("It goes on past 24 hours, where timecode begins again at 00:00:00:00.",)
        return ()

    def _cell(self, text: str) -> str:
        return f"'{text}" if self.options.formulas == "safe" and text.startswith(FORMULA_MARKS) else text
