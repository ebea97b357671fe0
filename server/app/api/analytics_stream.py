"""What goes on at this moment, for a dashboard: whenever something changed, at most once a second."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from ..analytics.plain import plain
from ..analytics.series import SERIES
from ..performance_monitor import Now, PerformanceMonitor
from .events import HEARTBEAT, Live

PACE_S = 1.0
"""Shortest time between two events."""


def now_view(now: Now) -> dict[str, Any]:
    """A moment as clients see it."""
    samples = [
        {"series": each.series, "labels": dict(each.labels), "value": each.value, "unit": SERIES[each.series].unit}
        for each in now.samples
    ]
    sampled_at = max((each.at for each in now.samples), default=None)
    shown: dict[str, Any] = plain({"at": now.at, "queue": now.queue, "sampled_at": sampled_at, "samples": samples})
    return shown


async def now_stream(live: Live, monitor: PerformanceMonitor, pace_s: float = PACE_S) -> AsyncIterator[bytes]:
    """Events named `now`: one at once, then one whenever something changed, until the server stops.

    Nobody's thread waits here: whether something changed is looked up once a second.

    Args:
        live: Tells when streams end, and how long a line may be quiet.
        monitor: Tells what goes on.
        pace_s: Shortest time between two events.
    """
    with live.watch(only="") as watcher:  # of no task at all; it is woken when streams end
        seen: int | None = None
        spoke = time.monotonic()
        while not live.closed:
            revision = monitor.changed_since(-1, 0.0)
            if revision != seen:
                seen, spoke = revision, time.monotonic()
                yield encode(revision, now_view(await asyncio.to_thread(monitor.now)))
            elif time.monotonic() - spoke >= live.heartbeat_s:
                spoke = time.monotonic()
                yield HEARTBEAT
            await watcher.wait(pace_s)


def encode(revision: int, shown: dict[str, Any]) -> bytes:
    """A moment on the wire."""
    return f"id: {revision}\nevent: now\ndata: {json.dumps(shown, separators=(',', ':'))}\n\n".encode()
