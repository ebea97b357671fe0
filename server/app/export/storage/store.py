"""One folder in some storage, written to so that every file is there whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ...errors import AudapolisError, ExportFailed, NotFound, StorageFull
from ..files import FULL
from .places import FOLDERS, HIDDEN, Place, open_driver, secrets_of

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSES_S = (0.5, 2.0, 8.0)
"""How long is waited before each further try."""

_BLOCK_BYTES = 1 << 20
_LASTING = (PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError)
"""What trying again does not mend."""
_MARKS = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "last_modified", "modified", "mtime", "updated")
"""What drivers tell of a file that changes with it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it lies in the storage: how large it is, and a mark that changes when the file does."""

    size_bytes: int
    mark: str


class Store:
    """A folder in some storage. One thread at a time may use it.

    Every write goes to a temporary name first and is looked at there; then it is moved to its place. What fails for a
    reason that may pass is tried again.
    """

    def __init__(
        self,
        place: Place,
        options: Mapping[str, Any] | None = None,
        *,
        pauses_s: Sequence[float] = PAUSES_S,
        sleep: Callable[[float], None] = time.sleep,
        driver: tuple[Any, str] | None = None,
    ) -> None:
        """Open a place.

        Args:
            place: Where.
            options: What the driver is given.
            pauses_s: Waits before each further try.
            sleep: Waits.
            driver: The file system and path, where they are open already.

        Raises:
            InvalidOption, ExportFailed: As for `open_driver`.
        """
        self.place = place
        self._secrets = secrets_of(place, options or {})
        self._system, root = driver or open_driver(place, options or {})
        self._root = root.rstrip("/")
        self._pauses_s = pauses_s
        self._sleep = sleep

    def put(self, name: str, file: Path) -> Stored:
        """Publish a file from disk under a name, replacing what is there.

        Raises:
            StorageFull: There is no room.
            NotFound, ExportFailed: It could not be written; nothing is half there.
        """
        return self._tried(f"write {name}", lambda: self._put(name, file))

    def write(self, name: str, content: bytes) -> Stored:
        """Publish some bytes; see `put`."""
        with tempfile.NamedTemporaryFile(prefix="audapolis-") as file:
            file.write(content)
            file.flush()
            return self.put(name, Path(file.name))

    def read(self, name: str) -> bytes | None:
        """A file's content; None where there is none.

        Raises:
            ExportFailed: It can't be read.
        """
        try:
            return self._tried(f"read {name}", lambda: bytes(self._system.cat_file(self._path(name))))
        except NotFound:
            return None

    def look(self, name: str) -> Stored | None:
        """A file as it lies there; None where there is none.

        Raises:
            ExportFailed: Nobody can tell.
        """
        try:
            return self._tried(f"look at {name}", lambda: self._look(self._path(name)))
        except NotFound:
            return None

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _put(self, name: str, file: Path) -> Stored:
        path, size_bytes = self._path(name), file.stat().st_size
        folder = path.rpartition("/")[0]
        temporary = f"{folder}/.{secrets.token_hex(8)}.part"
        if self.place.scheme in FOLDERS and folder:
            self._system.makedirs(folder, exist_ok=True)
        try:
            self._system.put_file(str(file), temporary)
            self._check(temporary, size_bytes, name)
            self._system.mv(temporary, path)
            self._check(path, size_bytes, name)
        except BaseException:
            with suppress(Exception):
                self._system.rm_file(temporary)
            raise
        return self._look(path)

    def _check(self, path: str, size_bytes: int, name: str) -> None:
        found = self._system.info(path)["size"]
        if found != size_bytes:
            raise OSError(f"{name} arrived with {found} of {size_bytes} bytes")

    def _look(self, path: str) -> Stored:
        info = self._system.info(path)
        if self.place.scheme == "file":
            return Stored(int(info["size"]), _digest(Path(path)))
        marks = {key: str(info[key]) for key in _MARKS if info.get(key) is not None}
        return Stored(int(info["size"]), hashlib.sha256(repr(sorted(marks.items())).encode()).hexdigest())

    def _tried(self, what: str, work: Callable[[], T]) -> T:
        """Do something that may fail for reasons that pass, several times if need be."""
        for pause_s in (*self._pauses_s, None):
            try:
                return work()
            except AudapolisError:
                raise
            except Exception as error:  # noqa: BLE001 - drivers raise what they like
                mapped, lasting = self._mapped(what, error)
                if lasting or pause_s is None:
                    raise mapped from None  # the cause may show what is secret
                log.warning("%s Trying again in %g s.", mapped.message, pause_s)
                self._sleep(pause_s)
        raise AssertionError  # the loop's last round returns or raises

    def _mapped(self, what: str, error: Exception) -> tuple[AudapolisError, bool]:
        """Our error for a driver's, and whether trying again would be of no use."""
        where = self.place.shown
        if isinstance(error, FileNotFoundError):
            return NotFound(f"Can't {what} in {where}: there is no such place.", hint="Check the address."), True
        if isinstance(error, OSError) and error.errno in FULL:
            return StorageFull(f"Can't {what} in {where}: it is full.", hint="Free some space and try again."), True
        said = self._hide(" ".join(str(error).split()))[:300] or type(error).__name__
        failed = ExportFailed(
            f"Can't {what} in {where}: {said}.", hint="Check the address, the credentials and the line."
        )
        return failed, isinstance(error, _LASTING)

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
