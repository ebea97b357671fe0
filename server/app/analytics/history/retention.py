"""How long what is kept, and letting go of the rest a little at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...errors import InvalidOption
from ..span import DAY_S, HOUR_S
from . import columns, durations, samples
from .cells import HOUR_MS, LEVELS, milliseconds
from .database import Database
from .schema import TABLES

_SLICE = 25_000
"""Rows in one transaction: others wait a fraction of a second at most."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days.

    What is too old goes by whole blocks: raw samples by the hour, minutes by the day, hours by the week.

    Attributes:
        raw_days: Samples as they were.
        minute_days: Samples by the minute.
        hour_days: Samples by the hour, and the hourly sketches of durations.
        fact_days: Facts.

    Raises:
        InvalidOption: A coarser one is kept for less time than a finer one, or one for no time.
    """

    raw_days: float = 7.0
    minute_days: float = 60.0
    hour_days: float = 730.0
    fact_days: float = 365.0

    def __post_init__(self) -> None:
        if not 0 < self.raw_days <= self.minute_days <= self.hour_days or self.fact_days <= 0:
            raise InvalidOption("Finer samples can't be kept for longer than coarser ones, nor anything for no time.")


@dataclass(frozen=True, slots=True)
class Thinned:
    """What one round of thinning out did.

    Attributes:
        packed: Samples that were rolled up.
        blocks: Blocks of samples that were deleted.
        facts: Facts that were deleted.
        sketches: Sketches of durations that were deleted.
    """

    packed: int
    blocks: int
    facts: int
    sketches: int


def thin_out(database: Database, retention: Retention, now: float) -> Thinned:
    """Roll up the samples of hours that are over, delete what is too old, keep complete facts by column.

    Each step is a transaction that leaves nothing half done, so any number of processes may do this at once, and any
    of them may die. What there is nothing to do for is only looked at, without the lock for writing.
    """
    hour_ms = milliseconds(now) // HOUR_MS * HOUR_MS
    packed = blocks = facts = sketches = 0
    if _any(database, "samples WHERE at_ms < ?", hour_ms):
        packed = _all(database, lambda opened: samples.pack(opened, hour_ms, _SLICE))
    for level, days in zip(LEVELS, (retention.raw_days, retention.minute_days, retention.hour_days), strict=True):
        before_ms = milliseconds(now - days * DAY_S)
        if _any(database, f"blocks WHERE level = {level.number} AND start_ms <= ?", before_ms - level.block_ms):
            blocks += database.write(partial(samples.drop, level=level, before_ms=before_ms))
    before = durations.hour_of(now - retention.fact_days * DAY_S) * HOUR_S
    for name, table in TABLES.items():
        if _any(database, f"{name} WHERE at < ?", before):
            facts += _all(database, partial(durations.let_go, table=table, before=before, most=_SLICE))
    for table in TABLES.values():
        if database.read(partial(columns.due, table=table)) is not None:
            _all(database, partial(columns.keep, table=table))
    before = now - retention.hour_days * DAY_S
    if _any(database, "durations WHERE hour < ?", durations.hour_of(before)):
        sketches = database.write(partial(durations.drop, before=before))
    return Thinned(packed, blocks, facts, sketches)


def _any(database: Database, rows: str, before: float) -> bool:
    found = database.read(lambda opened: opened.execute(f"SELECT 1 FROM {rows} LIMIT 1", [before]).fetchone())
    return found is not None


def _all(database: Database, work: Callable[[sqlite3.Connection], int]) -> int:
    """Do a slice of work in each transaction until there is none left; returns how much there was."""
    done = 0
    while some := database.write(work):
        done += some
    return done
