"""`/api/transcripts/…/translations`: a transcript's text in other languages."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from ...config import Settings
from ...domain.transcript import Transcript
from ...errors import InvalidInput, InvalidOption
from ...tasks import TaskManager
from ...translation_desk import TranslationDesk
from ...translations.tracks import texts_of
from ..deps import AUTHORISED, SettingsDep, TasksDep, TranslationsDep
from ..downloads import find_task
from ..schemas import ProblemView
from ..translation_shapes import AddedTrack, AlignmentView, TrackList, TrackView, TranslationRequest
from ..uploads import Upload, receive
from .transcripts import TranscriptId

router = APIRouter(
    prefix="/api/transcripts",
    tags=["transcripts"],
    dependencies=AUTHORISED,
    responses={"default": {"model": ProblemView}},
)
Language = Annotated[str, Path(description="A language the transcript has a translation into.", examples=["de"])]

_JSON_EXAMPLE = {"language": "de", "lines": [{"segment": "seg-1", "text": "Hallo."}]}


def _bodies() -> dict[str, Any]:
    form = {
        "type": "object",
        "required": ["file", "language"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "SRT, WebVTT, CSV, TSV or transcript JSON."},
            "language": {"type": "string", "description": "What it is written in."},
        },
    }
    content = {
        "application/json": {"schema": TranslationRequest.model_json_schema(), "example": _JSON_EXAMPLE},
        "multipart/form-data": {"schema": form, "example": {"file": "(the subtitles)", "language": "de"}},
    }
    return {"requestBody": {"required": True, "content": content}}


@router.get("/{transcript_id}/translations")
def list_translations(transcript_id: TranscriptId, tasks: TasksDep, desk: TranslationsDep) -> TrackList:
    """List the languages a transcript has text in, the original first."""
    transcript = tasks.transcript(find_task(transcript_id, tasks))
    return TrackList(languages=[TrackView.of(track) for track in desk.languages(transcript)])


@router.post("/{transcript_id}/translations", status_code=201, openapi_extra=_bodies())
async def add_translation(
    *, transcript_id: TranscriptId, request: Request, tasks: TasksDep, settings: SettingsDep, desk: TranslationsDep
) -> AddedTrack:
    """Add a translation, in place of one of the same language: from a file, line by line, or made by the server.

    A file (multipart) is aligned with the segments by time, or by segment ids in a table. With JSON, `lines` are taken
    as they are; without them the server translates with the service or model its settings name, and answers when
    that is done.
    """
    task_id = await run_in_threadpool(find_task, transcript_id, tasks)
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with receive(request, settings) as upload:
            return await run_in_threadpool(_import, desk, tasks, task_id, upload)
    wanted = _read(await request.body())
    return await run_in_threadpool(_translate, desk, tasks, task_id, wanted, settings)


@router.delete(
    "/{transcript_id}/translations/{language}", status_code=204, responses={204: {"description": "It is gone."}}
)
def delete_translation(transcript_id: TranscriptId, language: Language, tasks: TasksDep, desk: TranslationsDep) -> None:
    """Remove a translation."""
    tasks.amend(find_task(transcript_id, tasks), partial(desk.remove, language=language))


def _read(body: bytes) -> TranslationRequest:
    try:
        return TranslationRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidInput(
            f"The request can't be understood: {first['msg']} (at {field}).",
            hint="Send JSON with 'language' and maybe 'lines', or a form with 'file' and 'language'.",
            field=field,
        ) from None


def _import(desk: TranslationDesk, tasks: TaskManager, task_id: str, upload: Upload) -> AddedTrack:
    language = upload.fields.get("language", "")
    if not language:
        raise InvalidOption("The form does not say which language the file is in.", field="language")
    changed, report = desk.import_track(tasks.transcript(task_id), upload.path, language, name=upload.name)
    stored = _store(desk, tasks, task_id, changed, report.language)
    return _added(desk, stored, report.language, AlignmentView.of(report))


def _translate(
    desk: TranslationDesk, tasks: TaskManager, task_id: str, wanted: TranslationRequest, settings: Settings
) -> AddedTrack:
    if wanted.lines is not None:
        texts = {line.segment: line.text for line in wanted.lines}
        stored = tasks.amend(task_id, lambda current: desk.put(current, wanted.language, texts))
        return _added(desk, stored, wanted.language)
    transcript = tasks.transcript(task_id)
    changed = desk.translate(transcript, wanted.language, desk.translator(settings))
    return _added(desk, _store(desk, tasks, task_id, changed, wanted.language), wanted.language)


def _store(desk: TranslationDesk, tasks: TaskManager, task_id: str, changed: Transcript, language: str) -> Transcript:
    """Store one track of a transcript; others may have been added while it was made."""
    track = _track_name(changed, language)
    texts = texts_of(changed.translations[track])
    return tasks.amend(task_id, lambda current: desk.put(current, track, texts))


def _added(
    desk: TranslationDesk, transcript: Transcript, language: str, alignment: AlignmentView | None = None
) -> AddedTrack:
    name = _track_name(transcript, language)
    track = next(track for track in desk.languages(transcript) if track.language == name and not track.original)
    return AddedTrack(**TrackView.of(track).model_dump(), alignment=alignment)


def _track_name(transcript: Transcript, language: str) -> str:
    wanted = language.strip().replace("_", "-").lower()
    return next(name for name in transcript.translations if name.lower() == wanted)
