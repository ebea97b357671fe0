"""Tab-separated values (the IANA's text/tab-separated-values) for scripts, statistics and the clipboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..report import Check
from ..tables.checking import check_tsv
from ..tables.format import TableFormat, TableOptions
from ..tables.levels import Row


@dataclass(frozen=True, slots=True)
class TsvOptions(TableOptions):
    """What rows are about."""


class Tsv(TableFormat[TsvOptions]):
    """Nothing is quoted: cells hold neither tabs nor line ends."""

    id = "tsv"
    family = "data"
    name = "TSV table"
    extension = "tsv"
    media_type = "text/tab-separated-values; charset=utf-8"
    description = "The table of csv with tabs between cells and no quotes, for scripts and pasting."
    checks: ClassVar[Mapping[str, Check]] = {"columns": check_tsv}
    options_type = TsvOptions

    def lines(self, table: Iterable[Row]) -> str:
        """Records between line ends, cells between tabs."""
        return "".join("\t".join(row) + "\n" for row in table)
