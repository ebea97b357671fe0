"""Results of stages kept from one job to the next, found again by what they were made from.

A result's key is a digest of everything it depends on: the recording's bytes, the options and settings its stage
heeds, and the keys of the stages before it. The same question therefore finds the same answer, and a changed one
finds none; nothing ever has to be declared out of date. Everything about one recording lies in one folder, so that it
can be forgotten at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

log = logging.getLogger(__name__)

_KEY_LETTERS = 32
_NEW = ".new-"
_ABANDONED_S = 3600.0
"""A half-written result this old was left behind by a process that was killed."""


class StageCache(Protocol):
    """What is remembered of one recording. Losing any of it costs time only; may be used from several threads."""

    def load(self, key: str) -> bytes | None:
        """What was saved under the key, or None."""
        ...

    def save(self, key: str, data: bytes) -> None:
        """Keep the bytes, if that is possible."""
        ...

    def fetch(self, key: str, to: Path) -> bool:
        """Put the file kept under the key at `to`; false when there is none."""
        ...

    def keep(self, key: str, path: Path) -> None:
        """Keep a file, if that is possible. It must not be changed afterwards."""
        ...


class NoCache:
    """Remembers nothing."""

    def load(self, key: str) -> bytes | None:  # noqa: ARG002
        """Nothing is ever there."""
        return None

    def save(self, key: str, data: bytes) -> None:
        """Forget it at once."""

    def fetch(self, key: str, to: Path) -> bool:  # noqa: ARG002
        """Nothing is ever there."""
        return False

    def keep(self, key: str, path: Path) -> None:
        """Forget it at once."""


def key_of(name: str, *parts: Any) -> str:
    """The key of a result: a readable name and a digest of the JSON of what it depends on."""
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
    return f"{name}-{digest[:_KEY_LETTERS]}"


class FolderCache:
    """Everything remembered, in a folder that only its owner can read. Safe to share between processes.

    Args:
        root: The folder; made when first needed.
        max_bytes: What was not used for longest goes when there is more than this.
        max_age_s: What was not used for so long goes.
    """

    def __init__(self, root: Path, max_bytes: int, max_age_s: float) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s

    def of(self, recording: str) -> StageCache:
        """What is remembered of the recording with this SHA-256."""
        return _RecordingCache(self._root / recording)

    def trim(self) -> None:
        """Remove what is too old, then what is too much."""
        files = sorted(self._files(), key=lambda file: file[0])
        total_bytes, oldest_s = sum(size_bytes for _, size_bytes, _ in files), time.time() - self._max_age_s
        for used_s, size_bytes, path in files:
            if used_s >= oldest_s and total_bytes <= self._max_bytes:
                break
            with suppress(OSError):
                path.unlink()
            total_bytes -= size_bytes
        self._remove_empty_folders()

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was last used, its size in bytes and its path."""
        found = []
        for path in self._root.glob("[!.]*/*"):
            with suppress(OSError):  # another process removed it
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        return found

    def _remove_empty_folders(self) -> None:
        for folder in self._root.glob("*"):
            with suppress(OSError):  # not empty, or another process removed it
                if not folder.name.startswith(_NEW):
                    folder.rmdir()
                elif folder.stat().st_mtime < time.time() - _ABANDONED_S:
                    shutil.rmtree(folder)


def forget(root: Path, recording: str) -> None:
    """Remove all that a `FolderCache` in `root` keeps of the recording with this SHA-256."""
    shutil.rmtree(root / recording, ignore_errors=True)


class _RecordingCache:
    """A folder with one file per result. Files appear whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> bytes | None:
        path = self._folder / key
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data

    def save(self, key: str, data: bytes) -> None:
        self._publish(key, lambda path: _write(path, data))

    def fetch(self, key: str, to: Path) -> bool:
        path = self._folder / key
        try:
            _link_or_copy(path, to)
            os.utime(path)
        except OSError:
            return False
        return True

    def keep(self, key: str, path: Path) -> None:
        self._publish(key, lambda copy: _link_or_copy(path, copy))

    def _publish(self, key: str, write: Callable[[Path], None]) -> None:
        try:
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder.parent, prefix=_NEW) as folder:
                write(Path(folder) / key)
                (Path(folder) / key).replace(self._folder / key)
        except OSError as error:  # a full disk must not fail a job that could go on
            log.warning("A result could not be kept for later jobs: %s", error)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _link_or_copy(source: Path, target: Path) -> None:
    """The same bytes under another name: at no cost where the file system can, by copying where not."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
