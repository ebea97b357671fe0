"""What CSV and TSV have in common: levels, times, cells that no spreadsheet runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, BinaryIO, Generic, Literal, TypeVar

from pydantic import Field

from ...domain.transcript import Transcript
from ..base import TextFormat, WordedFileOptions
from ..losses import Loss
from ..material import Material
from ..prose import without_losses
from ..report import Notes
from ..text import clock, encode
from ..wording import reworded
from .levels import Level, NumberText, Row, columns, rows

FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""
_MARKS = {"point": ".", "comma": ","}
_LOST: dict[Level, tuple[Loss, ...]] = {
    "word": (Loss.TRANSLATIONS,),
    "segment": (Loss.WORD_TIMES,),
    "speaker": (Loss.TEXT, Loss.SEGMENT_TIMES, Loss.WORD_TIMES, Loss.TRANSLATIONS),
}


@dataclass(frozen=True, slots=True)
class TableOptions(WordedFileOptions):
    """What rows are about and how cells look."""

    level: Annotated[Level, Field(description="What a row is about.")] = "segment"
    header: Annotated[bool, Field(description="Begin with the names of the columns.")] = True
    times: Annotated[
        Literal["seconds", "clock"], Field(description="Times as seconds, or by the clock as HH:MM:SS.mmm.")
    ] = "seconds"
    decimals: Annotated[Literal["point", "comma"], Field(description="Mark before decimals of numbers.")] = "point"
    formulas: Annotated[
        Literal["safe", "as_is"],
        Field(description="Put an apostrophe before text that a spreadsheet would run as a formula, or leave it."),
    ] = "safe"


T = TypeVar("T", bound=TableOptions)


class TableFormat(TextFormat[T], Generic[T]):
    """One line a row."""

    losses = (
        Loss.TEXT,
        Loss.SEGMENT_TIMES,
        Loss.WORD_TIMES,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.MILLISECONDS,
    )

    @abstractmethod
    def lines(self, table: Iterable[Row]) -> str:
        """The rows as text; no cell holds a tab or a line end."""

    def text(self, transcript: Transcript) -> str:
        """Header and rows."""
        return self._file(transcript)[0]

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the table, and tell how many cells looked like formulas."""
        options = self.options
        transcript, warnings = reworded(material.transcript, options, offset_s=options.offset_s)
        text, guarded = self._file(transcript)
        out.write(encode(text, newline=options.newline, bom=options.bom))
        return Notes(self.left_out(transcript), (*warnings, *_told(guarded)))

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """What rows of this level don't tell."""
        lost = {Loss.EMBEDDINGS, Loss.PROVENANCE, Loss.VIDEO_FACTS, Loss.MILLISECONDS, *_LOST[self.options.level]}
        return without_losses(super().left_out(transcript), *(loss for loss in self.losses if loss not in lost))

    def _file(self, transcript: Transcript) -> tuple[str, int]:
        """The table, and how many cells had to be made safe."""
        options = self.options
        unit = "_s" if options.times == "seconds" else ""
        guard = _Guard()
        head = [columns(transcript, options.level, unit)] if options.header else []
        table = chain(head, rows(transcript, options.level, self._time(), self._number(4)))
        text = self.lines(table if options.formulas == "as_is" else map(guard.row, table))
        return text, guard.count

    def _time(self) -> NumberText:
        point = _MARKS[self.options.decimals]
        if self.options.times == "clock":
            return lambda seconds: clock(round(seconds * 1000), point=point)
        return self._number(3)

    def _number(self, places: int) -> NumberText:
        if self.options.decimals == "comma":
            return lambda value: f"{value:.{places}f}".replace(".", ",")
        return lambda value: f"{value:.{places}f}"


class _Guard:
    """Puts an apostrophe before what looks like a formula, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def row(self, row: Row) -> Row:
        if not any(cell.startswith(FORMULA_MARKS) for cell in row):
            return row
        self.count += sum(cell.startswith(FORMULA_MARKS) for cell in row)
        return tuple(f"'{cell}" if cell.startswith(FORMULA_MARKS) else cell for cell in row)


def _told(guarded: int) -> tuple[str, ...]:
    if not guarded:
        return ()
    cells = "1 cell has" if guarded == 1 else f"{guarded} cells have"
    return (f"{cells} an apostrophe before text that a spreadsheet would run as a formula.",)
