"""The history in an embedded database: facts as rows, samples thinned out from raw to minutes to hours.

Several processes may use one at once (a server, a command line): SQLite in WAL mode. Whoever asks sees everything that
was written before, and keeps nobody from writing meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..facts import Fact, Sample
from ..frame import Column, Frame
from ..span import Period
from . import durations, forgetting, retention, rows, samples
from .database import Database
from .durations import Quantiles
from .retention import Retention, Thinned


@dataclass(frozen=True, slots=True)
class Curve:
    """A series over time: one value for each step, as `mean`, `low` and `high`; steps without samples are left out.

    Attributes:
        labels: What tells it from others of the series.
        at: Where each step begins, Unix time.
        mean: Of the samples in the step; each counts the same, however much time was between them.
        low, high: The least and the greatest of them.
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

    A damaged file is put aside and a new one begun, wherever the damage is noticed. Everything here raises `Conflict`
    where the file is a newer Audapolis's, and another `AudapolisError` where it can't be used.

    Args:
        path: The database file. Next to it there may be its log of writes and, once it was damaged, the damaged one.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._series = samples.SeriesNumbers()

    def close(self) -> None:
        """Close the database. It opens again when it is used again."""
        self._database.close()

    def size_bytes(self) -> int:
        """Room the history takes on disk."""
        return self._database.size_bytes()

    def write(self, facts: Iterable[Fact] = (), samples: Iterable[Sample] = ()) -> None:
        """Keep facts and samples, all or none.

        Times of samples are kept to the millisecond; a sample that is not a finite number is left out.

        Raises:
            StorageFull, AudapolisError: The database can't be written.
        """
        facts, samples = list(facts), list(samples)
        if not facts and not samples:
            return

        def work(database: sqlite3.Connection) -> None:
            rows.keep(database, facts)
            self._series.keep(database, samples)

        try:
            self._database.write(work)
        except BaseException:
            self._series.forget()
            raise

    def frame(
        self, table: str, period: Period | None, columns: Sequence[str], where: Mapping[str, object] | None = None
    ) -> Frame:
        """Facts of a table as columns, in order of time.

        Args:
            table: One of `FACTS`.
            period: Those with `at` in it; all when None.
            columns: Fields of the fact. Where it has a `job_id`, `jobs.NAME` is a field of the last fact about that
                job: "" or NaN where there is none.
            where: Values that fields must have.

        Raises:
            UnknownName: There is no such table or field.
            AudapolisError: The database can't be read.
        """
        return self._database.read(lambda database: rows.frame(database, table, period, columns, where or {}))

    def curves(
        self, series: str, period: Period, *, step_s: float | None = None, labels: Mapping[str, str] | None = None
    ) -> list[Curve]:
        """A series over time, a curve for each combination of labels.

        Samples are read by the minute for steps of a minute or more, by the hour for steps of an hour or more, and
        as they were for shorter ones; where a period begins or ends within a minute or hour, that one is read more
        finely. What is no longer kept so finely is read as it is still kept: a minute or hour then counts as of its
        beginning. So the curves of periods that follow one another have each sample in exactly one of them.

        Args:
            series: A name of `SERIES`.
            period: When.
            step_s: Length of a step, to the millisecond; from a minute on rounded up to whole minutes, from an hour on
                to whole hours. Steps begin at multiples of it since 1970. When not given, the shortest of 10 s, 30 s,
                1 min, 2 min, 5 min, 10 min, 15 min, 30 min, 1 h, 2 h, 3 h, 6 h, 12 h, a day, a week that makes at
                most 500.
            labels: Only curves with these.
        """
        found = self._database.read(lambda database: samples.lines(database, series, period, step_s, labels or {}))
        return [
            Curve(series, own, cells.at / 1000, cells.total / cells.count, cells.low, cells.high, cells.count)
            for own, cells in found
        ]

    def quantiles(
        self, metric: str, period: Period, q: Sequence[float], labels: Mapping[str, str] | None = None
    ) -> Quantiles:
        """Quantiles of how long jobs and stages took, those that were done.

        Exact, with linear interpolation, where facts of the whole period are still there. Hours whose facts are gone
        are answered from sketches, at most 1 % off; an hour then belongs to the period its beginning is in.

        Args:
            metric: `queue`, `run` or `end_to_end` of jobs; `stage.NAME` for the wall time of a stage.
            period: When they ended.
            q: Which quantiles, each in 0..1.
            labels: Only those of this `model`.

        Raises:
            UnknownName: No such metric.
            InvalidOption: A quantile is not in 0..1, or there is a label other than `model`.
        """
        return self._database.read(lambda database: durations.quantiles(database, metric, period, q, labels or {}))

    def thin_out(self, now: float, keep: Retention | None = None) -> Thinned:
        """Roll up the samples of hours that are over and delete what is too old: every few minutes, by anybody.

        Args:
            now: Unix time.
            keep: How long what is kept; as `Retention` says when not given.

        Raises:
            StorageFull, AudapolisError: The database can't be written. What was not done is done next time.
        """
        thinned = retention.thin_out(self._database, keep or Retention(), now)
        forgetting.scrub(self._database)
        return thinned

    def forget_job(self, job_id: str) -> int:
        """Delete every fact about a job and its transcript, for good: nothing of them is left in the file.

        The file is rewritten for it, which takes about a second for each 100 MB.

        Returns:
            How many facts there were.
        """
        return forgetting.forget_where(self._database, "job_id", job_id)

    def forget_client(self, client: str) -> int:
        """As `forget_job`, for all jobs of a client and everything else that is known of it."""
        return forgetting.forget_where(self._database, "client", client)

    def forget_recording(self, recording: str) -> int:
        """As `forget_job`, for all jobs on a recording and everything else that is known of it."""
        return forgetting.forget_where(self._database, "recording", recording)

    def forget_all(self) -> int:
        """Delete everything for good, samples too. Returns how many rows there were."""
        return forgetting.forget_all(self._database)


__all__ = ["Curve", "History", "Quantiles", "Retention", "Thinned"]
