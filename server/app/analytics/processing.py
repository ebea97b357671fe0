"""How fast work is done: jobs and their stages by engine, model, device, language, length and more.

Quantiles are exact (`quantiles.quantile`); factors of groups are ratios of sums, so long recordings weigh more, and
their medians stand beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UnknownName
from .frame import Column, Frame
from .history.store import History
from .job_life import QUEUE
from .quantiles import Spread, known, spread_of
from .span import HOUR_S, MINUTE_S, Period

DURATION_CLASSES: tuple[tuple[str, float, float], ...] = (
    ("< 1 min", 0.0, 60.0),
    ("1–5 min", 60.0, 300.0),
    ("5–20 min", 300.0, 1200.0),
    ("20–60 min", 1200.0, 3600.0),
    ("1–3 h", 3600.0, 10_800.0),
    ("> 3 h", 10_800.0, np.inf),
)
"""Classes of recordings by length: name, from, and up to but not including, seconds."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something work can be told apart by.

    Attributes:
        name: What it is asked for by.
        tells: What it is.
        job: The field of `JobFact` it is read from; empty where jobs can't be told apart by it.
        stage: The column of the table of stages.
    """

    name: str
    tells: str
    job: str
    stage: str


_DIMENSIONS = (
    Dimension("engine", "Engine that transcribed; of a stage, the one that did it", "engine", "engine"),
    Dimension("model", "Model, likewise", "model", "model"),
    Dimension("device", "Device it ran on, likewise", "device", "device"),
    Dimension("precision", "Precision it ran in, likewise", "precision", "precision"),
    Dimension("diarizer", "Engine that told the speakers apart", "diarizer", "jobs.diarizer"),
    Dimension("language", "Language of the transcript", "language", "jobs.language"),
    Dimension("duration", "Length of the recording, in classes", "audio_s", "audio_s"),
    Dimension("kind", "What the job waited as", "kind", "jobs.kind"),
    Dimension("origin", "The door the job came in by", "origin", "jobs.origin"),
    Dimension("client", "Who sent it, as a digest", "client", "jobs.client"),
    Dimension("file_type", "Container format of the recording", "file_type", "jobs.file_type"),
    Dimension("codec", "How its sound is coded", "codec", "jobs.codec"),
    Dimension("version", "Version of Audapolis", "version", "jobs.version"),
    Dimension("stage", "Stage of the pipeline; for questions about stages", "", "stage"),
)

DIMENSIONS: Mapping[str, Dimension] = {dimension.name: dimension for dimension in _DIMENSIONS}
"""All there are, by name. Values that are not known are a group of their own, named by an empty text."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of `Work` or `StageWork`: the attribute's name, its unit, and what it means."""

    name: str
    unit: str
    tells: str


_FIGURES = (
    Figure("jobs", "count", "Jobs that ended"),
    Figure("done", "count", "Those that ended well"),
    Figure("failed", "count", "Those that failed"),
    Figure("cancelled", "count", "Those that somebody stopped"),
    Figure("audio_h", "h", "Sound in jobs that ended well"),
    Figure("audio_h_per_h", "h/h", "Sound done for each hour of the period, idle hours included"),
    Figure("real_time_factor", "s/s", "Seconds of work for a second of sound: sum by sum"),
    Figure("real_time_factors", "s/s", "The same of each job, spread"),
    Figure("words_per_work_min", "1/min", "Words recognised in each minute of work"),
    Figure("words_per_audio_min", "1/min", "Words recognised in each minute of sound, pauses included"),
    Figure("queue_s", "s", "Waiting for a worker, of jobs that were not cancelled"),
    Figure("run_s", "s", "Work, all attempts, of jobs that ended well"),
    Figure("latency_s", "s", "From submission to the end, of jobs that ended well"),
    Figure("cache_hit_share", "fraction", "Found among those results of earlier jobs that were looked for"),
    Figure("cold_loads", "count", "How often a model had to be loaded first"),
    Figure("load_s", "s", "How long those loads took together"),
    Figure("mean_batch", "count", "Windows decoded together, on average"),
    Figure("fallbacks", "count", "How often something else ran than was wanted"),
    Figure("cpu_s_per_audio_h", "s/h", "Processor time for an hour of sound"),
    Figure("peak_rss_bytes", "bytes", "Most memory held meanwhile, spread"),
    Figure("runs", "count", "How often the stage ran, results of earlier jobs included"),
    Figure("total_wall_s", "s", "Wall time of all runs together"),
    Figure("share", "fraction", "Part of the wall time of all stages"),
    Figure("wall_s", "s", "Wall time of each run, spread"),
    Figure("cpu_utilisation", "cores", "Cores kept busy: processor time by wall time"),
    Figure("read_bytes", "bytes", "Read from disks, all runs together"),
    Figure("written_bytes", "bytes", "Written to disks, all runs together"),
)

