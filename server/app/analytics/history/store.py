"""The history in an embedded database: facts as rows, samples thinned out from raw to minutes to hours.

Several processes may write at once (a server, a command line): SQLite in WAL mode. Losing the last second in a power
cut is all right here, so commits are not synced.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from ...errors import AudapolisError, StorageFull
from ..facts import FACTS, Fact, Sample
from ..frame import Column, Frame
from ..span import Period

BUSY_S = 10.0
"""How long a writer waits for another one."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A series over time: one value for each step, as `mean`, `low` and `high`; steps without samples are left out.

    Attributes:
        labels: What tells it from others of the series.
        at: Where each step begins, Unix time.
        count: Samples in each step.
    """

    series: str
    labels: Mapping[str, str]
    at: Column
    mean: Column
    low: Column
    high: Column
    count: Column


class History:
    """What happened here. Thread-safe; opened at the first use, and made where there is none.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._series: dict[tuple[str, str], int] = {}

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._series = {}

    def write(self, facts: Iterable[Fact] = (), samples: Iterable[Sample] = ()) -> None:
        """Keep facts and samples, all or none.

        Raises:
            StorageFull, AudapolisError: The database can't be written.
        """
        with self._lock, self._mapped() as database, database:
            for fact in facts:
                names = [field.name for field in fields(fact)]
                marks = ", ".join("?" * len(names))
                database.execute(
                    f"INSERT INTO {fact.table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - our own names
                    [getattr(fact, name) for name in names],
                )
            database.executemany(
                "INSERT OR REPLACE INTO samples (series, at, value) VALUES (?, ?, ?)",
                [(self._series_id(database, sample), sample.at, sample.value) for sample in samples],
            )

    def frame(
        self, table: str, period: Period | None, columns: Sequence[str], where: Mapping[str, object] | None = None
    ) -> Frame:
        """Facts of a table as columns, in order of time.

        Args:
            table: One of `FACTS`.
            period: Those with `at` in it; all when None.
            columns: Fields of the fact. For `stages`, `jobs.NAME` is a field of the stage's job.
            where: Values that fields must have.

        Raises:
            AudapolisError: The database can't be read.
        """
        joined = any(name.startswith("jobs.") for name in (*columns, *(where or {})))
        source = f"{table} LEFT JOIN last_jobs AS jobs USING (job_id)" if joined else table
        conditions, values = ["1"], []
        if period is not None:
            conditions.append(f"{table}.at >= ? AND {table}.at < ?")
            values += [period.since, period.until]
        for name, value in (where or {}).items():
            conditions.append(f"{_qualified(table, name)} = ?")
            values.append(value)
        chosen = ", ".join(_qualified(table, name) for name in columns)
        query = f"SELECT {chosen} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {table}.at"  # noqa: S608
        with self._lock, self._mapped() as database:
            rows = database.execute(query, values).fetchall()
        by_column = zip(*rows, strict=True) if rows else ([] for _ in columns)
        return Frame({name: _column(table, name, list(cells)) for name, cells in zip(columns, by_column, strict=True)})

    def curves(
        self, series: str, period: Period, *, step_s: float | None = None, labels: Mapping[str, str] | None = None
    ) -> list[Curve]:
        """A series over time, a curve for each combination of labels.

        Args:
            series: A name of `SERIES`.
            period: When.
            step_s: Length of a step; chosen so that there are at most 500 when not given.
            labels: Only curves with these.
        """
        step_s = step_s or max(10.0, period.duration_s / 500)
        curves = []
        with self._lock, self._mapped() as database:
            known = database.execute("SELECT id, labels FROM series WHERE name = ?", [series]).fetchall()
            for series_id, text in known:
                own = dict(json.loads(text))
                if any(own.get(name) != value for name, value in (labels or {}).items()):
                    continue
                rows = database.execute(
                    "SELECT CAST(at / ? AS INTEGER) * ?, avg(value), min(value), max(value), count(*) FROM samples "
                    "WHERE series = ? AND at >= ? AND at < ? GROUP BY 1 ORDER BY 1",
                    [step_s, step_s, series_id, period.since, period.until],
                ).fetchall()
                if rows:
                    curves.append(Curve(series, own, *np.array(rows, float).T))
        return curves

    def _series_id(self, database: sqlite3.Connection, sample: Sample) -> int:
        key = (sample.series, json.dumps(sample.labels))
        if key not in self._series:
            database.execute("INSERT OR IGNORE INTO series (name, labels) VALUES (?, ?)", key)
            found = database.execute("SELECT id FROM series WHERE name = ? AND labels = ?", key).fetchone()
            self._series[key] = int(found[0])
        return self._series[key]

    @contextmanager
    def _mapped(self) -> Iterator[sqlite3.Connection]:
        """The open database; its errors become ours."""
        try:
            if self._connection is None:
                self._connection = _open(self._path)
            yield self._connection
        except (sqlite3.Error, OSError) as error:
            if "disk is full" in str(error) or "No space left" in str(error):
                raise StorageFull("The disk is full: the history took nothing.", hint="Free some space.") from error
            raise AudapolisError(
                f"The history can't be used: {error}.", hint=f"Check {self._path}; it may be deleted if it is damaged."
            ) from error


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    with connection:
        for table, kind in FACTS.items():
            columns = ", ".join(f"{field.name} {_sql_type(kind, field.name)}" for field in fields(kind))
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (number INTEGER PRIMARY KEY, {columns})")
            connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_at ON {table} (at)")
        connection.execute("CREATE INDEX IF NOT EXISTS jobs_job ON jobs (job_id)")
        connection.execute("CREATE INDEX IF NOT EXISTS stages_job ON stages (job_id)")
        connection.execute(
            "CREATE VIEW IF NOT EXISTS last_jobs AS SELECT * FROM jobs "
            "WHERE number IN (SELECT max(number) FROM jobs GROUP BY job_id)"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS series "
            "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, labels TEXT NOT NULL, UNIQUE (name, labels))"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS samples (series INTEGER NOT NULL, at REAL NOT NULL, value REAL NOT NULL, "
            "PRIMARY KEY (series, at)) WITHOUT ROWID"
        )
    return connection


def _sql_type(kind: type[Fact], name: str) -> str:
    return "TEXT" if _is_text(kind, name) else "REAL"


def _is_text(kind: type[Fact], name: str) -> bool:
    hint = str(get_type_hints(kind)[name])
    return "str" in hint or "Literal" in hint


def _qualified(table: str, name: str) -> str:
    return name if "." in name else f"{table}.{name}"


def _column(table: str, name: str, cells: list[Any]) -> Column:
    table, _, field = name.rpartition(".") if "." in name else (table, "", name)
    if _is_text(FACTS[table], field):
        texts = np.empty(len(cells), object)
        texts[:] = ["" if cell is None else cell for cell in cells]
        return texts
    return np.array([np.nan if cell is None else cell for cell in cells], float)
