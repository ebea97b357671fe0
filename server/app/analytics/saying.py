"""Figures as they are said in sentences of advice and of bottlenecks; the report's tables have `report.scales`."""

from __future__ import annotations


def gib(size_bytes: float) -> str:
    """A size: `1.5 GiB`, `300 MiB`."""
    return f"{size_bytes / 2**30:.1f} GiB" if size_bytes >= 2**30 else f"{size_bytes / 2**20:.0f} MiB"


def minutes(duration_s: float) -> str:
    """A length of time: `40 s`, `10 minutes`, `2 hours`."""
    if duration_s < 90:
        return f"{duration_s:.0f} s"
    if duration_s < 5400:
        return f"{duration_s / 60:.0f} minutes"
    return f"{duration_s / 3600:.3g} hours" if duration_s < 36 * 3600 else f"{duration_s / 86_400:.3g} days"


def percent(share: float) -> str:
    """A share: `12 %`."""
    return f"{100 * share:.0f} %"
