"""Memory that grows with every job, or with time in the server."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frame import Column
from ..saying import percent
from ..span import HOUR_S
from .case import Case
from .finding import Bottleneck, Evidence
from .trend import mann_kendall, theil_sen, thinned

_SURE = 0.01
_GROWN = 0.15
"""Growth over what was there, from which on it matters."""

_MIN_JOBS = 15
_MIN_HOURS = 12
_WARM_UP = 0.2
"""Part at the beginning that does not count: models come into memory then."""


@dataclass(frozen=True, slots=True)
class _Growth:
    """Bytes for each job or hour, how sure it is, and by what share it grew."""

    subject: str
    slope: float
    probability: float
    grown: float
    latest_bytes: float
    count: int


def leak(case: Case) -> Bottleneck | None:
    """The memory of workers, over their jobs, or of the server, over hours, grows and does not stop."""
    workers, server = _workers(case), _server(case)
    if workers is None and server is None:
        return None
    found = workers or server
    assert found is not None
    per, unit = ("job", "bytes/job") if workers else ("hour", "bytes/h")
    failures = case.history.frame("failures", case.period, ("kind", "error", "at"))
    deaths = int((failures["error"] == "worker_lost").sum())
    evidence = [
        Evidence(f"growth for each {per}", found.slope, unit),
        Evidence("growth while watched", found.grown, "fraction"),
        Evidence("memory at the end", found.latest_bytes, "bytes"),
        Evidence("workers that died", float(deaths), "count"),
        Evidence("probability that this is chance", found.probability, "fraction"),
    ]
    full_h = _full_in_h(case, found, per_job=workers is not None)
    if full_h is not None:
        evidence.append(Evidence("until memory is full", full_h, "h"))
    gain = case.gain(_without_repeats(case)) if deaths else case.gain()
    lost = f" {deaths} workers died of late, and their jobs began anew." if deaths else ""
    until = "" if full_h is None else f" At this rate memory is full in {full_h:.0f} hours."
    return Bottleneck(
        kind="leak",
        resource="memory",
        subject="workers" if workers else "server",
        sentence=(
            f"The memory of {'each worker' if workers else 'the server'} grows by {found.slope / 2**20:.1f} MiB with "
            f"each {per} and does not stop; it has grown by {percent(found.grown)}.{until}{lost}"
        ),
        evidence=tuple(evidence),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def _workers(case: Case) -> _Growth | None:
    """Growth of the peak of each job, by worker; half of the workers must show it."""
    jobs = case.jobs
    known = jobs.where(~np.isnan(jobs["peak_rss_bytes"]) & ~np.isnan(jobs["worker_pid"]))
    tried = [
        _growth(f"worker {int(pid)}", np.arange(len(own), dtype=float), own["peak_rss_bytes"])
        for (pid,), own in known.by("worker_pid")
        if len(own) >= _MIN_JOBS
    ]
    growing = [growth for growth in tried if growth.grown >= _GROWN and growth.probability < _SURE / len(tried)]
    if not tried or len(growing) < 0.5 * len(tried):
        return None
    return sorted(growing, key=lambda growth: growth.slope)[len(growing) // 2]


def _server(case: Case) -> _Growth | None:
    """Growth of the server's memory, hour by hour, so that neighbours in time don't count as many."""
    curves = case.history.curves("process.rss_bytes", case.period, step_s=HOUR_S, labels={"role": "server"})
    if not curves or len(curves[0].at) < _MIN_HOURS:
        return None
    growth = _growth("server", (curves[0].at - curves[0].at[0]) / HOUR_S, curves[0].mean)
    return growth if growth.grown >= _GROWN and growth.probability < _SURE else None


def _growth(subject: str, x: Column, y: Column) -> _Growth:
    late = slice(int(_WARM_UP * len(x)), None)
    x, y = thinned(x[late]), thinned(y[late])
    slope = theil_sen(x, y)
    level = max(float(np.median(y)), 1.0)
    grown = slope * float(x[-1] - x[0]) / max(level - slope * float(x[-1] - x[0]) / 2, 0.1 * level)
    return _Growth(subject, slope, mann_kendall(y) if slope > 0 else 1.0, grown, float(y[-1]), len(x))


def _full_in_h(case: Case, growth: _Growth, *, per_job: bool) -> float | None:
    """How long until the machine's memory is full, at this rate."""
    if case.machine.memory_bytes is None or growth.slope <= 0:
        return None
    available = case.history.curves("memory.available_bytes", case.period)
    holders = case.workers if per_job else 1
    left = float(available[0].mean[-1]) if available else case.machine.memory_bytes - growth.latest_bytes * holders
    per_h = growth.slope * (case.model.arrivals.per_h if per_job else 1.0)
    return max(0.0, left) / per_h


def _without_repeats(case: Case) -> Column:
    """How long jobs would have run had no worker died: as long as their last attempt."""
    run_s = np.array(case.jobs["run_s"])
    stages = case.stages
    for job in np.flatnonzero(case.jobs["attempts"] > 1):
        rows = list(case.rows[job].values())
        if rows:
            run_s[job] = min(run_s[job], float(stages["at"][rows].max() - stages["began_at"][rows].min()))
    return run_s
