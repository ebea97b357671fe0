"""Forgetting: what belongs to a job, a client or a recording, or everything."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Collection

from . import columns
from .database import Database
from .schema import TABLES, begin_generation

_LISTED = "SELECT value FROM json_each(?)"

log = logging.getLogger(__name__)


def forget_where(database: Database, field: str, value: str) -> int:
    """Delete every fact that has a value, and every fact about its jobs and their transcripts.

    Args:
        database: The history's file.
        field: `job_id`, `client` or `recording`.
        value: What it is; "", which tells nobody apart, matches nothing.

    Returns:
        How many facts were deleted.
    """
    return _forget(database, lambda opened: _delete(opened, field, value)) if value else 0


def forget_all(database: Database) -> int:
    """Delete everything. Returns how many rows of facts, samples and roll-ups there were."""
    return _forget(database, _delete_all)


def scrub(database: Database) -> None:
    """Free the file of what deleted rows left in it, if that could not be done when they were deleted."""
    if database.read(lambda opened: _state(opened, "scrub")):
        _scrub(database)


def _forget(database: Database, delete: Callable[[sqlite3.Connection], int]) -> int:
    def work(opened: sqlite3.Connection) -> int:
        gone = delete(opened)
        if gone:
            begin_generation(opened)
            opened.execute("UPDATE state SET value = value + 1 WHERE name = 'scrub'")
        return gone

    gone = database.write(work)
    if gone:
        _scrub(database)
    return gone


def _scrub(database: Database) -> None:
    """Rewrite the file.

    SQLite overwrites deleted rows (`secure_delete`), but neither the copies that moving them between pages left behind,
    which happens to a few in ten thousand, nor those in the log of writes.
    """
    wanted = database.read(lambda opened: _state(opened, "scrub"))
    if not database.rebuild():
        log.warning("Somebody reads the history: what was deleted leaves its file when it is next thinned out.")
        return
    # Whoever deleted meanwhile has counted further and scrubs again.
    done = "UPDATE state SET value = 0 WHERE name = 'scrub' AND value = ?"
    database.write(lambda opened: opened.execute(done, [wanted]))


def _state(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute("SELECT value FROM state WHERE name = ?", [name]).fetchone()[0])


def _delete(database: sqlite3.Connection, field: str, value: str) -> int:
    jobs = {value} if field == "job_id" else _distinct(database, "job_id", field, [value])
    transcripts = _distinct(database, "transcript_id", "job_id", jobs)
    doomed = {"job_id": jobs, "transcript_id": transcripts, field: {value}}
    gone = 0
    for table in TABLES.values():
        for name in doomed.keys() & set(table.columns):
            condition, values = f"{name} IN ({_LISTED})", [json.dumps(sorted(doomed[name]))]
            columns.let_go(database, table, condition, values)
            gone += database.execute(f"DELETE FROM {table.name} WHERE {condition}", values).rowcount
    return gone


def _distinct(database: sqlite3.Connection, wanted: str, field: str, values: Collection[str]) -> set[str]:
    """What is known of a field, "" left out, in all facts in which another has one of some values."""
    return {
        row[0]
        for table in TABLES.values()
        if {wanted, field} <= set(table.columns)
        for row in database.execute(
            f"SELECT DISTINCT {wanted} FROM {table.name} WHERE {field} IN ({_LISTED}) AND {wanted} <> ''",
            [json.dumps(sorted(values))],
        )
    }


def _delete_all(database: sqlite3.Connection) -> int:
    database.execute("DELETE FROM columns")
    return sum(
        database.execute(f"DELETE FROM {table}").rowcount
        for table in (*TABLES, "samples", "blocks", "durations", "series")
    )
