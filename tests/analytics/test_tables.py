"""Answers as tables: a row for each entry, nothing lost, nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audapolis.analytics.facts import Sample
from audapolis.analytics.history.store import History
from audapolis.analytics.span import Period
from audapolis.analytics.tables import rows_of, rows_of_curves, to_csv
from hypothesis import given
from hypothesis import strategies as st


@dataclass(frozen=True)
class Spread:
    mean: float
    p95: float


@dataclass(frozen=True)
class Entry:
    group: Mapping[str, str]
    jobs: int
    wait_s: Spread | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    entries: tuple[Entry, ...]
    comment: str


@dataclass(frozen=True)
class Single:
    jobs: int
    wait_s: Spread | None
    by_hour: tuple[int, ...]
    sure: bool


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_list_has_a_row_for_each_and_records_within_become_columns() -> None:
    entries = (
        Entry({"model": "tiny"}, 2, Spread(1.5, 3.0), ("a", "b")),
        Entry({"model": "small"}, 1, None),
    )
    assert read(to_csv(rows_of(entries))) == [
        ["group.model", "jobs", "wait_s.mean", "wait_s.p95", "names"],
        ["tiny", "2", "1.5", "3.0", '["a","b"]'],
        ["small", "1", "", "", "[]"],
    ]


def test_a_record_that_begins_with_a_list_is_that_list() -> None:
    entry = Entry({}, 2, None)
    assert rows_of(Compared((entry,), "left out")) == rows_of((entry,))
    assert rows_of(Compared((), "left out")) == []
    assert "group" not in rows_of((entry,))[0]


def test_any_other_record_has_a_row_for_each_figure() -> None:
    assert read(to_csv(rows_of(Single(3, Spread(1.0, math.nan), (4, 5), sure=True)))) == [
        ["figure", "value"],
        ["jobs", "3"],
        ["wait_s.mean", "1.0"],
        ["wait_s.p95", ""],
        ["by_hour.0", "4"],
        ["by_hour.1", "5"],
        ["sure", "true"],
    ]


def test_a_record_that_is_never_there_keeps_its_column() -> None:
    assert read(to_csv(rows_of((Entry({}, 1, None),)))) == [["jobs", "wait_s", "names"], ["1", "", "[]"]]


def test_tables_without_rows_have_the_columns_that_are_known() -> None:
    assert to_csv([], ("at", "mean")) == "at,mean\r\n"
    assert to_csv([]) == ""


def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_numbers_do_not() -> None:
    rows = [{"name": '=HYPERLINK("x")', "=other": -1.5, "more": "@SUM(A1)\n"}]
    assert read(to_csv(rows)) == [["name", "'=other", "more"], ['\'=HYPERLINK("x")', "-1.5", "'@SUM(A1)\n"]]


def test_curves_have_a_row_for_each_step_with_their_labels(tmp_path: Path) -> None:
    history = History(tmp_path / "history.sqlite")
    samples = [
        Sample("disk.free_bytes", at, value, (("purpose", purpose),))
        for at in (0.0, 5.0, 10.0)
        for purpose, value in (("data", 1.0 + at), ("cache", 7.0))
    ]
    history.write((), samples)
    rows = rows_of_curves(history.curves("disk.free_bytes", Period(0, 100), step_s=10))
    history.close()
    assert [row["purpose"] for row in rows] == ["cache", "cache", "data", "data"]
    assert rows[2] == {"purpose": "data", "at": 0.0, "mean": 3.5, "low": 1.0, "high": 6.0, "count": 2}
    json.dumps(rows, allow_nan=False)


_CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "c.d"]), _CELLS, min_size=1), min_size=1))
def test_every_cell_can_be_read_back(rows: list[dict[str, Any]]) -> None:
    head, *body = read(to_csv(rows))
    assert len(body) == len(rows)
    for row, cells in zip(rows, body, strict=True):
        for name, cell in zip(head, cells, strict=True):
            value = row.get(name)
            if isinstance(value, str):
                assert cell in {value, f"'{value}"}
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            elif value is not None:
                assert json.loads(cell) == value
            else:
                assert cell == ""
