"""Proof of life between processes: who holds something proves it by a lock that the kernel takes away at death.

Unlike process numbers, locks can't be mistaken for those of a later process, and they work across containers that
share the folder.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from contextlib import suppress
from pathlib import Path


class Holder:
    """One holder: a process, or a part of one. Alive until closed, or until the process ends however it ends."""

    def __init__(self, folder: Path) -> None:
        self.name = uuid.uuid4().hex
        self._path = folder / self.name
        folder.mkdir(parents=True, exist_ok=True)
        unborn = folder / f".{self.name}"
        self._descriptor = os.open(unborn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        unborn.rename(self._path)  # nobody ever sees it without its lock

    def is_known(self) -> bool:
        """Whether others can still see it; somebody may have emptied the folder."""
        return self._path.exists()

    def close(self) -> None:
        """Be gone."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def is_alive(folder: Path, name: str) -> bool:
    """Whether a holder still lives. What a dead one left is cleaned up."""
    path = folder / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with suppress(OSError):
            path.unlink()
        return False
    finally:
        os.close(descriptor)