FIGURES: Mapping[str, Figure] = {figure.name: figure for figure in _FIGURES}
"""Every figure by name; one that is not known is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Jobs of a group. `group` has its value for each dimension asked for; the others are described in `FIGURES`."""

    group: Mapping[str, str]
    jobs: int
    done: int
    failed: int
    cancelled: int
    audio_h: float
    audio_h_per_h: float
    real_time_factor: float | None
    real_time_factors: Spread | None
    words_per_work_min: float | None
    words_per_audio_min: float | None
    queue_s: Spread | None
    run_s: Spread | None
    latency_s: Spread | None
    cache_hit_share: float | None
    cold_loads: int
    load_s: float
    mean_batch: float | None
    fallbacks: int
    cpu_s_per_audio_h: float | None
    peak_rss_bytes: Spread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageWork:
    """Runs of stages of a group; described in `FIGURES`. Factors are of runs that computed something."""

    group: Mapping[str, str]
    runs: int
    total_wall_s: float
    share: float | None
    wall_s: Spread | None
    real_time_factor: float | None
    real_time_factors: Spread | None
    cpu_s_per_audio_h: float | None
    cpu_utilisation: float | None
    peak_rss_bytes: Spread | None
    cache_hit_share: float | None
    load_s: float
    mean_batch: float | None
    read_bytes: float | None
    written_bytes: float | None


def processing(history: History, period: Period, by: Sequence[str] = ()) -> tuple[Work, ...]:
    """How jobs that ended in a period went, for each group, most jobs first.

    Args:
        history: What is remembered.
        period: When the jobs ended.
        by: Names of `DIMENSIONS`; all jobs are one group when empty.

    Raises:
        UnknownName: Jobs have no such dimension.
    """
    fields = {name: _dimension(name, [each.name for each in _DIMENSIONS if each.job]).job for name in by}
    jobs = history.frame("jobs", period, list(dict.fromkeys((*_JOB_FIELDS, *fields.values()))))
    jobs = _with(jobs, _gathered(history, period, jobs), {name: _values(name, jobs[fields[name]]) for name in by})
    return tuple(_work(group, its, period) for group, its in _groups(jobs, by))


def stages(history: History, period: Period, by: Sequence[str] = ("stage",)) -> tuple[StageWork, ...]:
    """How stages that ended in a period went, for each group, most time first. Waiting in the queue is no stage here.

    Args:
        history: What is remembered.
        period: When the stages ended.
        by: Names of `DIMENSIONS`.

    Raises:
        UnknownName: There is no such dimension.
    """
    fields = {name: _dimension(name, DIMENSIONS).stage for name in by}
    runs = history.frame("stages", period, list(dict.fromkeys((*_STAGE_FIELDS, *fields.values()))))
    runs = runs.where(runs["stage"] != QUEUE)
    runs = _with(
        runs, {"wall_s": runs["at"] - runs["began_at"]}, {name: _values(name, runs[fields[name]]) for name in by}
    )
    whole_s = _sum(runs["wall_s"])
    groups = [_stage_work(group, its, whole_s) for group, its in _groups(runs, by)]
    return tuple(sorted(groups, key=lambda group: -group.total_wall_s))


def duration_classes(audio_s: Column) -> Column:
    """The class of each length in seconds; "" where it is not known."""
    names = np.array([name for name, _, _ in DURATION_CLASSES] + [""], object)
    index = np.searchsorted([low for _, low, _ in DURATION_CLASSES], audio_s, side="right") - 1
    classes: Column = names[np.where(np.isnan(audio_s), len(DURATION_CLASSES), np.maximum(index, 0))]
    return classes


_TAKEN = ("audio_s", "cpu_s", "peak_rss_bytes")
_GATHERED = ("looks", "hits", "batches", "windows")
_JOB_FIELDS = ("at", "job_id", "queued_at", "outcome", "queue_s", "run_s", "words", "fallbacks", *_TAKEN)
_MOVED = ("read_bytes", "written_bytes")
_STAGE_FIELDS = ("at", "began_at", "stage", "origin", "load_s", *_GATHERED, *_TAKEN, *_MOVED)


def _dimension(name: str, among: Collection[str]) -> Dimension:
    if name not in among:
        raise UnknownName("dimension", name, among)
    return DIMENSIONS[name]


def _named(dimension: str) -> str:
    """The column that holds a dimension; no field has such a name."""
    return f"by {dimension}"


def _values(dimension: str, column: Column) -> Column:
    return duration_classes(column) if dimension == "duration" else column


def _with(frame: Frame, more: Mapping[str, Column], dimensions: Mapping[str, Column]) -> Frame:
    columns = {name: frame[name] for name in frame.names}
    return Frame({**columns, **more, **{_named(name): column for name, column in dimensions.items()}})


def _groups(frame: Frame, by: Sequence[str]) -> Iterator[tuple[dict[str, str], Frame]]:
    if not by:
        yield {}, frame
    for key, group in frame.by(*map(_named, by)) if by else ():
        yield dict(zip(by, key, strict=True)), group


