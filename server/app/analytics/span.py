"""The stretch of time a question is about."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import InvalidOption

MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 86_400.0

_UNITS = {"m": MINUTE_S, "h": HOUR_S, "d": DAY_S, "w": 7 * DAY_S}


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to, not including, `until`; Unix time in seconds."""

    since: float
    until: float

    def __post_init__(self) -> None:
        if not self.since < self.until:
            raise InvalidOption("A period ends after it begins.", hint="Give the earlier time first.")

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return self.until - self.since

    @property
    def before(self) -> Period:
        """The one of the same length just before it, to compare with."""
        return Period(self.since - self.duration_s, self.since)

    @classmethod
    def last(cls, duration_s: float, now: float | None = None) -> Period:
        """The `duration_s` that end now."""
        until = time.time() if now is None else now
        return cls(until - duration_s, until)


def read_period(last: str | None = None, since: str | None = None, until: str | None = None) -> Period:
    """Understand a period as people type it.

    Args:
        last: `90m`, `24h`, `7d`, `4w`; 24 hours when nothing is given.
        since: ISO 8601, or Unix time.
        until: Likewise; now when not given.

    Raises:
        InvalidOption: It can't be understood.
    """
    end = _moment(until) if until else time.time()
    if since:
        if last:
            raise InvalidOption("A period is given by `last` or by `since`, not by both.")
        return Period(_moment(since), end)
    return Period(end - read_duration(last or "24h"), end)


def read_duration(text: str) -> float:
    """Seconds of a duration such as `90m`, `24h`, `7d`, `4w`.

    Raises:
        InvalidOption: It can't be understood, or is nothing.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([mhdw])", text.strip().lower())
    if found is None or float(found[1]) <= 0:
        raise InvalidOption(f"'{text}' is no length of time.", hint="For example 90m, 24h, 7d or 4w.")
    return float(found[1]) * _UNITS[found[2]]


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidOption(
            f"'{text}' is no time.", hint="For example 2026-01-31, 2026-01-31T12:00:00Z, or Unix time."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
