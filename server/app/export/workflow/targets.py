"""Where the files of a batch go: a folder, storage, or one zip archive that is there when all is done."""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ...domain.codec import from_json
from ...errors import Conflict, InvalidDocument
from ..files import whole_file
from ..storage.places import is_url, place_of
from ..storage.store import Store
from ..zipping import entry as zip_entry
from .ledger import BatchReport, Entry
from .plan import REPORT_NAME
from .running import Result

_BLOCK_BYTES = 1 << 20
_PACKED = {".zip", ".otioz", ".docx", ".audapolis"}
"""Files that packing again would not make smaller."""


class Target(Protocol):
    """Where the files of a batch go."""

    @property
    def store(self) -> Store:
        """What they are written to."""
        ...

    def finish(self, result: Result) -> None:
        """All that can be made is made; or the batch was stopped."""
        ...


def open_target(target: str, options: Mapping[str, Any] | None = None, *, overwrite: bool = False) -> Target:
    """Open what a user named: an address, a path that ends in `.zip`, or a folder.

    Args:
        target: What was named.
        options: What the storage's driver is given.
        overwrite: Replace an archive that no batch made.

    Raises:
        InvalidOption, ExportFailed: It can't be used.
        Conflict: The archive is somebody else's.
    """
    if not is_url(target) and target.lower().endswith(".zip"):
        return ZipTarget(Path(target).absolute(), overwrite=overwrite)
    return StoreTarget(Store(place_of(target), options))


class StoreTarget:
    """A folder, here or in some storage: each file is there as soon as it is made."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def finish(self, result: Result) -> None:
        """Nothing is left to do."""


class ZipTarget:
    """An archive. Files are gathered beside it, and it appears whole when the batch has come to its end.

    An archive of an earlier run is taken apart first, so that nothing in it is made again.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self._path = path
        self._parts = path.with_name(f".{path.name}.parts")
        self.store = Store(place_of(str(self._parts)))
        if path.exists() and not self._parts.exists() and not self._unpack() and not overwrite:
            raise Conflict(f"'{path}' exists already.", hint="Use --overwrite to replace it, or another name.")

    def finish(self, result: Result) -> None:
        """Pack the files, unless the batch was stopped or the archive holds all of them already."""
        if result.stopped:
            return
        if result.made or result.report.count("failed") or not self._path.exists():
            self._pack()
        shutil.rmtree(self._parts, ignore_errors=True)

    def _pack(self) -> None:
        names = [file.name for file in self._parts.iterdir() if not re.fullmatch(r"\.[0-9a-f]{16}\.part", file.name)]
        with whole_file(self._path, overwrite=True) as out, zipfile.ZipFile(out, "w") as archive:
            for name in sorted(names, key=lambda name: name != REPORT_NAME):
                info = zip_entry(name, packed=Path(name).suffix.lower() not in _PACKED)
                info.file_size = (self._parts / name).stat().st_size
                with (self._parts / name).open("rb") as file, archive.open(info, "w") as packed:
                    shutil.copyfileobj(file, packed, _BLOCK_BYTES)

    def _unpack(self) -> bool:
        """Put what an earlier batch packed where it was; False where it is no archive of ours."""
        try:
            with zipfile.ZipFile(self._path) as archive:
                report = from_json(BatchReport, archive.read(REPORT_NAME))
                self._parts.mkdir(exist_ok=True)
                (self._parts / REPORT_NAME).write_bytes(archive.read(REPORT_NAME))
                for entry in report.files:
                    if entry.state == "done":
                        self._take_out(archive, entry)
        except (OSError, KeyError, zipfile.BadZipFile, InvalidDocument):
            shutil.rmtree(self._parts, ignore_errors=True)
            return False
        return True

    def _take_out(self, archive: zipfile.ZipFile, entry: Entry) -> None:
        """One file, if it is what the report says; a damaged one is made again."""
        info = archive.getinfo(entry.name)
        if Path(entry.name).name != entry.name or info.file_size != entry.size_bytes:
            return
        path, digest = self._parts / entry.name, hashlib.sha256()
        with archive.open(info) as packed, path.open("wb") as out:
            while block := packed.read(_BLOCK_BYTES):
                digest.update(block)
                out.write(block)
        if digest.hexdigest() != entry.sha256:
            path.unlink()