def _gathered(history: History, period: Period, jobs: Frame) -> dict[str, Column]:
    """What the jobs' stages and loads say of each job; a job that ended twice has it where it ended last."""
    rows = {job_id: row for row, job_id in enumerate(jobs["job_id"])}
    if not rows:
        return {name: np.zeros(0) for name in (*_GATHERED, "cold_loads", "load_s")}
    since = min(period.since, float(jobs["queued_at"].min()))
    meanwhile = Period(since, period.until)
    parts = history.frame("stages", meanwhile, ["job_id", *_GATHERED])
    loads = history.frame("loads", meanwhile, ["job_id", "wall_s"], {"what": "cold"})
    whose, loaded = _rows(rows, parts["job_id"]), _rows(rows, loads["job_id"])
    gathered = {name: _per_job(whose, parts[name], len(jobs)) for name in _GATHERED}
    gathered["cold_loads"] = _per_job(loaded, np.ones(len(loads)), len(jobs))
    gathered["load_s"] = _per_job(loaded, loads["wall_s"], len(jobs))
    return gathered


def _rows(rows: Mapping[str, int], job_ids: Column) -> Column:
    """The row of each job; -1 for others."""
    return np.array([rows.get(job_id, -1) for job_id in job_ids], np.int64)


def _per_job(whose: Column, values: Column, jobs: int) -> Column:
    sums: Column = np.bincount(whose[whose >= 0], np.nan_to_num(values[whose >= 0]), minlength=jobs)
    return sums


def _work(group: dict[str, str], jobs: Frame, period: Period) -> Work:
    outcome = jobs["outcome"]
    well = jobs.where(outcome == "done")
    factors = well["run_s"] / _positive(well["audio_s"])
    audio_h = _sum(well["audio_s"]) / HOUR_S
    return Work(
        group=group,
        jobs=len(jobs),
        done=len(well),
        failed=int((outcome == "failed").sum()),
        cancelled=int((outcome == "cancelled").sum()),
        audio_h=audio_h,
        audio_h_per_h=audio_h / (period.duration_s / HOUR_S),
        real_time_factor=_ratio(well["run_s"], _positive(well["audio_s"])),
        real_time_factors=spread_of(factors),
        words_per_work_min=_ratio(well["words"], well["run_s"], MINUTE_S),
        words_per_audio_min=_ratio(well["words"], well["audio_s"], MINUTE_S),
        queue_s=spread_of(jobs["queue_s"][outcome != "cancelled"]),
        run_s=spread_of(well["run_s"]),
        latency_s=spread_of(well["at"] - well["queued_at"]),
        cache_hit_share=_ratio(jobs["hits"], jobs["looks"]),
        cold_loads=int(_sum(jobs["cold_loads"])),
        load_s=_sum(jobs["load_s"]),
        mean_batch=_ratio(jobs["windows"], jobs["batches"]),
        fallbacks=int(_sum(jobs["fallbacks"])),
        cpu_s_per_audio_h=_ratio(well["cpu_s"], _positive(well["audio_s"]), HOUR_S),
        peak_rss_bytes=spread_of(jobs["peak_rss_bytes"]),
    )


def _stage_work(group: dict[str, str], runs: Frame, whole_s: float) -> StageWork:
    computed = runs.having(origin="computed")
    audio_s, total_s = _positive(computed["audio_s"]), _sum(runs["wall_s"])
    return StageWork(
        group=group,
        runs=len(runs),
        total_wall_s=total_s,
        share=total_s / whole_s if whole_s else None,
        wall_s=spread_of(runs["wall_s"]),
        real_time_factor=_ratio(computed["wall_s"], audio_s),
        real_time_factors=spread_of(computed["wall_s"] / audio_s),
        cpu_s_per_audio_h=_ratio(computed["cpu_s"], audio_s, HOUR_S),
        cpu_utilisation=_ratio(computed["cpu_s"], computed["wall_s"]),
        peak_rss_bytes=spread_of(runs["peak_rss_bytes"]),
        cache_hit_share=_ratio(runs["hits"], runs["looks"]),
        load_s=_sum(runs["load_s"]),
        mean_batch=_ratio(runs["windows"], runs["batches"]),
        read_bytes=_sum_known(runs["read_bytes"]),
        written_bytes=_sum_known(runs["written_bytes"]),
    )


def _positive(column: Column) -> Column:
    """Lengths of nothing are no lengths."""
    return np.where(column > 0, column, np.nan)


def _sum(column: Column) -> float:
    return float(np.nansum(column))


def _sum_known(column: Column) -> float | None:
    numbers = known(column)
    return float(numbers.sum()) if numbers.size else None


def _ratio(above: Column, below: Column, scale: float = 1.0) -> float | None:
    """Sum by sum, of the rows where both are known; None where there is nothing below."""
    both = np.isfinite(above) & np.isfinite(below)
    divisor = float(below[both].sum())
    return scale * float(above[both].sum()) / divisor if divisor > 0 else None
