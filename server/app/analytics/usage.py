"""Who uses this installation, when, and for what.

Clients are digests: they tell who is who, and not who that is. Jobs are counted by when they were submitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from ..errors import InvalidOption
from .frame import Column, Frame
from .history.store import History
from .processing import duration_classes
from .span import DAY_S, HOUR_S, Period
from .trends import Trend, trends

_QUARTER_S = 900.0
_FIELDS = ("at", "queued_at", "run_s", "audio_s")
_TOLD = ("client", "origin", "file_type", "language", "model")
_VOLUMES = ("jobs", "audio_h")


@dataclass(frozen=True, slots=True)
class Tally:
    """Jobs that have something in common, or files written in a format.

    Attributes:
        name: What; empty where it is not known.
        count: How many.
        share: Their part of all, 0..1.
        audio_h: Sound in them, hours; None for formats.
    """

    name: str
    count: int
    share: float
    audio_h: float | None


@dataclass(frozen=True, slots=True)
class Peaks:
    """When most was to be done; None where there were no jobs.

    Attributes:
        busiest_at: Beginning of the hour in which most jobs came in, Unix time; hours begin as clocks show them.
        busiest_jobs: How many these were.
        running, running_at: Most jobs that were worked on at the same time, and since when.
        present, present_at: Most jobs that waited or were worked on at the same time, and since when.
    """

    busiest_at: float
    busiest_jobs: int
    running: int
    running_at: float
    present: int
    present_at: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Who uses this installation, when, and for what.

    Attributes:
        zone: Of the hours and weekdays.
        jobs: That came in.
        audio_h: Sound in them, hours.
        by_hour: Jobs that came in by hour of the day; 24.
        by_weekday: By day of the week, from Monday; 7.
        by_weekday_hour: By both.
        peaks: When most was to be done.
        clients: How many different ones; those that are not known are none.
        top_clients: Those that sent most.
        origins, file_types, durations, languages, models: What the jobs were, most first.
        formats: What transcripts were exported in, most first; failed exports are left out.
        trends: Whether more or less is done than before.
    """

    zone: str
    jobs: int
    audio_h: float
    by_hour: tuple[int, ...]
    by_weekday: tuple[int, ...]
    by_weekday_hour: tuple[tuple[int, ...], ...]
    peaks: Peaks | None
    clients: int
    top_clients: tuple[Tally, ...]
    origins: tuple[Tally, ...]
    file_types: tuple[Tally, ...]
    durations: tuple[Tally, ...]
    languages: tuple[Tally, ...]
    models: tuple[Tally, ...]
    formats: tuple[Tally, ...]
    trends: tuple[Trend, ...]


def usage(history: History, period: Period, zone: tzinfo = UTC, top: int = 10) -> Usage:
    """How this installation was used by jobs that ended in a period.

    Args:
        history: What is remembered.
        period: When the jobs ended.
        zone: For hours and weekdays.
        top: How many clients are told.
    """
    jobs = history.frame("jobs", period, [*_FIELDS, *_TOLD])
    exports = history.frame("exports", period, ["format"], {"error": ""})
    shown = wall_clock(jobs["queued_at"], zone)
    grid = np.bincount(shown["weekday"] * 24 + shown["hour"], minlength=7 * 24).reshape(7, 24)
    tallies = {name: _tallies(jobs[name], jobs["audio_s"]) for name in _TOLD}
    clients = [tally for tally in tallies["client"] if tally.name]
    return Usage(
        zone=str(zone),
        jobs=len(jobs),
        audio_h=float(np.nansum(jobs["audio_s"])) / HOUR_S,
        by_hour=tuple(grid.sum(axis=0).tolist()),
        by_weekday=tuple(grid.sum(axis=1).tolist()),
        by_weekday_hour=tuple(map(tuple, grid.tolist())),
        peaks=_peaks(jobs, zone) if len(jobs) else None,
        clients=len(clients),
        top_clients=tuple(clients[:top]),
        origins=tallies["origin"],
        file_types=tallies["file_type"],
        durations=_tallies(duration_classes(jobs["audio_s"]), jobs["audio_s"]),
        languages=tallies["language"],
        models=tallies["model"],
        formats=_tallies(exports["format"], None),
        trends=trends(history, period, _VOLUMES),
    )


def zone_of(name: str) -> tzinfo:
    """The time zone of a name such as `Europe/Berlin`.

    Raises:
        InvalidOption: There is no such zone.
    """
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidOption(f"'{name}' is no time zone.", hint="For example Europe/Berlin, or UTC.") from None


def wall_clock(at: Column, zone: tzinfo) -> Frame:
    """What clocks and calendars show: `day` (since 1970-01-01), `weekday` (0 is Monday) and `hour`, for each time.

    Args:
        at: Unix times.
        zone: Where the clocks are.
    """
    quarters, code = np.unique(np.floor(at / _QUARTER_S), return_inverse=True)  # zones change at quarters of an hour
    shown = at + np.array([_offset_s(quarter * _QUARTER_S, zone) for quarter in quarters.tolist()], float)[code]
    day = (shown // DAY_S).astype(int)
    return Frame({"day": day, "weekday": (day + 3) % 7, "hour": (shown % DAY_S // 3600).astype(int)})


def _tallies(names: Column, audio_s: Column | None) -> tuple[Tally, ...]:
    """How often each name occurs, most first."""
    if not len(names):
        return ()
    values, code, counts = np.unique(names.astype(str), return_inverse=True, return_counts=True)
    hours: Sequence[float | None] = [None] * len(values)
    if audio_s is not None:
        hours = (np.bincount(code, np.nan_to_num(audio_s)) / HOUR_S).tolist()
    order = np.argsort(-counts, kind="stable")
    return tuple(
        Tally(str(values[place]), int(counts[place]), float(counts[place]) / len(names), hours[place])
        for place in order
    )


def _peaks(jobs: Frame, zone: tzinfo) -> Peaks:
    shown = wall_clock(jobs["queued_at"], zone)
    _, first, counts = np.unique(shown["day"] * 24 + shown["hour"], return_index=True, return_counts=True)
    busiest = int(counts.argmax())
    came_at = float(jobs["queued_at"][first[busiest]])
    into_hour_s = (came_at + _offset_s(came_at, zone)) % HOUR_S
    running, running_at = _most_at_once(jobs["at"] - jobs["run_s"], jobs["at"])
    present, present_at = _most_at_once(jobs["queued_at"], jobs["at"])
    return Peaks(came_at - into_hour_s, int(counts[busiest]), running, running_at, present, present_at)


def _most_at_once(began: Column, ended: Column) -> tuple[int, float]:
    """How many stretches of time there were at once at most, and since when; one ends before the next begins."""
    at = np.concatenate([began, ended])
    steps = np.concatenate([np.ones(len(began)), -np.ones(len(ended))])
    order = np.lexsort((steps, at))
    level = np.cumsum(steps[order])
    most = int(level.argmax())
    return int(level[most]), float(at[order][most])


def _offset_s(at: float, zone: tzinfo) -> float:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return offset.total_seconds() if offset else 0.0
