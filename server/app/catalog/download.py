"""Files from the hub to a folder: resumable after any break, checked, cancellable."""

from __future__ import annotations

import errno
import shutil
import time
import urllib.error
from collections.abc import Callable, Sequence
from pathlib import Path

from ..domain.cancellation import CancelToken
from ..errors import ModelMissing, StorageFull
from .http import BROKEN, Interruptible
from .hub import Hub, RemoteFile, intact, reason
from .shelf import storage

Progress = Callable[[int, int], None]

TRIES = 5
"""Breaks in a row, without a byte between them, after which a download is given up for now."""
PAUSE_S = 1.0
"""Wait before the second try; doubles with each further one."""
_READ_BYTES = 1 << 18
_SPARE_BYTES = 64 * 2**20
_PARTIAL = 206
_PASSING = {408, 416, 425, 429, 500, 502, 503, 504}


class Download:
    """Fetches files into a folder. What is there already, whole or in part, is not fetched again.

    Args:
        hub: Where from.
        folder: Where to.
        on_progress: Told bytes there and bytes in all, from the caller's thread.
        cancel: Stops it within 2 s.
    """

    def __init__(self, hub: Hub, folder: Path, *, on_progress: Progress, cancel: CancelToken) -> None:
        self._hub = hub
        self._folder = folder
        self._on_progress = on_progress
        self._cancel = cancel
        self._there = 0
        self._total = 0

    def run(self, files: Sequence[RemoteFile]) -> None:
        """Fetch the files.

        Raises:
            Cancelled: What was fetched stays for the next time.
            ModelMissing: One can't be had, or arrived damaged; the message names it.
            StorageFull: They do not fit on the disk.
        """
        self._total = sum(file.size_bytes for file in files)
        parts = [(file, self._folder / file.target) for file in files]
        self._there = sum(min(_size(path), file.size_bytes) for file, path in parts)
        self._check_room()
        self._on_progress(self._there, self._total)
        for file, path in parts:
            self._fetch(file, path)
            self._check(file, path)
        self._on_progress(self._total, self._total)

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._folder).free
        missing = self._total - self._there
        if missing + _SPARE_BYTES > free:
            raise StorageFull(
                f"The model needs {missing / 1e6:.0f} MB more, and the disk has {free / 1e6:.0f} MB left.",
                hint="Free some space, or set AUDAPOLIS_MODELS__DIR to a folder with room.",
            )

    def _fetch(self, file: RemoteFile, path: Path) -> None:
        with storage():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        failures = 0
        while (size := _size(path)) < file.size_bytes:
            try:
                self._read_on(file, path)
                problem = "the connection was cut"
            except urllib.error.HTTPError as error:
                if error.code not in _PASSING:
                    raise self._hub.refusal(error, file.repo) from None
                error.close()
                problem = f"the server answered {error.code}"
            except BROKEN as error:
                if getattr(error, "errno", None) == errno.ENOSPC:
                    with storage():
                        raise
                problem = reason(error)
            failures = 0 if _size(path) > size else failures + 1
            if failures >= TRIES:
                raise ModelMissing(
                    f"The download of '{file.name}' broke off at {_size(path)} of {file.size_bytes} bytes: {problem}.",
                    hint="Run the same command again; it goes on where it stopped.",
                )
            self._wait(PAUSE_S * 2 ** (failures - 1) if failures else 0.0)

    def _read_on(self, file: RemoteFile, path: Path) -> None:
        """Fetch what is missing of a file, until its end or the end of the connection."""
        before, offset = self._there, _size(path)

        def read(work: Interruptible[None]) -> None:
            with self._hub.open(file, offset) as response, path.open("ab") as stream:
                if offset and response.status != _PARTIAL:
                    stream.truncate(0)
                left = file.size_bytes - stream.tell() if response.status == _PARTIAL else file.size_bytes
                while left > 0 and (block := response.read1(min(left, _READ_BYTES))):
                    if work.stopped.is_set():
                        return
                    with storage():
                        stream.write(block)
                    left -= len(block)

        def show() -> None:
            self._there = before + _size(path) - offset
            self._on_progress(self._there, self._total)

        try:
            Interruptible(read).result(self._cancel, show)
        finally:
            self._there = before + _size(path) - offset

    def _check(self, file: RemoteFile, path: Path) -> None:
        self._cancel.check()
        checked = Interruptible(lambda _work: intact(path, file)).result(self._cancel)
        if not checked:
            path.unlink()
            raise ModelMissing(
                f"The file '{file.name}' of '{file.repo}' arrived damaged: its checksum is wrong. It was not used.",
                hint="Try again. If it goes on, check AUDAPOLIS_MODELS__ENDPOINT and any proxy in between.",
            )

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._cancel.check()
            time.sleep(0.05)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
