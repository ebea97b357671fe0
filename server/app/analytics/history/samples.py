"""Samples: first as rows in the order they come, then, when their hour is over, in packed blocks of three resolutions.

An hour's samples leave the rows and enter the blocks of all resolutions in one transaction, each once. So nothing has
to be remembered of how far rolling up has come, nothing is done twice or left out wherever a process dies, and what
comes late is added to what is there.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from ..facts import Sample
from ..span import Period
from .cells import HOUR, HOUR_MS, LEVELS, NOTHING, RAW, Cells, Level, coarsest, milliseconds, spans
from .schema import DamagedBlock, generation

MOST_STEPS = 500
"""A curve has no more steps than this unless it is asked for."""

_STEPS_S = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800)


class SeriesNumbers:
    """The numbers that curves have in one file, remembered. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation: int | None = None
        self._known: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}

    def keep(self, database: sqlite3.Connection, samples: Iterable[Sample]) -> None:
        """Add samples to a file, inside its transaction; those that are not finite tell nothing and are left out."""
        with self._lock:
            now = generation(database)
            if now != self._generation:
                self._generation, self._known = now, {}
            rows = [
                (self._number(database, sample), milliseconds(sample.at), float(sample.value))
                for sample in samples
                if math.isfinite(sample.value)
            ]
        database.executemany("INSERT INTO samples (series, at_ms, value) VALUES (?, ?, ?)", rows)

    def forget(self) -> None:
        """Remember nothing: what was just added may have been taken back."""
        with self._lock:
            self._generation = None

    def _number(self, database: sqlite3.Connection, sample: Sample) -> int:
        key = (sample.series, sample.labels)
        if key not in self._known:
            row = (sample.series, json.dumps(sample.labels))
            database.execute("INSERT OR IGNORE INTO series (name, labels) VALUES (?, ?)", row)
            found = database.execute("SELECT id FROM series WHERE name = ? AND labels = ?", row).fetchone()
            self._known[key] = int(found[0])
        return self._known[key]


def pack(database: sqlite3.Connection, before_ms: int, most: int) -> int:
    """Move samples from rows to blocks, the earliest written first.

    Args:
        database: In a transaction.
        before_ms: Only those from before this moment, the beginning of an hour.
        most: Not more than this, so that others can write in between.

    Returns:
        How many were moved.
    """
    rows = database.execute(
        "SELECT number, series, at_ms, value FROM samples WHERE at_ms < ? ORDER BY number LIMIT ?", [before_ms, most]
    ).fetchall()
    if not rows:
        return 0
    for series, own in groupby(sorted(rows, key=itemgetter(1)), key=itemgetter(1)):
        _, _, at_ms, values = zip(*own, strict=True)
        _add(database, series, Cells.of(at_ms, values))
    # The very rows above: all that are old enough, up to the last of them.
    database.execute("DELETE FROM samples WHERE number <= ? AND at_ms < ?", [rows[-1][0], before_ms])
    return len(rows)


def drop(database: sqlite3.Connection, level: Level, before_ms: int) -> int:
    """Delete the blocks of a level that end before a moment; returns how many there were."""
    old = "DELETE FROM blocks WHERE level = ? AND start_ms <= ?"
    return database.execute(old, [level.number, before_ms - level.block_ms]).rowcount


class Line(NamedTuple):
    """A curve in the making: its labels, and a cell for each step."""

    labels: Mapping[str, str]
    cells: Cells


def lines(
    database: sqlite3.Connection, series: str, period: Period, step_s: float | None, labels: Mapping[str, str]
) -> list[Line]:
    """The cells of each curve of a series, those that have any in the period."""
    known = database.execute("SELECT id, labels FROM series WHERE name = ? ORDER BY labels", [series]).fetchall()
    wanted = {number: own for number, text in known if labels.items() <= (own := dict(json.loads(text))).items()}
    since_ms, until_ms, step_ms = milliseconds(period.since), milliseconds(period.until), step(period, step_s)
    fresh = _rows(database, list(wanted), since_ms, until_ms)
    found = []
    for number, own in wanted.items():
        parts = [_read(database, number, level, *span) for level, *span in spans(since_ms, until_ms, coarsest(step_ms))]
        cells = Cells.joined([*parts, fresh.get(number, NOTHING)]).rolled(step_ms)
        if len(cells):
            found.append(Line(own, cells))
    return found


