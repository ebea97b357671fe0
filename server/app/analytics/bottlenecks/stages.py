"""Stages that take too long: recognition on the processor, telling speakers apart, whatever waits for the disk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..frame import Column
from ..saying import percent
from .case import Case
from .finding import Bottleneck, Evidence, on_gpu

_HALF = 0.5

WAITS = 0.2
"""From this share of a job's time on waiting is worth a word."""

SLOW = 0.5
"""A job is slow when it runs longer than this for each second of sound."""

_SHARE = 0.4
"""A stage of less than this share of the critical path is not what a job waits for."""

_UNUSUAL = 0.5
"""Telling speakers apart takes less than recognising words, usually; at this share it is what jobs wait for."""

_BOUND = 0.7
"""Cores a stage keeps busy from which on it is the processor that it waits for."""

_FULL = 0.75
"""Share of the cores that is busy, while there is work, from which on they are taken to be full."""

_HINDERED = 1.15
"""Jobs that take so many times as long as they would alone are in each other's way."""

_DISK_BUSY = 0.5
_IOWAIT = 0.03
_STARVED = 0.85
"""A stage that keeps less than this share of its usual cores busy waits for something else."""

_WORTH = 0.1


def cpu_transcription(case: Case) -> Bottleneck | None:
    """Recognition that the cores are too slow for."""
    rows = case.stages.having(stage="transcribe", origin="computed")
    share = case.path.get("transcribe", 0.0)
    if share < _SHARE or not len(rows) or on_gpu(rows["device"]).mean() > 0.5:
        return None
    cores, speed = _cores(rows["cpu_s"], rows["wall_s"] - rows["load_s"]), speed_of(case)
    full = busy_cores(case)
    hindered = float(case.jobs["run_s"].sum()) / max(float(case.model.jobs["work_s"].sum()), 1e-9)
    pressed = full is not None and full >= _FULL and (case.wait_share >= WAITS or hindered >= _HINDERED)
    if cores is None or cores < _BOUND or not (pressed or speed >= SLOW):
        return None
    gain = case.gain(case.runs_with(lambda rows: _only(rows, "transcribe", _HALF)))
    evidence = [
        Evidence("share of the critical path", share, "fraction"),
        Evidence("cores one recognition keeps busy", cores, "cores"),
        Evidence("seconds of work for a second of sound", speed, "times"),
        Evidence("times as long as with no other beside it", hindered, "times"),
    ]
    if full is not None:
        evidence.append(Evidence("cores busy while there is work", full, "fraction"))
    return Bottleneck(
        kind="cpu_transcription",
        resource="cpu",
        subject="transcribe",
        sentence=(
            f"Recognition is {percent(share)} of the critical path and runs on the processor, {cores:.1f} cores each; "
            f"were it twice as fast, jobs would end {percent(gain.share)} sooner."
        ),
        evidence=tuple(evidence),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def diarization(case: Case) -> Bottleneck | None:
    """Telling speakers apart that takes longer than what runs beside it."""
    share = case.path.get("diarize", 0.0)
    rows = case.stages.having(stage="diarize", origin="computed")
    if not len(rows) or share < (_SHARE if case.wait_share >= WAITS else _UNUSUAL):
        return None
    gain = case.gain(case.runs_with(lambda rows: _only(rows, "diarize", _HALF)))
    more = case.gain(workers=case.workers + 1)
    sentence = f"Diarization is {percent(share)} of the critical path; "
    sentence += f"were it twice as fast, jobs would end {percent(gain.share)} sooner."
    if case.wait_share >= WAITS:
        sentence += f" One more worker saves {percent(more.share)} of the time."
    return Bottleneck(
        kind="diarization",
        resource="cpu" if on_gpu(rows["device"]).mean() < 0.5 else "gpu",
        subject="diarize",
        sentence=sentence,
        evidence=(
            Evidence("share of the critical path", share, "fraction"),
            Evidence("time of one diarization", float(rows["wall_s"].mean()), "s"),
            Evidence("share of a job's time spent waiting", case.wait_share, "fraction"),
            Evidence("saved by one more worker", more.share, "fraction"),
        ),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def disk(case: Case) -> Bottleneck | None:
    """Stages that wait for the disk while the cores have nothing to do."""
    seen = case.together("disk.busy", "cpu.iowait", "cpu.utilisation", "workers.busy")
    working = seen["workers.busy"] >= 0.5
    if not working.any():
        return None
    busy, iowait, cpu = (float(seen[name][working].mean()) for name in ("disk.busy", "cpu.iowait", "cpu.utilisation"))
    if busy < _DISK_BUSY or iowait < _IOWAIT or cpu > _FULL:
        return None
    starved = _starved(case)
    if not starved:
        return None
    levels = {row: factor for factors in starved.values() for row, factor in factors.items()}
    gain = case.gain(
        case.runs_with(lambda rows: {name: levels[row] for name, row in rows.items() if row in levels}), unhindered=True
    )
    if gain.share < _WORTH:
        return None
    worst = max(starved, key=lambda stage: case.path.get(stage, 0.0))
    return Bottleneck(
        kind="disk",
        resource="disk",
        subject=worst,
        sentence=(
            f"The disk is busy {percent(busy)} of the time there is work, and {percent(cpu)} of the cores are: "
            f"{' and '.join(sorted(starved))} wait for it. A disk that never kept them waiting would save "
            f"{percent(gain.share)} of a job's time."
        ),
        evidence=(
            Evidence("disk busy while there is work", busy, "fraction"),
            Evidence("cores waiting for the disk", iowait, "fraction"),
            Evidence("cores busy while there is work", cpu, "fraction"),
            Evidence("share of the critical path that waits", sum(case.path.get(s, 0.0) for s in starved), "fraction"),
        ),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def busy_cores(case: Case) -> float | None:
    """Share of the cores that is busy while jobs wait, or while workers work where none ever waits."""
    seen = case.together("cpu.utilisation", "workers.busy", "queue.depth")
    for rows in (seen["queue.depth"] >= 0.5, seen["workers.busy"] >= 0.5):
        if rows.sum() >= 10:
            return float(seen["cpu.utilisation"][rows].mean())
    return None


def speed_of(case: Case) -> float:
    """Seconds of work for a second of sound, over all jobs."""
    known = ~np.isnan(case.jobs["audio_s"])
    sound_s = float(case.jobs["audio_s"][known].sum())
    return float(case.jobs["run_s"][known].sum()) / sound_s if sound_s else 0.0


def _starved(case: Case) -> dict[str, dict[int, float]]:
    """Stages that kept less of the processor busy than they can: by row, what they would take had they never waited."""
    found: dict[str, dict[int, float]] = {}
    stages = case.stages
    for stage in ("probe", "decode", "enhance", "speech", "diarize", "transcribe"):
        rows = np.flatnonzero((stages["stage"] == stage) & (stages["origin"] == "computed"))
        rows = rows[~on_gpu(stages["device"][rows]) & ~np.isnan(stages["cpu_s"][rows])]
        wall_s = np.maximum(stages["wall_s"][rows] - stages["load_s"][rows], 1e-3)
        used = stages["cpu_s"][rows] / wall_s
        if len(rows) < 10:
            continue
        usual = max(1.0, float(np.quantile(used, 0.95)))
        kept = float(stages["cpu_s"][rows].sum() / (usual * wall_s.sum()))
        if kept < _STARVED and case.path.get(stage, 0.0) > 0.05:
            found[stage] = dict(zip(rows.tolist(), np.clip(used / usual, 0.0, 1.0).tolist(), strict=True))
    return found


def _only(rows: Mapping[str, int], stage: str, factor: float) -> Mapping[str, float]:
    return {stage: factor} if stage in rows else {}


def _cores(cpu_s: Column, wall_s: Column) -> float | None:
    known = ~np.isnan(cpu_s)
    return float(cpu_s[known].sum() / max(wall_s[known].sum(), 1e-9)) if known.any() else None
