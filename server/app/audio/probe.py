"""What a media file holds, before anything is decoded."""

from __future__ import annotations

import os
from pathlib import Path

from ..domain.cancellation import CancelToken
from ..domain.codec import from_plain
from ..domain.recording import MediaInfo
from .sources import check_readable
from .supervise import Allowance, run_child


def probe(path: Path, *, timeout_s: float = 30, cancel: CancelToken | None = None) -> MediaInfo:
    """Read a file's container and stream facts, in a child process.

    A file without sound is no error here: its `audio_tracks` are empty, and `decode` refuses it.

    Args:
        path: The media file; its name's extension does not matter.
        timeout_s: Reading the headers may take so long.
        cancel: Stops it within a second.

    Raises:
        NotFound: No such file.
        UnsupportedMedia: Not a recording in a format we read; the message says what it looks like instead.
        Cancelled: `cancel` was set.
        WorkerCrashed: Somebody killed the child.
    """
    check_readable(path)
    request = {"action": "probe", "path": os.path.abspath(path)}  # noqa: PTH100 - must not follow links
    result = run_child(
        request,
        stall_timeout_s=timeout_s,
        allowance=Allowance(cpu_s=60, file_bytes=0),
        cancel=cancel or CancelToken(),
        on_progress=lambda _done_s, _total_s: None,
    )
    return from_plain(MediaInfo, result)
