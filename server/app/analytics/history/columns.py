"""Facts kept a second time, by column: a month of them is read in a tenth of the time that rows take.

The rows are the truth. Of every 4,096 that follow one another, once they are complete, the values of each field are
kept as an array too; they go whenever one of these rows goes, and are made anew from those that are left.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..frame import Column
from ..span import Period
from .schema import DamagedBlock, FactTable

SEGMENT = 4096
"""Rows whose columns are kept together: those with the same number divided by this."""

_CODE = np.dtype("<u2")


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of a table whose columns are kept.

    Attributes:
        number: Number of the first row, divided by `SEGMENT`.
        rows: How many there are.
        first_at, last_at: The earliest and the latest moment in them.
    """

    number: int
    rows: int
    first_at: float
    last_at: float

    def touches(self, period: Period | None) -> bool:
        """Whether some of the rows may be in a period."""
        return period is None or (self.last_at >= period.since and self.first_at < period.until)

    def within(self, period: Period | None) -> bool:
        """Whether all of the rows are in a period."""
        return period is None or (self.first_at >= period.since and self.last_at < period.until)


class Wanted(NamedTuple):
    """What is asked of a table.

    Attributes:
        names: Fields.
        period: Of rows with `at` in it; of all when None.
        where: Values that fields of these rows have.
    """

    names: Sequence[str]
    period: Period | None
    where: Mapping[str, object]


def segments(database: sqlite3.Connection, table: FactTable) -> list[Segment]:
    """The segments of a table that are kept by column, in order of their rows."""
    query = "SELECT segment, count, first_at, last_at FROM columns WHERE facts = ? AND name = 'at' ORDER BY segment"
    return [Segment(*row) for row in database.execute(query, [table.name])]


def read(database: sqlite3.Connection, table: FactTable, segment: Segment, wanted: Wanted) -> list[Column] | None:
    """Columns of those rows of a segment that are wanted; None when it was made before one of the fields was there."""
    needed = {*wanted.names, *wanted.where, "at"}
    found: dict[str, bytes] = dict(
        database.execute(
            f"SELECT name, cells FROM columns WHERE facts = ? AND segment = ? "
            f"AND name IN ({', '.join('?' * len(needed))})",
            [table.name, segment.number, *needed],
        )
    )
    if len(found) < len(needed):
        return None
    try:
        rows = _rows(table, segment, found, wanted)
        return [_cells(found[name], name in table.texts, segment.rows, rows) for name in wanted.names]
    except (ValueError, IndexError) as error:
        raise DamagedBlock(f"A column of facts is damaged: {error}") from error


def due(database: sqlite3.Connection, table: FactTable) -> int | None:
    """The number of the first segment that is complete and not kept by column yet."""
    first, last = database.execute(f"SELECT min(number), max(number) FROM {table.name}").fetchone()
    if first is None:
        return None
    there = {segment.number for segment in segments(database, table)}
    some = f"SELECT 1 FROM {table.name} WHERE number >= ? AND number < ? LIMIT 1"
    for number in range(first // SEGMENT, (last + 1) // SEGMENT):
        if number not in there and database.execute(some, [number * SEGMENT, (number + 1) * SEGMENT]).fetchone():
            return number
    return None


def keep(database: sqlite3.Connection, table: FactTable) -> int:
    """Keep the columns of the segment that is `due`, inside a transaction.

    Returns:
        How many rows it has; 0 when none is due.
    """
    number = due(database, table)
    return 0 if number is None else _make(database, table, number)


def let_go(database: sqlite3.Connection, table: FactTable, condition: str, values: Iterable[object]) -> None:
    """Delete the columns of segments in which rows fulfil a condition, before those rows are deleted."""
    database.execute(
        "DELETE FROM columns WHERE facts = ? AND segment IN "
        f"(SELECT DISTINCT number / {SEGMENT} FROM {table.name} WHERE {condition})",
        [table.name, *values],
    )


def _make(database: sqlite3.Connection, table: FactTable, number: int) -> int:
    rows = database.execute(
        f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE number >= ? AND number < ? ORDER BY number",
        [number * SEGMENT, (number + 1) * SEGMENT],
    ).fetchall()
    columns = dict(zip(table.columns, zip(*rows, strict=True), strict=True))
    first_at, last_at = min(columns["at"]), max(columns["at"])
    database.executemany(
        "INSERT OR REPLACE INTO columns (facts, segment, name, count, first_at, last_at, cells) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (table.name, number, name, len(rows), first_at, last_at, _packed(cells, name in table.texts))
            for name, cells in columns.items()
        ],
    )
    return len(rows)


def _packed(cells: Sequence[object], text: bool) -> bytes:
    """Numbers as they are, one where all are the same; texts as numbers, and a list of what these stand for."""
    if text:
        numbers: dict[str, int] = {}
        codes = [numbers.setdefault(str(cell or ""), len(numbers)) for cell in cells]
        return np.array(codes, _CODE).tobytes() + json.dumps(list(numbers)).encode()
    values = np.array(cells, "<f8")
    same = (values.view("<i8") == values.view("<i8")[0]).all()
    return (values[:1] if same else values).tobytes()


def _rows(
    table: FactTable, segment: Segment, found: Mapping[str, bytes], wanted: Wanted
) -> npt.NDArray[np.bool_] | None:
    """Which rows are wanted; None for all."""
    rows = None
    period = wanted.period
    if period is not None and not segment.within(period):
        at = _numbers(found["at"], segment.rows)
        rows = (at >= period.since) & (at < period.until)
    for name, value in wanted.where.items():
        if name in table.texts:
            codes, texts = _texts(found[name], segment.rows)
            has = codes == texts.index(value) if value in texts else np.zeros(segment.rows, bool)
        else:
            has = _numbers(found[name], segment.rows) == value
        rows = has if rows is None else rows & has
    return rows


def _cells(data: bytes, text: bool, count: int, rows: npt.NDArray[np.bool_] | None) -> Column:
    if text:
        codes, texts = _texts(data, count)
        return np.array(texts, object)[codes if rows is None else codes[rows]]
    values = _numbers(data, count)
    return values if rows is None else values[rows]


def _numbers(data: bytes, count: int) -> npt.NDArray[np.float64]:
    return np.broadcast_to(np.frombuffer(data, "<f8"), count)


def _texts(data: bytes, count: int) -> tuple[npt.NDArray[np.uint16], list[str]]:
    split = count * _CODE.itemsize
    return np.frombuffer(data[:split], _CODE), json.loads(data[split:])
