"""Recordings that come again, and nothing of what was found out about them is used."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..frame import Column
from ..saying import percent
from .case import Case
from .finding import Bottleneck, Evidence

_REUSABLE = ("decode", "enhance", "speech", "diarize", "transcribe")
_MISSED = 0.1
"""From this share of the jobs on it is worth a word."""

_WORTH = 0.08


def cache_misses(case: Case) -> Bottleneck | None:
    """The same recordings with the same models, all over again."""
    again = _again(case)
    stages = case.stages
    reused = np.zeros(len(case.jobs), bool)
    reused[stages["job"][stages["origin"] == "cache"]] = True
    missed = again & ~reused
    if missed.mean() < _MISSED:
        return None

    def factors(rows: Mapping[str, int]) -> Mapping[str, float]:
        job = next((int(stages["job"][row]) for row in rows.values()), -1)
        return {stage: 0.0 for stage in _REUSABLE if stage in rows} if job >= 0 and missed[job] else {}

    gain = case.gain(case.runs_with(factors))
    if gain.share < _WORTH:
        return None
    looks, hits = float(stages["looks"].sum()), float(stages["hits"].sum())
    return Bottleneck(
        kind="cache_misses",
        resource="cache",
        sentence=(
            f"{percent(float(again.mean()))} of the jobs bring a recording that was done before with the same model, "
            f"and {percent(float(missed.sum() / again.sum()))} of these reuse nothing; if they did, jobs would end "
            f"{percent(gain.share)} sooner."
        ),
        evidence=(
            Evidence("jobs whose recording was done before", float(again.mean()), "fraction"),
            Evidence("of these, reusing nothing", float(missed.sum() / again.sum()), "fraction"),
            Evidence("looks for earlier results", looks, "count"),
            Evidence("earlier results found", hits, "count"),
        ),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def _again(case: Case) -> Column:
    """Which jobs began after another one of the same recording, with the same engines, had ended."""
    jobs = case.jobs
    began = jobs["at"] - jobs["run_s"]
    ended: dict[tuple[str, ...], float] = {}
    again = np.zeros(len(jobs), bool)
    for row in range(len(jobs)):  # in the order they ended
        if jobs["recording"][row]:
            key = tuple(str(jobs[name][row]) for name in ("recording", "model", "diarizer", "language"))
            again[row] = ended.get(key, np.inf) <= began[row]
            ended.setdefault(key, float(jobs["at"][row]))
    return again
