"""A small JSON file that several processes read and change, one at a time."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class SharedFile:
    """A JSON object in a file. Whatever dies in the middle of a change, the file holds the old or the new state."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.with_name(f"{path.name}.lock")

    def read(self) -> dict[str, Any]:
        """What it holds; an empty object when there is none yet."""
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("%s can't be read and is begun anew: %s", self._path, error)
            return {}
        return found if isinstance(found, dict) else {}

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Hand out what it holds, and keep what the caller makes of it. Nobody else changes it meanwhile.

        The lock belongs to the open file, so the kernel frees it when its holder dies.

        Raises:
            OSError: The folder can't be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            state = self.read()
            before = json.dumps(state)
            yield state
            if (after := json.dumps(state)) != before:
                self._write(after)
        finally:
            os.close(descriptor)

    def _write(self, text: str) -> None:
        part = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex[:8]}")
        part.write_text(text, "utf-8")
        part.replace(self._path)
