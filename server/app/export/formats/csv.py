"""Comma-separated values (RFC 4180) for spreadsheets, statistics and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..base import NewlineOption
from ..report import Check
from ..tables.checking import check_csv
from ..tables.format import TableFormat, TableOptions
from ..tables.levels import Row

_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


@dataclass(frozen=True, slots=True)
class CsvOptions(TableOptions):
    """What rows are about and what stands between cells."""

    newline: NewlineOption = "crlf"
    separator: Annotated[
        Literal["comma", "semicolon", "tab", "pipe"],
        Field(description="What stands between cells; Excel expects a semicolon where decimals have a comma."),
    ] = "comma"


class Csv(TableFormat[CsvOptions]):
    """Cells in quotes where they hold quotes or separators; lines end as the standard says."""

    id = "csv"
    family = "data"
    name = "CSV table"
    extension = "csv"
    media_type = "text/csv; charset=utf-8"
    description = "A row for each word, segment or speaker; segments with all their translations."
    checks: ClassVar[Mapping[str, Check]] = {"columns": check_csv}
    options_type = CsvOptions

    def lines(self, table: Iterable[Row]) -> str:
        """Records by RFC 4180; the line ends come with the encoding."""
        out = io.StringIO()
        separator = _SEPARATORS[self.options.separator]
        csv.writer(out, delimiter=separator, lineterminator="\n").writerows(table)
        return out.getvalue()
