"""Analytics on the wire: what is answered, with an example each. Answers to questions are the records themselves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from ..analytics.facts import FeedbackFact
from ..analytics.history.store import Curve
from ..analytics.models_compared import DIMENSIONS as MODEL_DIMENSIONS
from ..analytics.plain import plain
from ..analytics.processing import DIMENSIONS, FIGURES
from ..analytics.questions import QUESTIONS
from ..analytics.series import SERIES, Series
from ..analytics.span import Period
from ..analytics.tables import Row, to_csv
from ..errors import InvalidOption

MOST_STEPS = 20_000
"""A curve has so many steps at the most."""

_MORE_DIMENSIONS = {
    "domain": "Kind of speech, as whoever rated or corrected named it; for questions about models",
    "error": "Code of the error; for questions about failures",
    "format": "Format of an export; for questions about failures",
}
_PERIOD: dict[str, Any] = {"since": 1769817600.0, "until": 1770422400.0}
_JOB_ID = "6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"
_SPREAD = {"count": 412, "mean": 9.1, "p50": 4.0, "p90": 21.5, "p95": 33.0, "p99": 61.0, "most": 74.2}
_WORK = {"group": {"model": "small"}, "jobs": 420, "done": 412, "failed": 6, "cancelled": 2, "audio_h": 96.4}

ANSWER_EXAMPLE: dict[str, Any] = {
    "question": "processing",
    "period": _PERIOD,
    "by": ["model"],
    "zone": "UTC",
    "answer": [{**_WORK, "real_time_factor": 0.21, "queue_s": _SPREAD, "…": "…"}],
}
ANSWER_CSV = "group.model,jobs,done,failed,cancelled,audio_h,real_time_factor\r\nsmall,420,412,6,2,96.4,0.21\r\n"
CURVES_EXAMPLE: dict[str, Any] = {
    "series": "gpu.utilisation",
    "unit": "fraction",
    "tells": SERIES["gpu.utilisation"].tells,
    "period": _PERIOD,
    "curves": [
        {
            "labels": {"device": "cuda:0"},
            "at": [1769817600.0, 1769817900.0],
            "mean": [0.42, 0.61],
            "low": [0.0, 0.33],
            "high": [0.97, 0.99],
            "count": [30, 30],
        }
    ],
}
CURVES_CSV = "device,at,mean,low,high,count\r\ncuda:0,1769817600.0,0.42,0.0,0.97,30\r\n"
WATERFALL_EXAMPLE: dict[str, Any] = {
    "job_id": _JOB_ID,
    "queued_at": 1769861400.25,
    "latency_s": 41.7,
    "queue_s": 2.5,
    "run_s": 39.2,
    "outcome": "done",
    "error": "",
    "attempts": 1,
    "audio_s": 182.0,
    "path_s": 41.2,
    "bars": [
        {"name": "queue", "starts_s": 0.0, "duration_s": 2.5, "critical": True, "path_s": 2.5, "saves_s": 2.5},
        {"name": "transcribe", "starts_s": 4.1, "duration_s": 36.0, "critical": True, "cores": 1.9, "…": "…"},
    ],
}
NOW_EXAMPLE: dict[str, Any] = {
    "at": 1769861441.9,
    "queue": {"waiting": {"batch": 3}, "oldest_s": 12.4, "workers": 2, "busy": 2},
    "sampled_at": 1769861440.0,
    "samples": [{"series": "cpu.utilisation", "labels": {}, "value": 0.93, "unit": "fraction"}],
}
STREAM_EXAMPLE = 'id: 418\nevent: now\ndata: {"at": 1769861441.9, "queue": {…}, …}\n\n: still here\n\n'
REPORT_EXAMPLE: dict[str, Any] = {
    "schema": "audapolis.analytics/1",
    "generated_at": "2026-02-07T00:00:00+00:00",
    "period": _PERIOD,
    "zone": "UTC",
    "overall": {**_WORK, "group": {}, "…": "…"},
    "…": "…",
}
RATING_EXAMPLE: dict[str, Any] = {"stars": 4, "domain": "interview"}


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuestionView(_Shape):
    """Something the history can be asked."""

    name: str
    tells: str
    by: Annotated[tuple[str, ...], Field(description="What it can be grouped by.")]


class DimensionView(_Shape):
    """Something work can be told apart by."""

    name: str
    tells: str


class FigureView(_Shape):
    """A figure of answers about processing and stages."""

    name: str
    unit: str
    tells: str


class AnalyticsView(_Shape):
    """What can be asked here."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "enabled": True,
                "questions": [{"name": "usage", "tells": QUESTIONS["usage"].tells, "by": []}],
                "dimensions": [{"name": "model", "tells": "Model that transcribed."}],
                "figures": [{"name": "queue_s", "unit": "s", "tells": FIGURES["queue_s"].tells}],
                "series": [
                    {"name": "cpu.load", "unit": "count", "tells": SERIES["cpu.load"].tells, "labels": []},
                ],
            }
        },
    )

    enabled: Annotated[bool, Field(description="Whether anything is remembered.")]
    questions: list[QuestionView]
    dimensions: list[DimensionView]
    figures: list[FigureView]
    series: list[Series]

    @classmethod
    def of(cls, *, enabled: bool) -> AnalyticsView:
        """All there is, from the tables of the history."""
        told = {name: dimension.tells for name, dimension in DIMENSIONS.items()}
        assert set(MODEL_DIMENSIONS) <= set(told) | set(_MORE_DIMENSIONS)
        return cls(
            enabled=enabled,
            questions=[QuestionView(name=each.name, tells=each.tells, by=each.by) for each in QUESTIONS.values()],
            dimensions=[
                DimensionView(name=name, tells=f"{tells.rstrip('.')}.")
                for name, tells in {**told, **_MORE_DIMENSIONS}.items()
            ],
            figures=[
                FigureView(name=each.name, unit=each.unit, tells=f"{each.tells.rstrip('.')}.")
                for each in FIGURES.values()
            ],
            series=list(SERIES.values()),
        )


