"""Facts made by hand, and whole synthetic sites with some noise, for tests of questions asked of the history."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audapolis.analytics.facts import Fact, FailureFact, JobFact, Sample, StageFact
from audapolis.analytics.history.store import History
from audapolis.analytics.span import DAY_S, HOUR_S, Period

MONDAY = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
"""A Monday at midnight, UTC; synthetic sites begin here."""

MODELS = (("whisper", "tiny", "cpu", "int8"), ("whisper", "base", "cpu", "int8"), ("whisper", "small", "cuda:0", "f16"))
FILE_TYPES = (("mp3", "mp3"), ("wav", "pcm_s16le"), ("mov", "aac"), ("ogg", "opus"), ("matroska", "aac"))
NOISE = ("engine_failed", "worker_crashed", "unsupported_media", "internal_error")
"""What goes wrong at a synthetic site for no reason."""


def history_of(folder: Path, facts: Iterable[Fact] = (), samples: Iterable[Sample] = ()) -> History:
    """A history that holds these."""
    history = History(folder / "history.sqlite")
    history.write(facts, samples)
    return history


def done(at: float, **facts: Any) -> JobFact:
    """A job that ended well at `at`: ten minutes of English mp3 by Whisper base, 60 s of work after 5 s of waiting."""
    known: dict[str, Any] = {
        "job_id": f"job-{at}",
        "outcome": "done",
        "origin": "api",
        "queue_s": 5.0,
        "run_s": 60.0,
        "recording": f"recording-{at}",
        "transcript_id": f"transcript-{facts.get('job_id', at)}",
        "file_type": "mp3",
        "codec": "mp3",
        "channels": 1,
        "size_bytes": 9_600_000,
        "audio_s": 600.0,
        "engine": "whisper",
        "model": "base",
        "device": "cpu",
        "precision": "int8",
        "language": "en",
        "words": 1500,
        "speakers": 2,
        "confidence": 0.9,
        "cpu_s": 100.0,
        "peak_rss_bytes": 800_000_000,
        "version": "1.0",
    } | facts
    known.setdefault("queued_at", at - known["queue_s"] - known["run_s"])
    return JobFact(at=at, **known)


def failed(at: float, error: str = "engine_failed", **facts: Any) -> JobFact:
    """A job that failed at `at`; what only a transcript tells is not known."""
    unknown = {"transcript_id": "", "language": "", "words": None, "speakers": None, "confidence": None}
    return done(at, **{"outcome": "failed", "error": error, "failed_stage": "transcribe", **unknown, **facts})


def broken(job: JobFact, error: str, stage: str = "transcribe", **facts: Any) -> JobFact:
    """The same job, had it failed."""
    unknown = {"transcript_id": "", "language": "", "words": None, "speakers": None, "confidence": None}
    return replace(job, outcome="failed", error=error, failed_stage=stage, **{**unknown, **facts})


def failure_of(job: JobFact) -> FailureFact:
    """What is remembered of the failure of a job that failed."""
    shared = ("at", "error", "job_id", "recording", "file_type", "audio_s", "engine", "model", "device", "client")
    return FailureFact(kind="job", stage=job.failed_stage, **{name: getattr(job, name) for name in shared})


def stage(job: JobFact, name: str, wall_s: float, ends_at: float | None = None, **facts: Any) -> StageFact:
    """A stage of a job that took so long and ended with it, or at `ends_at`."""
    ends_at = job.at if ends_at is None else ends_at
    known: dict[str, Any] = {"job_id": job.job_id, "audio_s": job.audio_s, **facts}
    return StageFact(at=ends_at, began_at=ends_at - wall_s, stage=name, **known)


def whole(facts: Sequence[Fact]) -> Period:
    """The period that holds all of these."""
    return Period(min(fact.at for fact in facts), max(fact.at for fact in facts) + 1)


def site(seed: int, jobs: int = 3000, days: int = 14, failure_rate: float = 0.03) -> list[JobFact]:
    """Jobs of a lively site, in order of time; some fail by chance alone.

    By day more than by night; thirty clients of which few send most; two languages; lengths from seconds to hours;
    two workers that are replaced now and then; now and then somebody runs a recording again.
    """
    dice = random.Random(seed)
    clients = [f"client-{number}" for number in range(30)]
    weights = [1 / (number + 1) for number in range(30)]
    ends = sorted(_moment(dice, days) for _ in range(jobs))
    facts: list[JobFact] = []
    for number, at in enumerate(ends):
        engine, model, device, precision = dice.choices(MODELS, (2, 5, 3))[0]
        file_type, codec = dice.choices(FILE_TYPES, (5, 3, 2, 1, 1))[0]
        audio_s = min(6 * HOUR_S, dice.lognormvariate(6.5, 1.2))
        run_s = audio_s * {"tiny": 0.08, "base": 0.12, "small": 0.05}[model] * dice.lognormvariate(0, 0.2)
        again = dice.choice(facts) if facts and dice.random() < 0.05 else None
        job = done(
            at,
            job_id=f"job-{number}",
            origin=dice.choices(("api", "desktop", "openai"), (5, 3, 1))[0],
            kind="interactive" if dice.random() < 0.3 else "batch",
            client=again.client if again else dice.choices(clients, weights)[0],
            recording=again.recording if again else f"recording-{number}",
            queue_s=dice.expovariate(1 / 20),
            run_s=run_s,
            file_type=again.file_type if again else file_type,
            codec=again.codec if again else codec,
            audio_s=again.audio_s if again else audio_s,
            engine=engine,
            model=model,
            device=device,
            precision=precision,
            language=dice.choices(("en", "de"), (3, 2))[0],
            words=int(audio_s * 2.4),
            confidence=min(1.0, dice.gauss(0.88, 0.04)),
            cpu_s=run_s * 1.7,
            peak_rss_bytes=int(6e8 + 4e4 * audio_s * dice.uniform(0.9, 1.1)),
            worker_pid=1000 + 2 * (number // 400) + dice.randrange(2),
        )
        if dice.random() < failure_rate:
            job = broken(job, dice.choice(NOISE), dice.choice(("decode", "transcribe", "diarize")))
        facts.append(job)
    return facts


def _moment(dice: random.Random, days: int) -> float:
    hour = min(23.99, max(0.0, dice.gauss(13, 3.5))) if dice.random() < 0.85 else dice.uniform(0, 24)
    return MONDAY + dice.randrange(days) * DAY_S + hour * HOUR_S
