"""How long things take: exact while there are facts, in hourly sketches for longer."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import InvalidOption, UnknownName
from ..span import HOUR_S, Period
from . import columns
from .schema import DamagedBlock, FactTable
from .sketch import ACCURACY, Sketch, check_quantiles

METRICS: Mapping[str, str] = {"queue": "queue_s", "run": "run_s", "end_to_end": "at - queued_at"}
"""What is measured of jobs that were done, as SQL. `stage.NAME` is the wall time of a stage that was computed."""

_STAGE = "stage."


class _Measured(NamedTuple):
    """Of which facts of a table durations are taken, and what they are called: SQL of a name, and of the seconds."""

    condition: str
    metrics: Mapping[str, str]


_MEASURED: Mapping[str, _Measured] = {
    "jobs": _Measured("outcome = 'done'", {f"'{metric}'": value for metric, value in METRICS.items()}),
    "stages": _Measured("outcome = 'done' AND origin = 'computed'", {f"'{_STAGE}' || stage": "at - began_at"}),
}


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantiles of a duration.

    Attributes:
        metric: A name of `METRICS`, or `stage.NAME`.
        q: Which quantiles, each in 0..1.
        values_s: Their values in seconds, in the order of `q`; None where nothing was measured.
        count: How many durations they are of.
        error: At most this share of a value it may be off: 0 where all facts are still there.
    """

    metric: str
    q: tuple[float, ...]
    values_s: tuple[float | None, ...]
    count: int
    error: float


def quantiles(
    database: sqlite3.Connection, metric: str, period: Period, q: Sequence[float], labels: Mapping[str, str]
) -> Quantiles:
    """Quantiles of a duration over a period.

    Raises:
        UnknownName: No such metric.
        InvalidOption: A quantile is not in 0..1, or there is a label other than `model`.
    """
    check_quantiles(q)
    if metric not in METRICS and not metric.startswith(_STAGE):
        raise UnknownName("metric", metric, (*METRICS, f"{_STAGE}NAME"))
    if set(labels) - {"model"}:
        raise InvalidOption("Durations are told apart by `model` only.", hint="Ask `frame` for anything finer.")
    exact = _exact(database, metric, period, labels)
    sketch = _sketched(database, metric, period, labels)
    if not len(sketch):
        values = np.quantile(exact, q).tolist() if len(exact) else [None] * len(q)
        return Quantiles(metric, tuple(q), tuple(values), len(exact), 0.0)
    both = Sketch.merged([sketch, Sketch.of(exact)])
    return Quantiles(metric, tuple(q), both.quantiles(q), len(both), ACCURACY)


def let_go(database: sqlite3.Connection, table: FactTable, before: float, most: int) -> int:
    """Delete facts that became known before a moment; of jobs and stages, sketches of their durations stay.

    Args:
        database: In a transaction.
        table: Of which facts.
        before: Unix time.
        most: Not more than this, the oldest first.

    Returns:
        How many were deleted.
    """
    chosen = f"number IN (SELECT number FROM {table.name} WHERE at < ? ORDER BY at, number LIMIT ?)"
    condition, metrics = _MEASURED.get(table.name, _Measured("", {}))
    for name, value in metrics.items():
        rows = database.execute(
            f"SELECT {name}, ifnull(model, ''), CAST(at / {HOUR_S} AS INTEGER), {value} FROM {table.name} "
            f"WHERE {condition} AND {chosen}",
            [before, most],
        )
        _sketch(database, rows.fetchall())
    columns.let_go(database, table, chosen, [before, most])
    return database.execute(f"DELETE FROM {table.name} WHERE {chosen}", [before, most]).rowcount


def drop(database: sqlite3.Connection, before: float) -> int:
    """Delete the sketches of hours that ended before a moment; returns how many there were."""
    return database.execute("DELETE FROM durations WHERE hour < ?", [hour_of(before)]).rowcount


def hour_of(moment: float) -> int:
    """The hour a moment is in, as the history counts them."""
    return int(moment // HOUR_S)


def _exact(
    database: sqlite3.Connection, metric: str, period: Period, labels: Mapping[str, str]
) -> npt.NDArray[np.float64]:
    """The durations that there are facts of; a clock that was set back makes none less than nothing."""
    where = dict(labels)
    if metric in METRICS:
        table, value = "jobs", METRICS[metric]
    else:
        table, value = "stages", "at - began_at"
        where["stage"] = metric.removeprefix(_STAGE)
    conditions = "".join(f" AND {name} = ?" for name in where)
    rows = database.execute(
        f"SELECT max(0.0, {value}) FROM {table} WHERE {_MEASURED[table].condition} AND at >= ? AND at < ?{conditions}",
        [period.since, period.until, *where.values()],
    )
    return np.fromiter((seconds for (seconds,) in rows if seconds is not None), np.float64)


def _sketched(database: sqlite3.Connection, metric: str, period: Period, labels: Mapping[str, str]) -> Sketch:
    """The durations of the hours that begin in the period, as far as their facts are gone."""
    conditions = "".join(f" AND {name} = ?" for name in labels)
    rows = database.execute(
        f"SELECT sketch FROM durations WHERE metric = ? AND hour >= ? AND hour < ?{conditions}",
        [metric, period.since / HOUR_S, period.until / HOUR_S, *labels.values()],
    )
    return _unpacked(b"".join(row[0] for row in rows))


def _sketch(database: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add durations, given as metric, model, hour and seconds, to the sketches of their hours."""
    durations: dict[tuple[str, int, str], list[float]] = {}
    for metric, model, hour, seconds in rows:
        if seconds is not None:
            durations.setdefault((metric, hour, model), []).append(seconds)
    for key, seconds in durations.items():
        found = database.execute("SELECT sketch FROM durations WHERE metric = ? AND hour = ? AND model = ?", key)
        sketches = [_unpacked(row[0]) for row in found]
        database.execute(
            "INSERT INTO durations (metric, hour, model, sketch) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (metric, hour, model) DO UPDATE SET sketch = excluded.sketch",
            [*key, Sketch.merged([*sketches, Sketch.of(seconds)]).to_bytes()],
        )


def _unpacked(data: bytes) -> Sketch:
    try:
        return Sketch.from_bytes(data)
    except ValueError as error:
        raise DamagedBlock(f"A sketch is damaged: {error}") from error
