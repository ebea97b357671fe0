"""Jobs whose client waits on the line. They go before others, end when the client leaves, and leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..config import Settings
from ..domain.options import TranscribeOptions
from ..errors import AudapolisError, Conflict, NotFound
from ..jobs.record import Job, JobState
from ..tasks import TaskManager
from ..terminal.problems import error_named
from .events import Live
from .uploads import Upload

log = logging.getLogger(__name__)

PRIORITY = 6
"""Each step is worth ten minutes of waiting: an hour's lead over what was submitted to be done some time."""

LOOK_S = 0.5
"""How often it is looked whether the client is still there."""


def folder_of(settings: Settings) -> Path:
    """Where it is noted which jobs have somebody waiting for them, one empty file each."""
    return settings.data_dir / "interactive"


def is_interactive(settings: Settings) -> Callable[[str], bool]:
    """Tells whether somebody waits for a job on the line."""
    folder = folder_of(settings)
    return lambda job_id: (folder / job_id).exists()


def sweep(settings: Settings, tasks: TaskManager) -> None:
    """Delete the jobs of an earlier run of the server: those who waited for them are gone."""
    for note in folder_of(settings).glob("*"):
        _discard(tasks, note)


class Interactive:
    """The jobs of waiting clients.

    Args:
        tasks: Where jobs are run.
        live: Tells when something happened to one.
        settings: Say where the files are.
    """

    def __init__(self, tasks: TaskManager, live: Live, settings: Settings) -> None:
        self._tasks = tasks
        self._live = live
        self._folder = folder_of(settings)

    async def begin(self, upload: Upload, options: TranscribeOptions, client: str) -> Job:
        """Queue a recording of a client. Whoever calls this calls `discard` in the end."""
        return await run_in_threadpool(self._begin, upload, options, client)

    async def follow(self, request: Request, job_id: str) -> AsyncIterator[Job]:
        """The job as it is, now and whenever something may have happened, until it has ended.

        Raises:
            ClientDisconnect: Nobody waits any more.
            HTTPException: The server stops (503).
        """
        with self._live.watch(job_id) as watcher:
            while True:
                job = await run_in_threadpool(self._tasks.get, job_id)
                yield job
                if job.state.ended:
                    return
                if self._live.closed:
                    raise HTTPException(503, "The server is being stopped. Send the request again later.")
                await watcher.wait(LOOK_S)
                if await request.is_disconnected():
                    raise ClientDisconnect

    async def discard(self, job_id: str) -> None:
        """Stop the job if need be, and delete it with its recording; goes on even if the caller is cancelled."""
        work = asyncio.get_running_loop().run_in_executor(None, _discard, self._tasks, self._folder / job_id)
        await asyncio.shield(work)

    def _begin(self, upload: Upload, options: TranscribeOptions, client: str) -> Job:
        job = self._tasks.submit(
            upload.path,
            name=upload.name,
            options=options,
            priority=PRIORITY,
            owns_source=True,
            exports=(),
            origin="openai",
            client=client,
            kind="interactive",
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / job.id).touch()
        return job


def check_done(job: Job) -> None:
    """Say why there is no transcript, if there is none.

    Raises:
        AudapolisError: What the job ended with.
    """
    if job.error is not None:
        raise error_named(job.error.code, job.error.message, job.error.hint)
    if job.state is not JobState.DONE:
        raise Conflict("The transcription was cancelled on the server.", hint="Send the request again.")


def _discard(tasks: TaskManager, note: Path) -> None:
    """Delete a job and the note of it; where that fails now, the next start of the server does it."""
    try:
        with contextlib.suppress(NotFound):
            tasks.delete(note.name)
        note.unlink(missing_ok=True)
    except (AudapolisError, OSError):
        log.warning("The job %s is left for the next start to delete", note.name, exc_info=True)
