"""Facts: into the tables, and out of them as columns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from ...errors import UnknownName
from ..facts import Fact
from ..frame import Column, Frame
from ..span import Period
from .columns import SEGMENT, Wanted, read, segments
from .schema import TABLES, FactTable

_OF_JOB = "jobs."


def keep(database: sqlite3.Connection, facts: Iterable[Fact]) -> None:
    """Add facts to their tables, inside a transaction."""
    by_table: dict[str, list[Fact]] = {}
    for fact in facts:
        by_table.setdefault(fact.table, []).append(fact)
    for name, own in by_table.items():
        table = TABLES[name]
        database.executemany(table.insert, map(table.cells, own))


def frame(
    database: sqlite3.Connection,
    name: str,
    period: Period | None,
    columns: Sequence[str],
    where: Mapping[str, object],
) -> Frame:
    """Facts of a table as columns, in order of time; `jobs.NAME` is a field of the last fact about their job.

    Raises:
        UnknownName: There is no such table or field.
    """
    table = _table(name)
    jobs = _table("jobs")
    own = [column for column in columns if not column.startswith(_OF_JOB)]
    of_job = [column.removeprefix(_OF_JOB) for column in columns if column.startswith(_OF_JOB)]
    own_where = {column: value for column, value in where.items() if not column.startswith(_OF_JOB)}
    job_where = {column.removeprefix(_OF_JOB): where[column] for column in where if column.startswith(_OF_JOB)}
    _check(table, [*own, *own_where, *(["job_id"] if of_job or job_where else [])])
    _check(jobs, [*of_job, *job_where])
    if not of_job and not job_where:
        return Frame(dict(zip(own, _select(database, table, Wanted(own, period, own_where)), strict=True)))
    *cells, job_ids = _select(database, table, Wanted([*own, "job_id"], period, own_where))
    found = dict(zip(own, cells, strict=True))
    rows, of_jobs = _last_jobs(database, job_ids, of_job, job_where)
    if job_where:
        has_job = rows >= 0
        rows, found = rows[has_job], {column: values[has_job] for column, values in found.items()}
    found |= {_OF_JOB + column: values[rows] for column, values in zip(of_job, of_jobs, strict=True)}
    return Frame({column: found[column] for column in columns})


def _table(name: str) -> FactTable:
    if name not in TABLES:
        raise UnknownName("table", name, TABLES)
    return TABLES[name]


def _check(table: FactTable, names: Iterable[str]) -> None:
    for name in names:
        if name not in table.columns:
            raise UnknownName(f"field of {table.name}", name, table.columns)


def _select(database: sqlite3.Connection, table: FactTable, wanted: Wanted) -> list[Column]:
    """Columns of the rows that are wanted, in order of time."""
    timed = wanted._replace(names=["at", *wanted.names])
    parts, first = [], 0
    for segment in segments(database, table):
        kept = read(database, table, segment, timed) if segment.touches(wanted.period) else []
        if kept is not None:
            begin, end = segment.number * SEGMENT, (segment.number + 1) * SEGMENT
            if begin > first:
                parts.append(_fetch(database, table, timed, first, begin))
            parts += [kept] if kept else []
            first = end
    parts.append(_fetch(database, table, timed, first))
    at, *columns = parts[0] if len(parts) == 1 else [np.concatenate(cells) for cells in zip(*parts, strict=True)]
    if (at[1:] >= at[:-1]).all():
        return columns
    order = np.argsort(at, kind="stable")
    return [column[order] for column in columns]


def _fetch(
    database: sqlite3.Connection, table: FactTable, wanted: Wanted, first: int, end: int | None = None
) -> list[Column]:
    """Columns of those rows that are wanted whose numbers are `first` or more and less than `end`."""
    conditions, values = [f"{name} = ?" for name in wanted.where], list(wanted.where.values())
    # Where columns are kept of most rows, the number finds the rest; a plus keeps SQLite from going by time then.
    at = "+at" if first else "at"
    if wanted.period is not None:
        conditions += [f"{at} >= ?", f"{at} < ?"]
        values += [wanted.period.since, wanted.period.until]
    if first:
        conditions.append("number >= ?")
        values.append(first)
    if end is not None:
        conditions.append("number < ?")
        values.append(end)
    query = (
        f"SELECT {_chosen(table, wanted.names)} FROM {table.name} "
        f"WHERE {' AND '.join(conditions) or '1'} ORDER BY {'number' if first else 'at, number'}"
    )
    return _columns(table, wanted.names, database.execute(query, values))


def _last_jobs(
    database: sqlite3.Connection, job_ids: Column, columns: Sequence[str], where: Mapping[str, object]
) -> tuple[Column, list[Column]]:
    """For each id, which row of the columns that follow is its job's; -1, a row of unknowns, where there is none."""
    jobs = TABLES["jobs"]
    wanted = list(dict.fromkeys(job_ids.tolist()))
    conditions = "".join(f" AND jobs.{name} = ?" for name in where)
    query = (
        f"SELECT {_chosen(jobs, ['job_id', *columns])} FROM json_each(?) AS wanted CROSS JOIN jobs "
        f"ON jobs.number = (SELECT max(number) FROM jobs AS one WHERE one.job_id = wanted.value){conditions}"
    )
    found = database.execute(query, [json.dumps(wanted), *where.values()])
    ids, *cells = _columns(jobs, ["job_id", *columns], found)
    row_of = {job_id: row for row, job_id in enumerate(ids.tolist())}
    rows = np.fromiter((row_of.get(job_id, -1) for job_id in job_ids.tolist()), np.int64, len(job_ids))
    unknown = ("" if column in jobs.texts else np.nan for column in columns)
    return rows, [np.append(values, [last]) for values, last in zip(cells, unknown, strict=True)]


def _chosen(table: FactTable, columns: Sequence[str]) -> str:
    """Columns to select; texts are never NULL, not even those that were added to the table later."""
    named = (f"{table.name}.{name}" for name in columns)
    return ", ".join(
        f"ifnull({full}, '')" if name in table.texts else full for name, full in zip(columns, named, strict=True)
    )


def _columns(table: FactTable, names: Sequence[str], rows: sqlite3.Cursor) -> list[Column]:
    # One long array, filled as rows come: no list of rows is ever made, and no cell is touched in Python.
    cells = np.fromiter(chain.from_iterable(rows), object).reshape(-1, max(1, len(names)))
    return [cells[:, n].copy() if name in table.texts else cells[:, n].astype(float) for n, name in enumerate(names)]
