"""Answers as tables: one row for each entry, for spreadsheets and for programs that read CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..export.tables.format import FORMULA_MARKS
from .history.store import Curve
from .plain import plain

Row = Mapping[str, Any]
"""Cells by column: texts, numbers, truth values and None."""

_CURVE_COLUMNS = ("at", "mean", "low", "high", "count")


def rows_of(answer: object) -> list[Row]:
    """The rows of an answer.

    A list of records has a row for each, and so has a record that begins with a list of them, the others of its fields
    left out: what is in records within becomes columns with dots in their names, and each list within one cell of JSON.
    Any other record has a row for each of its figures, named like `peaks.running` or `by_hour.0`.
    """
    found = plain(answer)
    if isinstance(found, dict):
        first = next(iter(found.values()), None)
        if not isinstance(first, list):
            return [{"figure": name, "value": value} for name, value in _figures(found)]
        found = first
    return [dict(_cells(entry)) for entry in found]


def rows_of_curves(curves: Sequence[Curve]) -> list[Row]:
    """A row for each step of each curve: what tells the curve apart, when the step begins, and its figures."""
    return [
        {**curve.labels, **dict(zip(_CURVE_COLUMNS, figures, strict=True))}
        for curve in curves
        for figures in zip(*(plain(getattr(curve, name)) for name in _CURVE_COLUMNS), strict=True)
    ]


def to_csv(rows: Sequence[Row], columns: Sequence[str] = ()) -> str:
    """Rows as CSV below the names of their columns; text that a spreadsheet would run gets an apostrophe before it.

    What is not known is an empty cell.

    Args:
        rows: Not all of them need have the same columns.
        columns: What the table has at least, and first, also where it has no rows.
    """
    names = [*dict.fromkeys([*columns, *(name for row in rows for name in row)])]
    known = {name for row in rows for name, value in row.items() if value is not None}
    # A record that some rows do not have leaves an empty column of its own name besides those of its fields.
    names = [name for name in names if name in known or not any(other.startswith(name + ".") for other in names)]
    out = io.StringIO()
    writer = csv.writer(out)
    if names:
        writer.writerow(map(_cell, names))
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def _cells(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """A record as columns; lists are left whole."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _cells(each, f"{name}.{key}" if name else key)
    else:
        yield name or "value", value


def _figures(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every single figure of a record, however deep it lies."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        yield name, value
        return
    for key, each in value.items():
        yield from _figures(each, f"{name}.{key}" if name else str(key))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_MARKS) else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
