"""Everything the audapolis desktop app calls, unchanged: each path with and without its final slash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from ...export.desktop_timeline import TimelineItem
from .. import legacy_models
from ..deps import AUTHORISED, ClientDep, DownloadsDep, ExporterDep, LibraryDep, SettingsDep, TasksDep
from ..legacy_tasks import legacy_options, legacy_task, show, show_all
from ..multipart import clean_name
from ..schemas import ProblemView
from ..uploads import receive

router = APIRouter(tags=["desktop app"], dependencies=AUTHORISED, responses={"default": {"model": ProblemView}})

Handler = Callable[..., Any]
ModelId = Annotated[str, Query(description="Id of a model.", examples=["pocketsphinx-en-us"])]

_TASK = {
    "uuid": "6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5",
    "filename": "interview.mp4",
    "state": "done",
    "total": 1.0,
    "processed": 1.0,
    "content": [
        {
            "speaker": "Speaker 1",
            "content": [
                {"type": "silence", "sourceStart": 0.0, "length": 0.5},
                {"type": "word", "word": "Hello.", "sourceStart": 0.5, "length": 0.5, "conf": 0.95},
            ],
        }
    ],
    "progress": 1.0,
    "error": None,
}
_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "fileName": {"type": "string", "description": "Name to show."},
        },
    },
    "example": {"file": "(the recording)", "fileName": "interview.mp4"},
}


def _route(method: str, path: str, example: Any, **more: Any) -> Callable[[Handler], Handler]:
    """Register a handler for a path with and without its final slash; the former is the documented one."""
    media_type = more.pop("media_type", "application/json")
    content = {media_type: {"schema": {"type": "null"}} if example is None else {"example": example}}
    answer: dict[int | str, dict[str, Any]] = {200: {"description": "As before.", "content": content}}

    def register(handler: Handler) -> Handler:
        for shown, variant in ((True, path), (False, path.rstrip("/") if path.endswith("/") else f"{path}/")):
            router.add_api_route(variant, handler, methods=[method], responses=answer, include_in_schema=shown, **more)
        return handler

    return register


@_route(
    "POST",
    "/tasks/start_transcription/",
    {**_TASK, "state": "queued", "content": None, "progress": 0.0},
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": _FORM}}},
)
async def start_transcription(
    *,
    request: Request,
    tasks: TasksDep,
    settings: SettingsDep,
    library: LibraryDep,
    client: ClientDep,
    transcription_model: ModelId,
    diarize: bool = False,
    diarize_max_speakers: Annotated[int | None, Query(ge=1)] = None,
) -> dict[str, Any]:
    """Upload a recording and have it transcribed."""
    options = legacy_options(transcription_model, diarize, diarize_max_speakers, library)
    async with receive(request, settings) as upload:
        name = clean_name(upload.fields.get("fileName") or upload.name)
        job = await run_in_threadpool(
            tasks.submit,
            upload.path,
            name=name,
            options=options,
            owns_source=True,
            origin="desktop",
            client=client,
        )
    return legacy_task(job)


@_route(
    "POST",
    "/tasks/download_model/",
    {
        "model_id": "pocketsphinx-en-us",
        "uuid": "0c6a3f6c-6a9b-4a55-9a3e-3a1f4b8f0e55",
        "state": "done",
        "total": 1.0,
        "processed": 1.0,
        "progress": 1.0,
    },
)
def download_model(model_id: ModelId, downloads: DownloadsDep) -> Any:
    """Download a model. What is built in is there already, so the task is done at once."""
    return downloads.start(model_id)


@_route("GET", "/tasks/list/", [{**_TASK, "content": None}])
def list_tasks(tasks: TasksDep, downloads: DownloadsDep) -> list[dict[str, Any]]:
    """List tasks, without their results."""
    return show_all(tasks, downloads)


@_route("GET", "/tasks/{task_uuid}/", _TASK)
def get_task(task_uuid: str, tasks: TasksDep, downloads: DownloadsDep) -> dict[str, Any]:
    """Show a task, with its result once it is done."""
    return show(tasks, downloads, task_uuid)


@_route("DELETE", "/tasks/{task_uuid}/", None)
def delete_task(task_uuid: str, tasks: TasksDep, downloads: DownloadsDep) -> None:
    """Delete a task, stopping it if need be. The app does this once it has the result."""
    if not downloads.delete(task_uuid):
        tasks.delete(task_uuid)


@_route("GET", "/models/available", legacy_models.available())
def available_models(library: LibraryDep) -> dict[str, Any]:
    """List languages with their models."""
    return legacy_models.available(library)


@_route("GET", "/models/downloaded", legacy_models.downloaded())
def downloaded_models(library: LibraryDep) -> dict[str, Any]:
    """List the models on this machine."""
    return legacy_models.downloaded(library)


@_route("POST", "/models/delete", "", media_type="text/plain", response_class=Response)
def delete_model(model_id: ModelId, library: LibraryDep) -> Response:
    """Delete a model. Those that are built in can't be."""
    legacy_models.delete(model_id, library)
    return Response("", media_type="text/plain")


@_route("POST", "/util/otio/convert", "(the timeline)", media_type="text/plain", response_class=Response)
def convert_timeline(
    exporter: ExporterDep,
    name: Annotated[str, Query(description="Name of the timeline.", examples=["my film"])],
    adapter: Annotated[str, Query(description="OpenTimelineIO adapter.", examples=["otio_json"])],
    items: Annotated[
        list[TimelineItem],
        Body(
            examples=[
                [
                    {
                        "speaker": "Speaker 1",
                        "source_file": "media/9f86d081",
                        "source_length": 61.2,
                        "has_video": False,
                        "source_start": 0.5,
                        "length": 2.7,
                    }
                ]
            ]
        ),
    ],
) -> Response:
    """Turn a list of stretches into a timeline for an editing program. AAF is binary, all others are text."""
    content, extension = exporter.convert_timeline(name, adapter, [asdict(item) for item in items])
    return Response(content, media_type="application/octet-stream" if extension == "aaf" else "text/plain")
