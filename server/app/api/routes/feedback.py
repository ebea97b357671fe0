"""What people think of a transcript: stars, and what they corrected, of which only counts are kept."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.concurrency import run_in_threadpool

from ...analytics.corrections import corrected
from ...analytics.feedback import Subject, checked_domain, corrected_by_hand, rated, read_corrected
from ...errors import UnsupportedMedia
from ...performance_monitor import PerformanceMonitor
from ...tasks import TaskManager
from ..analytics_shapes import RATING_EXAMPLE, CorrectionView, Rating, RatingView, rating_view
from ..deps import AUTHORISED, RememberingDep, TasksDep
from ..schemas import ProblemView

router = APIRouter(
    prefix="/api/tasks/{task_id}",
    tags=["analytics"],
    dependencies=AUTHORISED,
    responses={"default": {"model": ProblemView}},
)
TaskId = Annotated[str, Path(description="Id of the task.", examples=["6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"])]

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "All of the corrected transcript, told apart by what is in it; 32 MiB at most.",
        "content": {
            "text/plain": {"schema": {"type": "string"}, "example": "Anna: Good morning.\nBen: Good morning, Anna."},
            "application/json": {
                "schema": {"type": "object", "description": "A transcript, or a document's `document.json`."},
                "example": {"schema": "audapolis.transcript/1", "segments": [{"text": "Good morning.", "…": "…"}]},
            },
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary", "description": "An `.audapolis` document."},
                "example": "(an .audapolis file)",
            },
        },
    }
}


@router.post("/rating")
def rate_task(
    task_id: TaskId,
    tasks: TasksDep,
    monitor: RememberingDep,
    rating: Annotated[Rating, Body(examples=[RATING_EXAMPLE])],
) -> RatingView:
    """Rate a finished task's transcript. Who rates again replaces the rating."""
    subject = Subject.of_transcript(task_id, tasks.transcript(task_id))
    fact = rated(subject, rating.stars, at=time.time(), domain=rating.domain)
    monitor.remember([fact])
    return rating_view(fact)


@router.post("/correction", openapi_extra=_BODY)
async def correct_task(
    task_id: TaskId,
    request: Request,
    tasks: TasksDep,
    monitor: RememberingDep,
    domain: Annotated[str, Query(description="Kind of speech, a word or two.", examples=["interview"])] = "",
) -> CorrectionView:
    """Tell what of a finished task's transcript was corrected: send the corrected one, all of it.

    It is compared with what was recognised, counted, and let go of: no words are kept, and the task's transcript stays
    as it is. Of a large `.audapolis` document send the `document.json` in it. Who corrects again replaces the counts.
    """
    domain = checked_domain(domain)
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedMedia(
            "A correction is the body itself, not a form.", hint="With curl: --data-binary @talk.txt, not -F."
        )
    body = await request.body()
    return await run_in_threadpool(_count, task_id, body, domain, tasks, monitor)


def _count(task_id: str, body: bytes, domain: str, tasks: TaskManager, monitor: PerformanceMonitor) -> CorrectionView:
    recognised = tasks.transcript(task_id)
    subject = Subject.of_transcript(task_id, recognised)
    correction = corrected(recognised, read_corrected(body))
    monitor.remember([corrected_by_hand(subject, correction, at=time.time(), domain=domain)])
    return CorrectionView(
        task_id=task_id,
        words=correction.words,
        substitutions=correction.substitutions,
        deletions=correction.deletions,
        insertions=correction.insertions,
        word_error=correction.word_error,
        cut=correction.cut,
        speaker_words=correction.speaker_words,
        speaker_changes=correction.speaker_changes,
        speaker_error=correction.speaker_error,
        domain=domain,
        model=subject.model,
        language=subject.language,
    )
