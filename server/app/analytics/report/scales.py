"""From figures to places on paper, and to round numbers on an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from ..span import DAY_S, HOUR_S, MINUTE_S

_LEAST_SPAN = 1e-100
"""What is closer together is drawn as one value: parts of it could not be told from 0 any more."""

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_UNITS = ((DAY_S, 2 * DAY_S), (HOUR_S, 2 * HOUR_S), (MINUTE_S, 2 * MINUTE_S))
"""A unit of time, and from how many seconds on it is used."""

_TIME_STEPS_S = (
    MINUTE_S,
    5 * MINUTE_S,
    15 * MINUTE_S,
    HOUR_S,
    3 * HOUR_S,
    6 * HOUR_S,
    12 * HOUR_S,
    DAY_S,
    2 * DAY_S,
    7 * DAY_S,
    28 * DAY_S,
)


@dataclass(frozen=True, slots=True)
class Scale:
    """A line through two points: `low` is drawn at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value is drawn."""
        span = self.high - self.low
        return self.start + ((value - self.low) / span if span else 0.0) * (self.end - self.start)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, at most `most` + 1 of them.

    After P. Heckbert, Nice numbers for graph labels (Graphics Gems, 1990).
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high - low < _LEAST_SPAN:
        high = low + 1.0
    rough = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in _ROUND if each * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def duration_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """As `ticks`, for lengths of time in seconds: round in the unit that `duration` says them in."""
    unit = next((size for size, from_s in _UNITS if high >= from_s), 1.0)
    return [mark * unit for mark in ticks(low / unit, high / unit, most)]


def time_ticks(since: float, until: float, zone: tzinfo = UTC, most: int = 8) -> list[tuple[float, str]]:
    """Round moments of a period with what is written there, in a time zone."""
    step_s = next((step for step in _TIME_STEPS_S if (until - since) / step <= most), _TIME_STEPS_S[-1])
    offset_s = (datetime.fromtimestamp(since, zone).utcoffset() or datetime.now(UTC).utcoffset()).total_seconds()  # type: ignore[union-attr]
    first = math.ceil((since + offset_s) / step_s) * step_s - offset_s
    moments = [first + number * step_s for number in range(int((until - first) / step_s) + 1)] if first <= until else []
    form = "%d %b" if step_s >= DAY_S else "%H:%M"
    return [(moment, datetime.fromtimestamp(moment, zone).strftime(form)) for moment in moments]


def figure(value: float) -> str:
    """A number with three significant digits, thousands apart."""
    if abs(value) < 5e-5:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """A length of time as people say it: `0.4 s`, `12 s`, `3 min`, `2.5 h`, `4 d`."""
    if seconds is None or math.isnan(seconds):
        return "–"
    for name, (unit, from_s) in zip(("d", "h", "min"), _UNITS, strict=True):
        if abs(seconds) >= from_s:
            return f"{figure(seconds / unit)} {name}"
    return f"{figure(seconds)} s"


def size(size_bytes: float | None) -> str:
    """Bytes as people say them, in powers of 1000."""
    if size_bytes is None or math.isnan(size_bytes):
        return "–"
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(size_bytes) >= factor:
            return f"{figure(size_bytes / factor)} {unit}"
    return f"{figure(size_bytes)} B"


def percent(share: float | None) -> str:
    """A share, 0..1, in per cent."""
    if share is None or math.isnan(share):
        return "–"
    return f"{share * 100:.{0 if share >= 0.1 else 1}f} %"


def highest(values: Sequence[float]) -> float:
    """The greatest that is a number; 0 where there is none."""
    return max((value for value in values if math.isfinite(value)), default=0.0)
