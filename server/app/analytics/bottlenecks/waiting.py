"""Waiting for a worker: too few of them, or one client that keeps them all busy."""

from __future__ import annotations

import numpy as np

from ..saying import percent
from .case import Case
from .finding import Bottleneck, Evidence
from .stages import WAITS, busy_cores

_ALL_BUSY = 0.85
"""Share of the workers that is busy while jobs wait, from which on it is workers that they wait for."""

_FLOOD = 0.3
"""A client with less than this share of the work does not crowd out others."""

_WORTH = 0.1


def queue(case: Case) -> Bottleneck | None:
    """Jobs that wait for a worker; whether one more would help depends on what the cores carry."""
    if case.wait_share < WAITS:
        return None
    seen = case.together("workers.busy", "queue.depth")
    waiting = seen["queue.depth"] >= 0.5
    busy = float(seen["workers.busy"][waiting].mean()) / case.workers if waiting.any() else None
    if busy is not None and busy < _ALL_BUSY:
        return None
    gain = case.gain(workers=case.workers + 1)
    cores, model = busy_cores(case), case.model
    evidence = [
        Evidence("share of a job's time spent waiting", case.wait_share, "fraction"),
        Evidence("mean wait", model.observed.mean_s, "s"),
        Evidence("95 % wait less than", model.observed.p95_s, "s"),
        Evidence("workers", float(case.workers), "count"),
    ]
    if busy is not None:
        evidence.append(Evidence("workers busy while jobs wait", busy, "fraction"))
    if cores is not None:
        evidence.append(Evidence("cores busy while jobs wait", cores, "fraction"))
    free = "" if cores is None else f" while {percent(1 - cores)} of the cores are idle"
    says = f"Jobs wait {percent(case.wait_share)} of their time for one of {case.workers} workers"
    if gain.share >= _WORTH:
        says += f"{free}; one more worker saves {percent(gain.share)} of it all."
    else:
        says += ", but one more worker would hardly help: the machine has no more to give."
    return Bottleneck(
        kind="queue",
        resource="workers",
        sentence=says,
        evidence=tuple(evidence),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def one_client(case: Case) -> Bottleneck | None:
    """A client whose jobs keep the others' waiting."""
    jobs = case.jobs
    named = jobs.where(jobs["client"] != "")
    if not len(named):
        return None
    whole = float(jobs["run_s"].sum())
    (client,), most = max(named.by("client"), key=lambda pair: float(pair[1]["run_s"].sum()))
    share, others = float(most["run_s"].sum()) / whole, jobs["client"] != client
    if share < _FLOOD or others.sum() < 10:
        return None
    waited = float(jobs["queue_s"][others].sum())
    if waited / max(waited + float(jobs["run_s"][others].sum()), 1e-9) < WAITS:
        return None
    late = np.where(others, 0.0, 1.0) * (case.period.duration_s * 10)
    gain = case.gain(order=jobs["queued_at"] + late, counted=others)
    if gain.share < _WORTH:
        return None
    return Bottleneck(
        kind="one_client",
        resource="client",
        subject=str(client),
        sentence=(
            f"One client sends {percent(share)} of the work, and the others' jobs wait behind it; if its jobs went "
            f"after theirs, theirs would end {percent(gain.share)} sooner."
        ),
        evidence=(
            Evidence("share of the work", share, "fraction"),
            Evidence("share of the jobs", len(most) / len(jobs), "fraction"),
            Evidence("mean wait of the others", waited / float(others.sum()), "s"),
            Evidence("mean wait of the client", float(most["queue_s"].mean()), "s"),
        ),
        gain=gain.share,
        saves_s=gain.seconds,
    )
