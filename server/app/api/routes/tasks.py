"""`/api/tasks`: recordings on their way to transcripts, and `/api/events`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from ...domain.codec import to_plain
from ...domain.options import TranscribeOptions
from ...errors import InvalidOption
from ...export_desk import ExportDesk
from ...jobs.record import JobState
from ..deps import AUTHORISED, ChecksDep, ClientDep, ExportDeskDep, LiveDep, MonitorDep, SettingsDep, TasksDep
from ..events import all_stream, event_id, task_stream
from ..multipart import clean_name
from ..schemas import ProblemView, TaskList, TaskView, read_options
from ..uploads import receive

router = APIRouter(
    prefix="/api", tags=["tasks"], dependencies=AUTHORISED, responses={"default": {"model": ProblemView}}
)
TaskId = Annotated[str, Path(description="Id of the task.", examples=["6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"])]

MAX_PRIORITY = 1000

_STREAM_EXAMPLE = (
    'id: 5d1f0c9a7e3b2a10\nevent: task\ndata: {"id": "6d0b3c1e-…", "state": "running", "progress": 0.42, …}\n\n'
    ": still here\n\n"
    'id: 90c4d2e1b7a6f835\nevent: end\ndata: {"id": "6d0b3c1e-…", "state": "done", "progress": 1.0, …}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events.", "content": {"text/event-stream": {"example": _STREAM_EXAMPLE}}}
}
_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter: nginx must not hold it back


def _form() -> dict[str, Any]:
    defaults = to_plain(TranscribeOptions())
    options = {name: {"type": "string", "default": value} for name, value in defaults.items()}
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "The recording: audio or video."},
            "name": {"type": "string", "description": "Name to show; the file's name when not given."},
            "priority": {"type": "integer", "default": 0, "description": "Higher goes first."},
            "exports": {
                "type": "string",
                "description": "Export presets it is exported with once done: `preset` or `preset@target`, commas "
                "between; `none` for no export. Those of the settings when not given.",
            },
            **options,
        },
    }
    example = {"file": "(the recording)", "diarize": "true", "max_speakers": "4", "priority": "0"}
    content = {"multipart/form-data": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.post("/tasks", status_code=201, openapi_extra=_form())
async def submit_task(
    *,
    request: Request,
    response: Response,
    tasks: TasksDep,
    settings: SettingsDep,
    check: ChecksDep,
    desk: ExportDeskDep,
    client: ClientDep,
) -> TaskView:
    """Upload a recording and have it transcribed. The answer comes when the upload is safely stored."""
    async with receive(request, settings) as upload:
        name = clean_name(upload.fields.pop("name", "") or upload.name)
        priority = _priority(upload.fields.pop("priority", ""))
        exports = _exports(upload.fields.pop("exports", ""), desk)
        options = read_options(upload.fields)
        await run_in_threadpool(check, options)
        job = await run_in_threadpool(
            tasks.submit,
            upload.path,
            name=name,
            options=options,
            priority=priority,
            owns_source=True,
            exports=exports,
            origin="api",
            client=client,
        )
    response.headers["Location"] = f"/api/tasks/{job.id}"
    return TaskView.of(job)


@router.get("/tasks")
def list_tasks(
    tasks: TasksDep,
    state: Annotated[JobState | None, Query(description="Only tasks in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> TaskList:
    """List tasks, the newest first."""
    jobs = [job for job in reversed(tasks.list()) if state in {None, job.state}]
    return TaskList(tasks=[TaskView.of(job) for job in jobs[offset : offset + limit]], total=len(jobs))


@router.get("/tasks/{task_id}")
def get_task(task_id: TaskId, tasks: TasksDep) -> TaskView:
    """Show one task."""
    return TaskView.of(tasks.get(task_id))


@router.delete("/tasks/{task_id}", status_code=204, responses={204: {"description": "It is gone."}})
def delete_task(
    task_id: TaskId,
    tasks: TasksDep,
    monitor: MonitorDep,
    forget: Annotated[bool, Query(description="Forget what analytics remember of it, too.")] = False,
) -> None:
    """Stop a task if need be, and delete it with its recording and transcript."""
    tasks.delete(task_id)
    if forget:
        monitor.settle()
        monitor.history.forget_job(task_id)


@router.post("/tasks/{task_id}/cancel")
def cancel_task(task_id: TaskId, tasks: TasksDep) -> TaskView:
    """Stop a task. What it has finished is kept for a retry."""
    return TaskView.of(tasks.cancel(task_id))


@router.post("/tasks/{task_id}/retry")
def retry_task(task_id: TaskId, tasks: TasksDep) -> TaskView:
    """Queue a task again that failed, was cancelled or quarantined."""
    return TaskView.of(tasks.retry(task_id))


@router.get("/tasks/{task_id}/events", responses=_STREAM, response_class=StreamingResponse)
def watch_task(
    task_id: TaskId,
    tasks: TasksDep,
    live: LiveDep,
    last_event_id: Annotated[str | None, Header(description="Id of the last event seen.")] = None,
) -> Response:
    """Follow one task: its present state at once, every change, and the end of the stream after the last one.

    Events are named `task`, the last one `end` (or `deleted`); data is the task. A client that reconnects although
    it saw the end gets 204, which tells browsers to stop.
    """
    task = TaskView.of(tasks.get(task_id))
    if task.ended and last_event_id == event_id(task):
        return Response(status_code=204)
    stream = task_stream(live, lambda i: TaskView.of(tasks.get(i)), task_id, last_event_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_STREAM_HEADERS)


@router.get("/events", responses=_STREAM, response_class=StreamingResponse)
def watch_all_tasks(tasks: TasksDep, live: LiveDep) -> Response:
    """Follow all tasks: the present state of those that have not ended, then every change. Never ends by itself."""
    stream = all_stream(live, lambda i: TaskView.of(tasks.get(i)), lambda: [TaskView.of(job) for job in tasks.list()])
    return StreamingResponse(stream, media_type="text/event-stream", headers=_STREAM_HEADERS)


def _exports(text: str, desk: ExportDesk) -> list[str] | None:
    wishes = [wish.strip() for wish in text.split(",") if wish.strip()]
    if not wishes or wishes == ["none"]:
        return [] if wishes else None
    desk.check_wishes(wishes)
    return wishes


def _priority(text: str) -> int:
    if re.fullmatch(r"(-?[0-9]{1,4})?", text) and abs(int(text or 0)) <= MAX_PRIORITY:
        return int(text or 0)
    raise InvalidOption(
        f"The priority can't be '{text}'.",
        hint=f"Give a whole number from -{MAX_PRIORITY} to {MAX_PRIORITY}.",
        field="priority",
    )
