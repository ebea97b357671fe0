"""`/api/transcripts`: finished transcripts, as JSON or in any export format."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from ...domain.codec import to_json
from ..deps import AUTHORISED, ExporterDep, SettingsDep, TasksDep
from ..downloads import download, find_media, find_task
from ..schemas import ProblemView, TranscriptEntry, TranscriptList
from ..uploads import folder_of

router = APIRouter(
    prefix="/api/transcripts",
    tags=["transcripts"],
    dependencies=AUTHORISED,
    responses={"default": {"model": ProblemView}},
)
TranscriptId = Annotated[
    str,
    Path(
        description="Id of the transcript, or of the task that made it.",
        examples=["3f1c9a52-0a54-4f0e-8f8f-4a2b8a0f6f6e"],
    ),
]

_EXAMPLE: dict[str, Any] = {
    "schema": "audapolis.transcript/1",
    "id": "3f1c9a52-0a54-4f0e-8f8f-4a2b8a0f6f6e",
    "created_at": "2026-01-31T12:00:30Z",
    "language": "en",
    "recording": {"name": "interview.wav", "sha256": "9f86d081…", "duration_s": 61.2, "audio": {}, "video": None},
    "provenance": {"engine": "pocketsphinx", "model": "pocketsphinx-en-us", "device": "cpu", "fallbacks": []},
    "speakers": [{"id": "S1", "name": "Speaker 1", "speech_s": 30.1}],
    "segments": [
        {
            "id": "s0",
            "start_s": 0.5,
            "end_s": 0.8,
            "speaker": "S1",
            "text": "Hello.",
            "confidence": 0.95,
            "words": [{"text": "Hello.", "start_s": 0.5, "end_s": 0.8, "confidence": 0.95, "speaker": "S1"}],
        }
    ],
    "translations": {},
    "quality": {},
}
_JSON: dict[int | str, dict[str, Any]] = {
    200: {"description": "The transcript.", "content": {"application/json": {"example": _EXAMPLE}}}
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {"application/x-subrip": {"example": "1\n00:00:00,500 --> 00:00:00,800\nHello.\n"}},
    }
}


@router.get("")
def list_transcripts(
    tasks: TasksDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> TranscriptList:
    """List finished transcripts, the newest first."""
    entries = [entry for job in reversed(tasks.list()) if (entry := TranscriptEntry.of(job))]
    return TranscriptList(transcripts=entries[offset : offset + limit], total=len(entries))


@router.get("/{transcript_id}", responses=_JSON, response_class=Response)
def get_transcript(transcript_id: TranscriptId, tasks: TasksDep) -> Response:
    """Show a transcript as contract JSON (`audapolis.transcript/1`)."""
    transcript = tasks.transcript(find_task(transcript_id, tasks))
    return Response(to_json(transcript), media_type="application/json")


@router.get("/{transcript_id}/export", responses=_FILE, response_class=Response)
def export_transcript(
    *,
    transcript_id: TranscriptId,
    request: Request,
    tasks: TasksDep,
    exporter: ExporterDep,
    settings: SettingsDep,
    format: Annotated[str, Query(description="One of GET /api/exports/formats.", examples=["srt"])],
) -> Response:
    """Download a transcript in a format. Further query parameters are that format's options.

    What the format can't carry is listed in the header `Audapolis-Losses`, a JSON list of sentences.
    """
    task_id = find_task(transcript_id, tasks)
    options = {key: value for key, value in request.query_params.items() if key != "format"}
    media, folder = find_media(task_id, tasks), folder_of(settings)
    return download(exporter, tasks.transcript(task_id), format, options, media=media, folder=folder)
