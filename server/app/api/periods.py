"""What questions about the past have in common: the period, the time zone, what to group by."""

from __future__ import annotations

import re
import time
from datetime import tzinfo
from typing import Annotated

from fastapi import Depends, Query

from ..analytics.span import DAY_S, Period, read_period
from ..analytics.usage import zone_of

_AHEAD_S = 366 * DAY_S
"""A period ends so long after now at the most: there is nothing to tell of the time after."""


def _period(
    last: Annotated[
        str | None, Query(description="So long until now: `90m`, `24h`, `7d`, `4w`. 24 hours when nothing is given.")
    ] = None,
    since: Annotated[
        str | None, Query(description="Instead: from when, ISO 8601 (UTC without offset) or Unix.")
    ] = None,
    until: Annotated[str | None, Query(description="Up to when, likewise; now when not given.")] = None,
) -> Period:
    """The period that is asked about, cut to the time there is anything to tell of.

    Raises:
        InvalidOption: It can't be understood.
    """
    asked = read_period(last, _with_plus(since), _with_plus(until))
    return Period(max(0.0, asked.since), min(asked.until, time.time() + _AHEAD_S))


def _with_plus(moment: str | None) -> str | None:
    """A moment with the plus before its offset, which means a space in an address where nobody has escaped it."""
    return moment and re.sub(r"(T[0-9:.,]+) ([0-9]{2}:?[0-9]{2})$", r"\1+\2", moment)


def _zone(
    zone: Annotated[str, Query(description="Whose hours and weekdays count.", examples=["Europe/Berlin"])] = "UTC",
) -> tzinfo:
    return zone_of(zone)


def _by(
    by: Annotated[str, Query(description="What to group by, commas between.", examples=["model,language"])] = "",
) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))


PeriodDep = Annotated[Period, Depends(_period)]
ZoneDep = Annotated[tzinfo, Depends(_zone)]
ByDep = Annotated[tuple[str, ...], Depends(_by)]