def step(period: Period, step_s: float | None) -> int:
    """Length of the steps of a curve in milliseconds.

    Whole minutes from one minute on, and whole hours from one hour on, rounded up, so that every step is made of as
    many cells as the next.
    """
    if step_s is None:
        least_s = period.duration_s / MOST_STEPS
        step_s = next((nice for nice in _STEPS_S if nice >= least_s), least_s)
    step_ms = max(1, math.ceil(step_s * 1000 - 0.01))
    width_ms = coarsest(step_ms).width_ms
    return -(-step_ms // width_ms) * width_ms


def _add(database: sqlite3.Connection, series: int, cells: Cells) -> None:
    """Add samples to the blocks of all levels.

    Where an hour was packed before and a level has let go of it since, what comes late goes to coarser levels only:
    begun anew in the finer one, it would hide all the rest of the hour.
    """
    first, last = int(cells.at[0]), int(cells.at[-1]) + 1
    hours = cells.at // HOUR_MS
    packed = _load(database, series, HOUR, first, last).at // HOUR_MS
    for level in LEVELS:
        blocks = _load(database, series, level, first, last)
        fits = np.isin(hours, blocks.at // HOUR_MS) | ~np.isin(hours, packed)
        _store(database, series, level, blocks, cells.where(fits))


def _store(database: sqlite3.Connection, series: int, level: Level, blocks: Cells, cells: Cells) -> None:
    starts = cells.at // level.block_ms * level.block_ms
    for start in np.unique(starts).tolist():
        both = Cells.joined([blocks.between(start, start + level.block_ms), cells.where(starts == start)])
        block = both if level is RAW else both.rolled(level.width_ms)
        database.execute(
            "INSERT INTO blocks (level, series, start_ms, cells) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (level, series, start_ms) DO UPDATE SET cells = excluded.cells",
            [level.number, series, start, block.pack(level)],
        )


def _load(database: sqlite3.Connection, series: int, level: Level, since_ms: int, until_ms: int) -> Cells:
    """All cells of the blocks that a period touches."""
    rows = database.execute(
        "SELECT start_ms, cells FROM blocks WHERE level = ? AND series = ? AND start_ms >= ? AND start_ms < ?",
        [level.number, series, level.begin(since_ms), until_ms],
    )
    try:
        return Cells.joined([Cells.unpack(level, start, block) for start, block in rows])
    except ValueError as error:
        raise DamagedBlock(str(error)) from error


def _read(database: sqlite3.Connection, series: int, level: Level, since_ms: int, until_ms: int) -> Cells:
    """The cells of a period at a level, and at coarser ones for hours this level has let go of."""
    blocks = _load(database, series, level, since_ms, until_ms)
    own = blocks.between(since_ms, until_ms)
    if level is HOUR:
        return own
    hours = np.unique(blocks.at // HOUR_MS)
    if len(hours) and hours[0] <= since_ms // HOUR_MS and len(hours) > (until_ms - 1) // HOUR_MS - since_ms // HOUR_MS:
        return own
    coarser = _read(database, series, LEVELS[level.number + 1], since_ms, until_ms)
    return Cells.joined([own, coarser.where(~np.isin(coarser.at // HOUR_MS, hours))])


def _rows(database: sqlite3.Connection, wanted: Sequence[int], since_ms: int, until_ms: int) -> dict[int, Cells]:
    """Samples that are not packed yet, by series."""
    marks = ", ".join("?" * len(wanted))
    rows = database.execute(
        f"SELECT series, at_ms, value FROM samples WHERE at_ms >= ? AND at_ms < ? AND series IN ({marks})",
        [since_ms, until_ms, *wanted],
    ).fetchall()
    found = {}
    for series, own in groupby(sorted(rows, key=itemgetter(0)), key=itemgetter(0)):
        _, at_ms, values = zip(*own, strict=True)
        found[series] = Cells.of(at_ms, values)
    return found
