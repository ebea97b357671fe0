"""Models: one that is much slower than others, models that are loaded again and again, too little memory on the GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..capacity.contention import Company
from ..frame import Column, Frame
from ..saying import percent
from .case import Case
from .finding import Bottleneck, Evidence, on_gpu

_MIN_RUNS = 10
_TIMES_OTHERS = 3.0
"""How many times as slow as the others a model is when it is worth a word; models do differ."""

_TIMES_ITSELF = 1.8
_ELSEWHERE = 1.3
"""When all else has become slower as well, it is not the model."""

_WORTH = 0.08
_LOADING = 0.1
_FULL_GPU = 0.9
_HELD_UP = 1.5
"""A run so many times as long as one with room on the GPU was kept waiting."""


def slow_model(case: Case) -> Bottleneck | None:
    """A model much slower than the others at the same kind of work, or than itself before."""
    runs = _runs(case)
    found = [slow for slow in (_slower_than_others(runs), _slower_than_before(case, runs)) if slow is not None]
    candidates = [(case.gain(case.runs_with(slow.factors)), slow) for slow in found]
    if not candidates:
        return None
    gain, slow = max(candidates, key=lambda pair: pair[0].share)
    if gain.share < _WORTH:
        return None
    return Bottleneck(
        kind="slow_model",
        resource="model",
        subject=slow.model,
        sentence=(
            f"The model {slow.model} takes {slow.rate / slow.usual:.1f} times as long as {slow.compared}; as fast as "
            f"{'these' if slow.others else 'then'}, jobs would end {percent(gain.share)} sooner."
        ),
        evidence=(
            Evidence("its time for a second of sound", slow.rate, "s"),
            Evidence("what is usual", slow.usual, "s"),
            Evidence("share of the jobs", slow.share, "fraction"),
        ),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def cold_loads(case: Case) -> Bottleneck | None:
    """Time that goes into loading models."""
    stages = case.stages
    loading_s = float(stages["load_s"].sum())
    share = loading_s / max(float(case.jobs["run_s"].sum()), 1e-9)
    if share < _LOADING:
        return None
    rest = np.clip(1.0 - stages["load_s"] / np.maximum(stages["wall_s"], 1e-9), 0.0, 1.0)

    def factors(rows: Mapping[str, int]) -> Mapping[str, float]:
        return {stage: float(rest[row]) for stage, row in rows.items() if stages["load_s"][row] > 0}

    gain = case.gain(case.runs_with(factors))
    loads = case.history.frame("loads", case.period, ("what", "model", "wall_s"))
    cold, released = loads.having(what="cold"), loads.having(what="released")
    models = len(set(cold["model"]))
    evidence = [
        Evidence("share of the work spent loading", share, "fraction"),
        Evidence("loads a job", len(cold) / len(case.jobs), "count"),
        Evidence("one load", float(cold["wall_s"].mean()) if len(cold) else 0.0, "s"),
        Evidence("models in use", float(models), "count"),
    ]
    if len(released):
        evidence.append(Evidence("a model stays in memory", float(np.median(released["wall_s"])), "s"))
    return Bottleneck(
        kind="cold_loads",
        resource="memory",
        subject=str(next(cold.by("model"))[0][0]) if len(cold) else "",
        sentence=(
            f"Loading models takes {percent(share)} of the work: {len(cold)} loads of {models} models for "
            f"{len(case.jobs)} jobs. If models stayed in memory, jobs would end {percent(gain.share)} sooner."
        ),
        evidence=tuple(evidence),
        gain=gain.share,
        saves_s=gain.seconds,
    )


def gpu_memory(case: Case) -> Bottleneck | None:
    """A GPU without memory for all who want it: some wait, some go on without."""
    seen = case.together("gpu.memory_used_bytes", "gpu.memory_bytes", "workers.busy")
    working = seen["workers.busy"] >= 0.5
    fallbacks = case.history.frame("fallbacks", case.period, ("job_id", "reason", "wanted"))
    short = {
        str(job)
        for job, reason, wanted in zip(fallbacks["job_id"], fallbacks["reason"], fallbacks["wanted"], strict=True)
        if "memory" in str(reason).lower() and "cuda" in f"{wanted} {reason}".lower()
    }
    used = seen["gpu.memory_used_bytes"][working] / np.maximum(seen["gpu.memory_bytes"][working], 1.0)
    room = seen["gpu.memory_bytes"][working] - seen["gpu.memory_used_bytes"][working]
    full = float(((used >= _FULL_GPU) | (room < _model_bytes(case))).mean()) if len(used) else 0.0
    if not short and full < 0.1:
        return None
    gain_factors = _unhindered(case, short)
    if not gain_factors:
        return None

    def factors(rows: Mapping[str, int]) -> Mapping[str, float]:
        row = rows.get("transcribe", -1)
        return {"transcribe": gain_factors[row]} if row in gain_factors else {}

    gain = case.gain(case.runs_with(factors), unhindered=True)
    fell = sum(str(job) in short for job in case.jobs["job_id"])
    if gain.share < _WORTH:
        return None
    return Bottleneck(
        kind="gpu_memory",
        resource="gpu",
        subject="transcribe",
        sentence=(
            f"The GPU's memory is full {percent(full)} of the time there is work; {len(gain_factors)} of "
            f"{len(case.jobs)} recognitions waited for it, and {fell} jobs went on without the GPU. With room for all, "
            f"jobs would end {percent(gain.share)} sooner."
        ),
        evidence=(
            Evidence("GPU memory full while there is work", full, "fraction"),
            Evidence("GPU memory in use, most", float(used.max(initial=0.0)), "fraction"),
            Evidence("jobs that went on without the GPU", float(fell), "count"),
            Evidence("recognitions that took longer for it", float(len(gain_factors)), "count"),
        ),
        gain=gain.share,
        saves_s=gain.seconds,
    )


@dataclass(frozen=True, slots=True)
class _Slow:
    """A model that is slow: so many seconds for one of sound, where another figure is usual."""

    model: str
    rate: float
    usual: float
    share: float
    compared: str
    others: bool
    factors_by_row: Mapping[int, float]

    def factors(self, rows: Mapping[str, int]) -> Mapping[str, float]:
        """How fast recognition would be with what is usual."""
        row = rows.get("transcribe", -1)
        return {"transcribe": self.factors_by_row[row]} if row in self.factors_by_row else {}


def _runs(case: Case) -> Frame:
    """Recognitions, with seconds for a second of sound as `rate`, the jobs that ran as `busy`, their place as `row`."""
    stages = case.stages
    wanted = (stages["stage"] == "transcribe") & (stages["origin"] == "computed") & (stages["audio_s"] > 0)
    rows = np.flatnonzero(wanted)
    names = ("model", "device", "audio_s", "began_at", "load_s", "wall_s", "job")
    columns: dict[str, Column] = {name: stages[name][rows] for name in names}
    rate = np.maximum(columns["wall_s"] - columns["load_s"], 1e-3) / columns["audio_s"]
    busy = Company(case.jobs["at"] - case.jobs["run_s"], case.jobs["at"]).mean(float)
    return Frame({**columns, "row": rows, "rate": rate, "busy": busy[columns["job"]]})


def _slower_than_others(runs: Frame) -> _Slow | None:
    """Compared on the same device, so that a GPU does not make every other model look slow."""
    worst: _Slow | None = None
    for _, alike in runs.by("device"):
        rates = {
            str(model): float(np.median(rows["rate"])) for (model,), rows in alike.by("model") if len(rows) >= _MIN_RUNS
        }
        for model, rate in rates.items():
            others = alike.where(alike["model"] != model)
            if len(others) < _MIN_RUNS:
                continue
            usual = float(np.median(others["rate"]))
            if rate >= _TIMES_OTHERS * usual and (worst is None or rate / usual > worst.rate / worst.usual):
                own = alike.where(alike["model"] == model)
                factors = dict.fromkeys((int(row) for row in own["row"]), usual / rate)
                worst = _Slow(model, rate, usual, len(own) / len(runs), "the others", True, factors)
    return worst


def _slower_than_before(case: Case, runs: Frame) -> _Slow | None:
    """A model that became slower at some time and stayed so, while the rest of the work did not."""
    worst: _Slow | None = None
    for (model, _), own in runs.by("model", "device"):
        for part in np.arange(0.2, 0.85, 0.05):
            cut = int(part * len(own))
            if min(cut, len(own) - cut) < _MIN_RUNS:
                continue
            before, after = float(np.median(own["rate"][:cut])), float(np.median(own["rate"][cut:]))
            slow = after / before
            if slow < _TIMES_ITSELF or slow < (worst.rate / worst.usual if worst else 0.0):
                continue
            if _elsewhere(case, float(own["began_at"][cut])) > _ELSEWHERE:
                continue
            if float(own["busy"][cut:].mean()) > _ELSEWHERE * float(own["busy"][:cut].mean()):
                continue  # it is the company
            factors = dict.fromkeys((int(row) for row in own["row"][cut:]), before / after)
            worst = _Slow(str(model), after, before, len(own) / len(runs), "it did before", False, factors)
    return worst


def _elsewhere(case: Case, at: float) -> float:
    """How many times as long as before `at` the other stages take after it: the middle one of them."""
    ratios = []
    for (stage,), rows in case.stages.having(origin="computed").by("stage"):
        rate, late = rows["wall_s"] / rows["audio_s"], rows["began_at"] >= at
        known = np.isfinite(rate) & (rate > 0)
        if stage != "transcribe" and min((known & late).sum(), (known & ~late).sum()) >= _MIN_RUNS:
            ratios.append(float(np.median(rate[known & late]) / np.median(rate[known & ~late])))
    return float(np.median(ratios)) if ratios else 1.0


def _model_bytes(case: Case) -> float:
    """What a model takes of a GPU's memory, as far as that is known."""
    loads = case.history.frame("loads", case.period, ("what", "device", "size_bytes"))
    sizes = loads["size_bytes"][on_gpu(loads["device"]) & (loads["what"] != "released")]
    return float(np.nanmedian(sizes)) if (~np.isnan(sizes)).any() else 0.0


def _unhindered(case: Case, short: set[str]) -> dict[int, float]:
    """Recognitions that took longer for want of GPU memory: how many times as long with room they would take."""
    runs = _runs(case)
    fell = np.array([str(case.jobs["job_id"][job]) in short for job in runs["job"]], bool)
    found: dict[int, float] = {}
    more = {"fell": fell, "gpu": on_gpu(runs["device"])}
    for _, own in Frame({**{name: runs[name] for name in runs.names}, **more}).by("model"):
        free = own["rate"][own["gpu"] & ~own["fell"]]
        if len(free) < _MIN_RUNS:
            continue
        usual = float(np.quantile(free, 0.4))
        held = (own["fell"] | own["gpu"]) & (own["rate"] > _HELD_UP * usual)
        found |= {int(row): usual / rate for row, rate in zip(own["row"][held], own["rate"][held], strict=True)}
    return found
