"""How fast the history answers a dashboard after a busy month, how large it is, and what writing to it costs.

    python -m bench.history                       # 30 days: 5.2 million samples, 15,000 jobs
    python -m bench.history --days 7 --keep month.sqlite

The month is made up, the same every time: 20 curves sampled every 10 seconds and all kept raw, 15,000 jobs of nine
stages each, and the failures, exports, model loads and ratings that go with them. Then every question a dashboard asks
is asked five times: the median must be 500 ms at most. The file should be 300 MB at most, and a write of 10 facts and
25 samples take 1 ms.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from audapolis import analytics
from audapolis.analytics.facts import (
    ChangeFact,
    ExportFact,
    Fact,
    FailureFact,
    FallbackFact,
    FeedbackFact,
    JobFact,
    LoadFact,
    Sample,
    StageFact,
)
from audapolis.analytics.history.store import History, Retention
from audapolis.analytics.span import DAY_S, HOUR_S, Period

NOW = 1_785_542_400.0 + 1800.0
"""The month ends half an hour into an hour, so that some samples are not packed yet."""

JOBS_A_DAY = 500
STEP_S = 10.0
STAGES = ("probe", "decode", "enhance", "speech", "diarize", "transcribe", "merge", "refine", "assess")
SHARES = (0.005, 0.03, 0.05, 0.03, 0.3, 0.5, 0.01, 0.05, 0.025)
MODELS = ("tiny", "base", "small", "large-v3")
FORMATS = ("srt", "vtt", "docx", "txt", "json", "fcpxml")
CURVES: tuple[tuple[str, tuple[tuple[str, str], ...], float], ...] = (
    ("cpu.utilisation", (), 1.0),
    ("cpu.iowait", (), 0.1),
    ("cpu.load", (), 8.0),
    ("memory.used_bytes", (), 16e9),
    ("memory.available_bytes", (), 16e9),
    ("disk.free_bytes", (("purpose", "data"),), 1e12),
    ("disk.free_bytes", (("purpose", "models"),), 1e12),
    ("disk.read_bytes_s", (), 1e8),
    ("disk.written_bytes_s", (), 1e8),
    ("disk.busy", (), 1.0),
    ("process.cpu", (("role", "helper"),), 4.0),
    ("process.cpu", (("role", "server"),), 1.0),
    ("process.cpu", (("role", "worker"),), 8.0),
    ("process.rss_bytes", (("role", "helper"),), 2e9),
    ("process.rss_bytes", (("role", "server"),), 5e8),
    ("process.rss_bytes", (("role", "worker"),), 8e9),
    ("gpu.utilisation", (("device", "cuda:0"),), 1.0),
    ("queue.depth", (("kind", "batch"),), 50.0),
    ("queue.depth", (("kind", "interactive"),), 5.0),
    ("workers.busy", (), 4.0),
)
_WHOLE = {"memory.used_bytes", "memory.available_bytes", "disk.free_bytes", "process.rss_bytes"} | {
    "queue.depth",
    "workers.busy",
}

_OVERVIEW = (
    "cpu.utilisation",
    "memory.used_bytes",
    "process.cpu",
    "process.rss_bytes",
    "queue.depth",
    "disk.free_bytes",
)

Question = Callable[[History, Period], object]


def samples(days: float, now: float = NOW) -> Iterator[list[Sample]]:
    """All samples, an hour at a time: noise that wanders, more of it by day than by night."""
    draw = np.random.default_rng(1)
    count, per_hour = int(days * DAY_S / STEP_S), int(HOUR_S / STEP_S)
    level = np.full(len(CURVES), 0.5)
    for first in range(0, count, per_hour):
        steps = min(per_hour, count - first)
        at = now - days * DAY_S + (first + np.arange(steps)) * STEP_S + draw.uniform(0, 0.02, steps)
        wander = draw.normal(0, 0.01, (steps, len(CURVES))).cumsum(axis=0) + level
        level = np.clip(wander[-1], 0.2, 0.8)
        by_day = 0.7 + 0.3 * np.sin((at[:, None] % DAY_S) / DAY_S * 2 * np.pi)
        values = np.abs(wander * by_day + draw.normal(0, 0.02, wander.shape))
        hour = []
        for (series, labels, scale), column in zip(CURVES, values.T, strict=True):
            figures = np.round(column * scale) if series in _WHOLE else column * scale
            pairs = zip(at.tolist(), figures.tolist(), strict=True)
            hour += [Sample(series, moment, figure, labels) for moment, figure in pairs]
        yield hour


def facts(days: float, now: float = NOW) -> Iterator[list[Fact]]:
    """All facts, a job at a time."""
    draw = random.Random(1)
    for number in range(int(days * JOBS_A_DAY)):
        submitted = now - days * DAY_S + number * DAY_S / JOBS_A_DAY
        yield list(_job(draw, submitted, number))
    yield [ChangeFact(at=now - days * DAY_S / 2, what="version", key="audapolis", old='"1.0"', new='"1.1"')]


def _job(draw: random.Random, submitted: float, number: int) -> Iterator[Fact]:
    job_id = f"{draw.getrandbits(128):032x}"
    model = draw.choice(MODELS)
    with_model = {"engine": "whisper", "model": model, "device": draw.choice(("cpu", "cuda:0")), "precision": "int8"}
    audio_s = draw.lognormvariate(6, 1)
    queue_s, run_s = draw.expovariate(0.05), audio_s * 0.1 * (1 + MODELS.index(model)) * draw.lognormvariate(0, 0.2)
    failed = draw.random() < 0.04
    at = submitted + queue_s
    for stage, share in zip(STAGES, SHARES, strict=True):
        began_at, at = at, at + run_s * share
        heard = with_model if stage == "transcribe" else {}
        yield StageFact(
            at=at,
            job_id=job_id,
            stage=stage,
            began_at=began_at,
            outcome="failed" if failed and stage == "assess" else "done",
            path_s=at - began_at,
            saves_s=at - began_at,
            origin="computed" if draw.random() < 0.95 else "cache",
            looks=1,
            audio_s=audio_s,
            cpu_s=(at - began_at) * draw.uniform(0.8, 2),
            peak_rss_bytes=draw.randrange(10**8, 2 * 10**9),
            read_bytes=draw.randrange(10**8),
            written_bytes=draw.randrange(10**7),
            batches=draw.randrange(20),
            windows=draw.randrange(300),
            **heard,  # type: ignore[arg-type]
        )
    recording = f"{draw.randrange(20_000):016x}"
    shared = {"file_type": draw.choice(("mp3", "wav", "mov", "ogg")), "audio_s": audio_s, "version": "1.1"}
    shared |= {"client": f"{draw.randrange(40):016x}", "recording": recording, "language": draw.choice(("en", "de"))}
    transcript_id = f"{draw.getrandbits(128):032x}"
    yield JobFact(
        at=at,
        job_id=job_id,
        queued_at=submitted,
        outcome="failed" if failed else "done",
        error="engine_failed" if failed else "",
        failed_stage="assess" if failed else "",
        origin=draw.choice(("api", "openai", "desktop")),
        queue_s=queue_s,
        run_s=run_s,
        transcript_id=transcript_id,
        codec="aac",
        channels=2,
        size_bytes=int(audio_s * 16_000),
        diarizer="acoustic",
        words=int(audio_s * 2.5),
        speakers=draw.randrange(1, 6),
        confidence=draw.uniform(0.6, 0.98),
        cpu_s=run_s * 1.5,
        peak_rss_bytes=draw.randrange(10**8, 2 * 10**9),
        path="decode,speech,transcribe,merge,refine",
        worker_pid=draw.randrange(1000, 1004),
        **with_model,  # type: ignore[arg-type]
        **shared,  # type: ignore[arg-type]
    )
    yield LoadFact(at=at, what=draw.choice(("cold", "warm", "warm")), model=model, wall_s=2.0, job_id=job_id)
    if failed:
        where = {"kind": "job", "error": "engine_failed", "job_id": job_id, "stage": "assess"}
        yield FailureFact(at=at, model=model, device=with_model["device"], **where, **shared)  # type: ignore[arg-type]
        return
    for name in draw.sample(FORMATS, 2):
        wall_s = draw.expovariate(5)
        yield ExportFact(at=at + 60, format=name, wall_s=wall_s, size_bytes=10_000, transcript_id=transcript_id)
    if number % 20 == 0:
        yield FallbackFact(at=at, job_id=job_id, stage="transcribe", wanted="cuda:0", used="cpu", reason="no_memory")
    if number % 10 == 0:
        counts = {"words": 900, "substitutions": draw.randrange(60), "deletions": 9, "insertions": 8}
        edits = {"engine": "whisper", "model": model, "language": "en", "audio_s": audio_s}
        yield FeedbackFact(at=at + 600, job_id=job_id, kind="correction", **counts, **edits)  # type: ignore[arg-type]


def _curves(duration_s: float, history: History, period: Period) -> object:
    """All curves of six series, as an overview shows them."""
    shown = (
        "cpu.utilisation",
        "memory.used_bytes",
        "process.cpu",
        "process.rss_bytes",
        "queue.depth",
        "disk.free_bytes",
    )
    last = Period.last(duration_s, period.until)
    return [history.curves(series, last) for series in shown]


def _all_curves(history: History, period: Period) -> object:
    return [history.curves(series, period) for series in {series for series, _, _ in CURVES}]


def _fine(history: History, period: Period) -> object:
    """A day as it was sampled."""
    return history.curves("process.cpu", Period.last(DAY_S, period.until), step_s=10.0)


def _quantiles(metric: str, history: History, period: Period) -> object:
    return history.quantiles(metric, period, (0.5, 0.9, 0.99))


_STAGE_COLUMNS = ("at", "job_id", "stage", "began_at", "path_s", "cpu_s", "model", "outcome")
_JOB_COLUMNS = ("at", "queued_at", "queue_s", "run_s", "audio_s", "model", "language", "outcome")

QUESTIONS: dict[str, Question] = {
    "6 series, 1 h": partial(_curves, HOUR_S),
    "6 series, 24 h": partial(_curves, DAY_S),
    "6 series, 7 days": partial(_curves, 7 * DAY_S),
    "6 series, 30 days": partial(_curves, 30 * DAY_S),
    "all 20 curves, 30 days": _all_curves,
    "3 curves, 24 h every 10 s": _fine,
    "jobs, 8 columns": lambda history, period: history.frame("jobs", period, _JOB_COLUMNS),
    "stages, 8 columns": lambda history, period: history.frame("stages", period, _STAGE_COLUMNS),
    "stages with fields of jobs": lambda history, period: history.frame(
        "stages", period, ("stage", "at", "began_at", "jobs.model", "jobs.language", "jobs.audio_s")
    ),
    "stages of one model's jobs": lambda history, period: history.frame(
        "stages", period, ("stage", "at", "began_at"), {"jobs.model": "small"}
    ),
    "failures": lambda history, period: history.frame("failures", period, ("at", "error", "stage", "file_type")),
    "quantiles of the queue": partial(_quantiles, "queue"),
    "quantiles of a stage": partial(_quantiles, "stage.transcribe"),
}
"""What is asked of the month, by what people call it."""


def questions() -> dict[str, Question]:
    """`QUESTIONS`, and every function of `analytics` that takes a history and a period and needs nothing else."""
    found = dict(QUESTIONS)
    for module in pkgutil.walk_packages(analytics.__path__, f"{analytics.__name__}."):
        for name, question in vars(importlib.import_module(module.name)).items():
            own = inspect.isfunction(question) and question.__module__ == module.name
            if own and not name.startswith("_") and _is_question(question):
                found[f"{module.name.removeprefix(analytics.__name__ + '.')}.{name}"] = question
    return found


def _is_question(function: Callable[..., object]) -> bool:
    parameters = list(inspect.signature(function).parameters.values())
    asked = [str(parameter.annotation) for parameter in parameters[:2]] == ["History", "Period"]
    return asked and all(parameter.default is not parameter.empty for parameter in parameters[2:])


def fill(history: History, days: float) -> int:
    """Write the month and pack it; returns how many samples there are."""
    count = 0
    for hour in samples(days):
        history.write((), hour)
        count += len(hour)
    batch: list[Fact] = []
    for some in facts(days):
        batch += some
        if len(batch) > 10_000:
            history.write(batch)
            batch = []
    history.write(batch)
    history.thin_out(NOW, Retention(raw_days=days + 1, minute_days=days + 60))
    return count


def time_write(history: History, rounds: int = 300) -> list[float]:
    """Seconds that writes of 10 facts and 25 samples take."""
    some = [fact for number in range(rounds) for fact in _job(random.Random(number), NOW + number * STEP_S, number)]
    took = []
    for number in range(rounds):
        at = NOW + number * STEP_S
        look = [Sample(series, at, number * 0.1, labels) for series, labels, _ in (*CURVES, *CURVES[:5])]
        begin = time.perf_counter()
        history.write(some[number * 10 : number * 10 + 10], look)
        took.append(time.perf_counter() - begin)
    return took


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the month and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--keep", type=Path, help="where to keep the month, and to find it next time")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = args.keep or Path(folder, "history.sqlite")
        history = History(path)
        if not path.exists():
            begin = time.perf_counter()
            count = fill(history, args.days)
            print(f"{count:,} samples written and packed in {time.perf_counter() - begin:.0f} s")
        keep = Retention(raw_days=args.days + 1, minute_days=args.days + 60)
        history.thin_out(NOW, keep)
        history.close()
        print(f"{history.size_bytes() / 1e6:.0f} MB (limit 300)\n")
        slow = measure(history, Period(NOW - args.days * DAY_S, NOW + STEP_S))
        took = time_write(history)
        middle, worst = statistics.median(took) * 1e3, statistics.quantiles(took, n=100)[98] * 1e3
        print(f"\nwrite of 10 facts and 25 samples: {middle:.2f} ms, 99 % within {worst:.1f} ms (limit 1)")
        begin = time.perf_counter()
        history.forget_job(history.frame("jobs", None, ["job_id"])["job_id"][0])
        print(f"forgetting a job: {time.perf_counter() - begin:.1f} s")
        history.close()
    return 1 if slow else 0


def measure(history: History, period: Period) -> int:
    """Ask everything five times and print how long it took; returns how many questions took too long."""
    slow = 0
    print("| question | first | median of 5 | |\n|---|---|---|---|")
    for name, question in questions().items():
        took = []
        for _ in range(5):
            begin = time.perf_counter()
            question(history, period)
            took.append((time.perf_counter() - begin) * 1e3)
        middle = statistics.median(took)
        slow += middle > 500
        print(f"| {name} | {took[0]:.0f} ms | {middle:.0f} ms | {'too slow' if middle > 500 else ''} |", flush=True)
    return slow


if __name__ == "__main__":
    sys.exit(main())
