"""A transcription as OpenAI's stream of events: text as soon as it is known for good, the whole text at the end.

The deltas joined are the text of `transcript.text.done`, unless another engine had to take over in between.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from ..domain.transcript import Segment, Transcript
from ..errors import AudapolisError
from ..jobs.record import Job
from ..tasks import TaskManager
from .events import HEARTBEAT, HEARTBEAT_S
from .interactive import Interactive, check_done
from .openai_request import AudioRequest
from .openai_shapes import diarized_segment, speaker_labels, text_of, word_logprobs

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_LOOK_SHARE = 0.1
"""At most this share of the time goes into working out what is settled; it grows with the recording's length."""


class Events:
    """Turns the segments of one recording into events, in order.

    Args:
        wish: What the client asked for.
    """

    def __init__(self, wish: AudioRequest) -> None:
        self._wish = wish
        self._labels: dict[str, str] = {}
        self.told = 0

    def tell(self, segments: Sequence[Segment]) -> list[bytes]:
        """Events of the next segments."""
        return [event for segment in segments for event in self._of(segment)]

    def end(self, transcript: Transcript) -> list[bytes]:
        """Events of what was not told yet, and the last ones."""
        self._labels = speaker_labels(transcript)
        rest = self.tell(transcript.segments[self.told :])
        logprobs = {"logprobs": word_logprobs(transcript.words)} if self._wish.logprobs else {}
        done = {
            "type": "transcript.text.done",
            "text": text_of(transcript.segments),
            "languages": [{"code": transcript.language}],
            **logprobs,
        }
        return [*rest, encode(done), b"data: [DONE]\n\n"]

    def _of(self, segment: Segment) -> list[bytes]:
        space = " " if self.told else ""
        self.told += 1
        delta: dict[str, Any] = {"type": "transcript.text.delta", "delta": f"{space}{segment.text}"}
        if self._wish.logprobs:
            delta["logprobs"] = word_logprobs(segment.words)
        if self._wish.format != "diarized_json":
            return [encode(delta)]
        shown = diarized_segment(segment, self._labels)
        return [encode({**delta, "segment_id": shown["id"]}), encode(shown)]


def encode(event: dict[str, Any]) -> bytes:
    """An event on the wire."""
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


class EventStream(StreamingResponse):
    """Sends events, and deletes their job however the sending ends."""

    def __init__(self, content: AsyncIterator[bytes], jobs: Interactive, job: Job) -> None:
        super().__init__(content, media_type="text/event-stream", headers=_HEADERS)
        self._jobs = jobs
        self._job = job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._jobs.discard(self._job.id)


async def stream(request: Request, jobs: Interactive, tasks: TaskManager, job: Job, wish: AudioRequest) -> Response:
    """Begin to answer with events; what goes wrong before the first is raised, and so gets a status of its own.

    Raises:
        AudapolisError: What the job ended with before anything was understood.
        ClientDisconnect: The client left.
    """
    events = _events(request, jobs, tasks, job, wish)
    try:
        first = await anext(events)
    except BaseException:
        await jobs.discard(job.id)
        raise
    return EventStream(_resumed(first, events), jobs, job)


async def _resumed(first: bytes, events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    try:
        async for event in events:
            yield event
    except ClientDisconnect:
        return
    except AudapolisError as error:
        told = {"message": str(error), "type": "server_error", "param": None, "code": error.code}
        yield encode({"error": told})


async def _events(
    request: Request, jobs: Interactive, tasks: TaskManager, job: Job, wish: AudioRequest
) -> AsyncIterator[bytes]:
    events, unfolding = Events(wish), tasks.unfolding(job.id)
    quiet_since = look_at = time.monotonic()
    async for job in jobs.follow(request, job.id):  # noqa: B020, PLR1704 - the same job, as it goes on
        now = time.monotonic()
        if not job.state.ended and now >= look_at:
            for event in events.tell(await run_in_threadpool(unfolding.look)):
                yield event
                quiet_since = now
            look_at = now + (time.monotonic() - now) / _LOOK_SHARE
        if now - quiet_since > HEARTBEAT_S:
            yield HEARTBEAT
            quiet_since = now
    check_done(job)
    for event in events.end(await run_in_threadpool(tasks.transcript, job.id)):
        yield event
