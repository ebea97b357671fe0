"""The history's tables: one for each kind of fact, and those of samples and durations."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, get_type_hints

from ...errors import Conflict
from ..facts import FACTS, Fact

VERSION = 1
"""Counts changes that older programs would not understand. A new field of a fact is none: it is a column more."""

_INDEXED = ("at", "job_id")
"""Fields that facts are looked up by."""


class DamagedBlock(sqlite3.DatabaseError):
    """Something packed can't be unpacked: the file is damaged."""


@dataclass(frozen=True, slots=True)
class FactTable:
    """What there is to know about the table of one kind of fact.

    Attributes:
        name: As in `FACTS`.
        columns: Fields of the fact, in order.
        texts: Those that hold text; the others hold numbers.
        insert: The statement that adds a fact.
        cells: Gets a fact's fields in the order of `columns`.
    """

    name: str
    columns: tuple[str, ...]
    texts: frozenset[str]
    insert: str
    cells: attrgetter[Any]

    @classmethod
    def of(cls, kind: type[Fact]) -> FactTable:
        """The table of a kind of fact."""
        names = tuple(field.name for field in fields(kind))
        hints = {name: str(hint) for name, hint in get_type_hints(kind).items()}
        texts = frozenset(name for name in names if "str" in hints[name] or "Literal" in hints[name])
        marks = ", ".join("?" * len(names))
        insert = f"INSERT INTO {kind.table} ({', '.join(names)}) VALUES ({marks})"
        return cls(kind.table, names, texts, insert, attrgetter(*names))


TABLES: dict[str, FactTable] = {name: FactTable.of(kind) for name, kind in FACTS.items()}
"""The table of every kind of fact, by name."""

_OTHERS = (
    # Where a file came from, to notice that it is another one, and whether deleted rows may still be in it.
    "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS series "
    "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, labels TEXT NOT NULL, UNIQUE (name, labels))",
    # Samples of the hour that runs, in the order they come: a write touches one page, however many series there are.
    "CREATE TABLE IF NOT EXISTS samples "
    "(number INTEGER PRIMARY KEY, series INTEGER NOT NULL, at_ms INTEGER NOT NULL, value REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS blocks (number INTEGER PRIMARY KEY, level INTEGER NOT NULL, series INTEGER NOT NULL, "
    "start_ms INTEGER NOT NULL, cells BLOB NOT NULL, UNIQUE (level, series, start_ms))",
    "CREATE TABLE IF NOT EXISTS columns (number INTEGER PRIMARY KEY, facts TEXT NOT NULL, segment INTEGER NOT NULL, "
    "name TEXT NOT NULL, count INTEGER NOT NULL, first_at REAL NOT NULL, last_at REAL NOT NULL, cells BLOB NOT NULL, "
    "UNIQUE (facts, name, segment))",
    "CREATE TABLE IF NOT EXISTS durations (number INTEGER PRIMARY KEY, metric TEXT NOT NULL, hour INTEGER NOT NULL, "
    "model TEXT NOT NULL, sketch BLOB NOT NULL, UNIQUE (metric, hour, model))",
)


def upgrade(database: sqlite3.Connection) -> None:
    """Make what is missing: all tables in a new file, columns for fields that facts have gained.

    Values of new columns are unknown (NULL) for facts that are there already.

    Raises:
        Conflict: The file is a newer Audapolis's.
    """
    if _check_version(database) == VERSION and not _missing(database):
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        if _check_version(database) == 0:
            for statement in _OTHERS:
                database.execute(statement)
            first = random.getrandbits(62)
            database.execute("INSERT INTO state (name, value) VALUES ('generation', ?), ('scrub', 0)", [first])
            database.execute(f"PRAGMA user_version = {VERSION}")
        for name, column in _missing(database):
            _add(database, TABLES[name], column)
        for table in TABLES.values():
            for column in (column for column in _INDEXED if column in table.columns):
                database.execute(f"CREATE INDEX IF NOT EXISTS {table.name}_{column} ON {table.name} ({column})")
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def generation(database: sqlite3.Connection) -> int:
    """A number that changes when rows are deleted, and is another one in another file."""
    return int(database.execute("SELECT value FROM state WHERE name = 'generation'").fetchone()[0])


def begin_generation(database: sqlite3.Connection) -> None:
    """Tell whoever remembers rows, or their numbers, that some are gone."""
    database.execute("UPDATE state SET value = value + 1 WHERE name = 'generation'")


def _check_version(database: sqlite3.Connection) -> int:
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise Conflict(
            f"The history was written by a newer Audapolis (version {version} of its tables; {VERSION} is known here).",
            hint="Start the newer one, or give `analytics.dir` another folder.",
        )
    return version


def _missing(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Columns that facts have and tables have not; all of them where there is no table."""
    found = []
    for table in TABLES.values():
        there = {row[1] for row in database.execute(f"PRAGMA table_info({table.name})")}
        found += [(table.name, column) for column in table.columns if column not in there]
    return found


def _add(database: sqlite3.Connection, table: FactTable, column: str) -> None:
    database.execute(f"CREATE TABLE IF NOT EXISTS {table.name} (number INTEGER PRIMARY KEY, at REAL NOT NULL)")
    if column != "at":
        kind = "TEXT" if column in table.texts else "REAL"
        database.execute(f"ALTER TABLE {table.name} ADD COLUMN {column} {kind}")
        database.execute("DELETE FROM columns WHERE facts = ?", [table.name])
