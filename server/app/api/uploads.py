"""Recordings on their way in: streamed to disk, within limits, and gone again unless somebody keeps them."""

from __future__ import annotations

import asyncio
import errno
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from fastapi import Request

from ..config import Settings
from ..errors import InvalidInput, StorageFull, TooLarge, UnsupportedMedia
from .multipart import FormReader, clean_name

UPLOAD_PATHS = frozenset(
    {
        "/api/tasks",
        "/api/models/import",
        "/tasks/start_transcription",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
    }
)
"""Where recordings are posted to."""

FORM_ALLOWANCE_BYTES = 1 << 20
"""What a form may hold besides the file."""

_BLOCK_BYTES = 1 << 20
_SUGGESTION = "Free some space, or lower AUDAPOLIS_SERVER__MIN_FREE_BYTES."


class Upload:
    """A recording that arrived whole.

    Attributes:
        path: Where it lies for now.
        fields: The form's text fields.
        pairs: The same in order, with those that came several times.
        name: The file's name, made fit to be shown.
    """

    def __init__(self, path: Path, name: str, fields: dict[str, str], pairs: Sequence[tuple[str, str]] = ()) -> None:
        self.path = path
        self.name = name
        self.fields = fields
        self.pairs = pairs


def folder_of(settings: Settings) -> Path:
    """Where files lie that are on their way in or out."""
    return settings.data_dir / "transfers"


def sweep(settings: Settings) -> None:
    """Remove what transfers left behind when the server was killed. Call before the first request is taken."""
    shutil.rmtree(folder_of(settings), ignore_errors=True)


@asynccontextmanager
async def receive(
    request: Request, settings: Settings, check_field: Callable[[str], None] | None = None
) -> AsyncIterator[Upload]:
    """Stream a form with a field `file` to disk.

    The file is removed when the context ends, unless it was moved away by then: `TaskManager.submit` does that
    with files it is given to own. So whatever goes wrong, nothing is left behind.

    Args:
        request: Carries the form.
        settings: Say where to, and how much.
        check_field: See `FormReader`.

    Raises:
        InvalidInput: No such form, no file in it, or the connection was cut.
        TooLarge: Over `settings.server.max_upload_bytes`.
        StorageFull: The disk has no room for it.
        UnsupportedMedia: The file is empty.
    """
    reader = FormReader(request.headers.get("content-type", ""), check_field=check_field)
    check_announced_size(request, settings)
    path = folder_of(settings) / secrets.token_hex(16)
    try:
        size_bytes = await _store(request, reader, path, settings)
        _check_complete(reader, size_bytes)
        yield Upload(path, clean_name(reader.file_name or ""), reader.fields, reader.pairs)
    finally:
        path.unlink(missing_ok=True)


def check_announced_size(request: Request, settings: Settings) -> None:
    """Refuse by the Content-Length header what can't fit, before any of it is sent.

    Raises:
        TooLarge: Over the limit.
        StorageFull: The disk has no room for it.
    """
    announced = int(request.headers.get("content-length", "0"))
    if announced > settings.server.max_upload_bytes + FORM_ALLOWANCE_BYTES:
        raise _too_large(settings)
    _check_space(settings, announced)


async def _store(request: Request, reader: FormReader, path: Path, settings: Settings) -> int:
    size_bytes = 0
    block = bytearray()
    file = await asyncio.to_thread(_create, path)
    try:
        async for piece in request.stream():
            content = reader.feed(piece)
            size_bytes += len(content)
            if size_bytes > settings.server.max_upload_bytes:
                raise _too_large(settings)
            block += content
            if len(block) >= _BLOCK_BYTES:
                await asyncio.to_thread(_write, file, bytes(block), settings)
                block.clear()
        await asyncio.to_thread(_write, file, bytes(block), settings)
    finally:
        file.close()
    return size_bytes


def _create(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb", buffering=0)


def _write(file: IO[bytes], block: bytes, settings: Settings) -> None:
    _check_space(settings, len(block))
    try:
        file.write(block)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise
        raise StorageFull(f"The disk refused the upload: {error.strerror}.", hint=_SUGGESTION) from None


def _check_space(settings: Settings, wanted_bytes: int) -> None:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes - wanted_bytes < settings.server.min_free_bytes:
        raise StorageFull(f"The server's disk is too full: {free_bytes // 2**20} MiB are left.", hint=_SUGGESTION)


def _check_complete(reader: FormReader, size_bytes: int) -> None:
    if not reader.finished:
        raise InvalidInput("The upload was cut before its end.", hint="Send it again.")
    if reader.file_name is None:
        raise InvalidInput("The form has no field 'file'.", hint="Put the recording into a field named 'file'.")
    if size_bytes == 0:
        raise UnsupportedMedia("The uploaded file is empty.", hint="Check the file and send it again.")


def _too_large(settings: Settings) -> TooLarge:
    limit = settings.server.max_upload_bytes
    return TooLarge(
        f"The upload is larger than {limit} bytes.",
        hint="Send a smaller recording, or raise AUDAPOLIS_SERVER__MAX_UPLOAD_BYTES.",
    )