class Forgotten(_Shape):
    """What is forgotten for good."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"facts": 14}})

    facts: Annotated[int, Field(description="How many facts there were; with everything forgotten, samples too.")]


class Rating(_Shape):
    """What somebody thinks of a transcript."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stars: Annotated[int, Field(strict=True, description="1, useless, to 5, nothing to correct.")]
    domain: Annotated[str, Field(description="Kind of speech, a word or two: interview, lecture.")] = ""


class RatingView(_Shape):
    """A rating as it is remembered; the last one of a task counts."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"example": {"task_id": _JOB_ID, **RATING_EXAMPLE, "model": "small", "language": "en"}},
    )

    task_id: str
    stars: int
    domain: str
    model: str
    language: str


class CorrectionView(_Shape):
    """What was counted in a correction; the last one of a task counts."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "task_id": _JOB_ID,
                "words": 1841,
                "substitutions": 62,
                "deletions": 11,
                "insertions": 19,
                "word_error": 0.05,
                "cut": 0,
                "speaker_words": 1768,
                "speaker_changes": 24,
                "speaker_error": 0.0136,
                "domain": "interview",
                "model": "small",
                "language": "en",
                "kept": "Only these counts are kept, and none of the words.",
            }
        },
    )

    task_id: str
    words: Annotated[int, Field(description="Words of the corrected text that were compared.")]
    substitutions: Annotated[int, Field(description="Recognised words that were replaced.")]
    deletions: Annotated[int, Field(description="Recognised words that were removed.")]
    insertions: Annotated[int, Field(description="Words that were added.")]
    word_error: Annotated[float | None, Field(description="Edits for a word; null where there are no words.")]
    cut: Annotated[int, Field(description="Recognised words that were cut out and not compared.")]
    speaker_words: Annotated[int | None, Field(description="Words with a speaker in both; null: nobody to compare.")]
    speaker_changes: Annotated[int | None, Field(description="Those that were given to another speaker.")]
    speaker_error: Annotated[float | None, Field(description="Their share.")]
    domain: str
    model: str
    language: str
    kept: str = "Only these counts are kept, and none of the words."


def rating_view(fact: FeedbackFact) -> RatingView:
    """A rating as clients see it."""
    return RatingView(
        task_id=fact.job_id, stars=fact.stars or 0, domain=fact.domain, model=fact.model, language=fact.language
    )


def curves_view(series: Series, period: Period, curves: list[Curve]) -> dict[str, Any]:
    """Curves as clients see them."""
    shown = [{name: value for name, value in plain(curve).items() if name != "series"} for curve in curves]
    return {"series": series.name, "unit": series.unit, "tells": series.tells, "period": plain(period), "curves": shown}


def check_step(period: Period, step_s: float | None) -> None:
    """Refuse steps so short that nobody could want them all.

    Raises:
        InvalidOption: There would be more than `MOST_STEPS`.
    """
    if step_s is not None and period.duration_s / step_s > MOST_STEPS:
        least_s = period.duration_s / MOST_STEPS
        raise InvalidOption(
            f"Steps of {step_s:g} s are too short for so long a period.",
            hint=f"Take {least_s:.3g} s or more, or leave `step_s` out.",
            field="step_s",
        )


def as_json(content: Any) -> Response:
    """An answer as JSON."""
    return JSONResponse(content)


def as_csv(name: str, rows: list[Row], columns: tuple[str, ...] = ()) -> Response:
    """A table as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Content-Type-Options": "nosniff"}
    return Response(to_csv(rows, columns), media_type="text/csv; charset=utf-8", headers=headers)
