"""Exports on their way out: rendered to disk, because some carry the recording, and gone when they are sent."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from ..advanced_export import AdvancedExporter
from ..domain.codec import to_json
from ..domain.transcript import Transcript
from ..errors import NotFound
from ..export.material import Material
from ..export.workflow.plan import Subject
from ..tasks import TaskManager

_BLOCK_BYTES = 1 << 20


def find_task(transcript_id: str, tasks: TaskManager) -> str:
    """The task that made a transcript. A task's own id will do as well.

    Raises:
        NotFound: It is the id of neither.
    """
    try:
        return tasks.find_transcript(transcript_id).id
    except NotFound:
        return tasks.get(transcript_id).id


def find_media(task_id: str, tasks: TaskManager) -> Path | None:
    """The recording of a task; None when it is gone, which only some formats mind."""
    try:
        return tasks.media(task_id)
    except NotFound:
        return None


def check_done(transcript_id: str, tasks: TaskManager) -> None:
    """Make sure that there is a transcript, by its own id or its task's, without reading it.

    Raises:
        NotFound: There is none.
        Conflict: It is not done.
    """
    job = tasks.get(find_task(transcript_id, tasks))
    if job.transcript_id is None:
        tasks.transcript(job.id)  # says why there is none


def subject_of(transcript_id: str, tasks: TaskManager) -> Subject:
    """A transcript as batches of exports take it, by its own id or its task's.

    Raises:
        NotFound: There is none.
        Conflict: It is not done.
    """
    task_id = find_task(transcript_id, tasks)
    transcript = tasks.transcript(task_id)
    name = PurePosixPath(transcript.recording.name).name or "recording"
    digest = hashlib.sha256(to_json(transcript)).hexdigest()

    def open_it() -> Material:
        return Material.of(tasks.transcript(task_id), media=find_media(task_id, tasks))

    return Subject(Path("/", task_id, name), digest, open_it)


def download(
    exporter: AdvancedExporter,
    transcript: Transcript,
    format_id: str,
    options: Mapping[str, str],
    *,
    media: Path | None,
    folder: Path,
) -> StreamingResponse:
    """Render a transcript and send it as a file.

    Args:
        exporter: What renders.
        transcript: What to render.
        format_id: In which format.
        options: The format's options.
        media: The recording, for formats that carry it.
        folder: Where to render to.
    """
    info = exporter.check(format_id, options)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    written = exporter.write(transcript, path, format_id, options, media=media)
    file = path.open("rb")
    path.unlink()  # open files outlive their names: now nothing can be left behind
    name = f"{PurePosixPath(transcript.recording.name).stem}.{info.extension}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Length": str(written.size_bytes),
        "Audapolis-Losses": json.dumps(written.losses),
        "Audapolis-Warnings": json.dumps((*written.report.warnings, *written.report.problems)),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_blocks(file), media_type=info.media_type, headers=headers)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block
