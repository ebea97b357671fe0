"""Takes a recording from a client of OpenAI's audio routes and hands back what it asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse

from ..advanced_export import AdvancedExporter
from ..config import Settings
from ..domain.options import TranscribeOptions
from ..domain.transcript import Transcript
from ..errors import UnknownName
from ..jobs.record import Job
from ..models import ModelLibrary
from ..tasks import TaskManager
from .interactive import Interactive, check_done
from .openai_models import Served, find_served, no_such_model
from .openai_request import AudioRequest, Task
from .openai_shapes import as_diarized, as_json, as_verbose, text_of
from .openai_stream import stream
from .uploads import receive


@dataclass(frozen=True, slots=True)
class Desk:
    """Serves one request after the other; has no state of its own."""

    tasks: TaskManager
    jobs: Interactive
    library: ModelLibrary
    exporter: AdvancedExporter
    settings: Settings
    check: Callable[[TranscribeOptions], None]
    client: str = ""

    async def serve(self, request: Request, task: Task) -> Response:
        """Answer a request when its recording is done, or with a stream while it is being worked on.

        Raises:
            AudapolisError: The request makes no sense, or the work failed.
            ClientDisconnect: The client left; its job is stopped and deleted.
        """
        async with receive(request, self.settings, task.check_field) as upload:
            wish = await run_in_threadpool(task.read, upload.pairs, self._find)
            await run_in_threadpool(self._check, wish.options)
            job = await self.jobs.begin(upload, wish.options, self.client)
        if wish.stream:
            return await stream(request, self.jobs, self.tasks, job, wish)
        try:
            return await self._answer(request, job, wish)
        finally:
            await self.jobs.discard(job.id)

    async def _answer(self, request: Request, job: Job, wish: AudioRequest) -> Response:
        async for state in self.jobs.follow(request, job.id):
            job = state
        check_done(job)
        transcript = await run_in_threadpool(self.tasks.transcript, job.id)
        return await run_in_threadpool(self._shape, transcript, wish)

    def _shape(self, transcript: Transcript, wish: AudioRequest) -> Response:
        match wish.format:
            case "json":
                return JSONResponse(as_json(transcript, logprobs=wish.logprobs))
            case "verbose_json":
                task = wish.options.task
                return JSONResponse(as_verbose(transcript, task=task, words=wish.words, segments=wish.segments))
            case "diarized_json":
                return JSONResponse(as_diarized(transcript))
            case "text":
                return PlainTextResponse(f"{text_of(transcript.segments)}\n")
            case "srt" | "vtt":
                style = {"speakers": wish.options.diarize}
                return PlainTextResponse(self.exporter.render(transcript, wish.format, style).content)

    def _find(self, name: str) -> Served:
        return find_served(self.library, name)

    def _check(self, options: TranscribeOptions) -> None:
        try:
            self.check(options)
        except UnknownName as error:
            if error.data["kind"] != "model":
                raise
            raise no_such_model(error) from None
