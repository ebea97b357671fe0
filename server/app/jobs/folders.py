"""The files of jobs: where they lie under the data folder, whose they are, and that one server alone uses them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ..errors import AudapolisError, Conflict, NotFound, StorageFull, UnsupportedMedia

_LONGEST_SUFFIX = 10


class JobFolders:
    """`media/<job id>/` holds a job's own recording, `work/<job id>/` its large intermediate files."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.absolute()
        self._lock: IO[str] | None = None

    @property
    def work_root(self) -> Path:
        """Parent of all work folders."""
        return self._data_dir / "work"

    @property
    def media_root(self) -> Path:
        """Parent of all media folders."""
        return self._data_dir / "media"

    def open(self, patience_s: float = 1.0) -> str:
        """Make the folders and keep every other server out of them until `close` or this process's death.

        Args:
            patience_s: How long to wait for a server that is just ending.

        Returns:
            The folder's identity, which moves with it.

        Raises:
            Conflict: Another server uses the data folder.
            AudapolisError: The folder can't be written.
        """
        try:
            for folder in (self.work_root, self.media_root):
                folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self._data_dir / "server.lock").open("a+")
            self._take_lock(self._lock, time.monotonic() + patience_s)
            return self._identity()
        except OSError as error:
            self.close()
            raise AudapolisError(
                f"The data folder '{self._data_dir}' can't be used: {error.strerror}.",
                hint="Choose another with AUDAPOLIS_DATA_DIR.",
            ) from error

    def close(self) -> None:
        """Let other servers in."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def adopt(self, job_id: str, source: Path, name: str) -> Path:
        """Move an uploaded file into the job's media folder; afterwards it is safe on the disk.

        Raises:
            StorageFull: The disk refused it.
        """
        folder = self.media_root / job_id
        target = folder / f"source{_suffix(name) or _suffix(source.name)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target)
            with target.open("rb") as file:
                os.fsync(file.fileno())
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise StorageFull(f"The upload could not be kept: {error.strerror}.", hint="Free some space.") from error
        return target

    def remove_work(self, job_id: str) -> None:
        """Remove a job's intermediate files."""
        shutil.rmtree(self.work_root / job_id, ignore_errors=True)

    def remove(self, job_id: str) -> None:
        """Remove all files of a job."""
        self.remove_work(job_id)
        shutil.rmtree(self.media_root / job_id, ignore_errors=True)

    def sweep(self, known: Iterable[str], unfinished: Iterable[str]) -> None:
        """Remove what a crash left behind: media of jobs that don't exist, work of jobs that are done or gone."""
        for root, keep in ((self.media_root, set(known)), (self.work_root, set(unfinished))):
            for folder in root.iterdir():
                if folder.name not in keep and _is_job_id(folder.name):
                    shutil.rmtree(folder, ignore_errors=True)

    def _take_lock(self, lock: IO[str], until: float) -> None:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                lock.truncate(0)
                lock.write(f"{os.getpid()}\n")
                lock.flush()
                return
            if time.monotonic() >= until:
                raise self._in_use()
            time.sleep(0.05)

    def _in_use(self) -> Conflict:
        owner = (self._data_dir / "server.lock").read_text().strip() or "unknown"
        self.close()
        return Conflict(
            f"Another Audapolis (process {owner}) already uses the data folder '{self._data_dir}'.",
            hint="Stop it, or choose another folder with AUDAPOLIS_DATA_DIR.",
        )

    def _identity(self) -> str:
        path = self._data_dir / "identity"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.write_text(str(uuid.uuid4()))
            fresh.replace(path)
        return path.read_text().strip()


def check_source(source: Path) -> None:
    """Refuse at once what can't be a recording.

    Raises:
        NotFound: No such file.
        UnsupportedMedia: It is a folder or device.
    """
    if not source.exists():
        raise NotFound(f"There is no file '{source}'.", path=str(source))
    if not source.is_file():
        raise UnsupportedMedia(f"'{source}' is not a file.", hint="Give a media file.", path=str(source))


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= _LONGEST_SUFFIX else ""


def _is_job_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
