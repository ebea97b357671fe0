"""The models folder: which models are there, and how a new version takes the old one's place in one step.

models/
  NAME.json             what the model is and which version is current; replaced in one step
  versions/ID/NAME/     the files of one version; never changed once named in NAME.json
  staging/KEY/          what is being fetched; kept when a download breaks off, so that it can go on
  locks/NAME.lock       held by whoever changes this model
  preferences.json      aliases and defaults made by `audapolis models alias`
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..domain.cancellation import CancelToken
from ..errors import InvalidOption, StorageFull
from .entries import InstalledModel

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")
_RESERVED = {"versions", "staging", "locks", "preferences", "measured"}
_LOOK_S = 0.1
_FORGOTTEN_S = 86_400.0


def check_name(name: str) -> str:
    """A model's name, if it can be one.

    Raises:
        InvalidOption: It can't be a file's name everywhere.
    """
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise InvalidOption(
            f"'{name}' can't be a model's name.",
            hint="Use up to 80 letters, digits, '.', '_', '+' and '-', beginning with a letter or digit.",
            field="name",
        )
    return name


class Shelf:
    """The models in one folder. Safe for several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[InstalledModel]:
        """Every complete model, by name."""
        found = (self.get(path.stem) for path in sorted(self.folder.glob("*.json")))
        return [model for model in found if model is not None]

    def get(self, name: str) -> InstalledModel | None:
        """A model by its exact name; None when it is not here or not complete."""
        if not _NAME.fullmatch(name) or name in _RESERVED:
            return None
        try:
            record = json.loads(self._record(name).read_text("utf-8"))
            path = self.folder / "versions" / record.pop("version") / name
            languages = tuple(record.pop("languages"))
            record.pop("files", None)
            model = InstalledModel(name=name, path=path, languages=languages, **record)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return model if path.is_dir() else None

    def publish(self, folder: Path, model: InstalledModel) -> InstalledModel:
        """Make a folder the current version of a model, moving it; the version before goes away.

        Args:
            folder: Complete and checked; on the same file system.
            model: What is known of it; `path` and `size_bytes` are filled in.
        """
        version = uuid.uuid4().hex[:12]
        home = self.folder / "versions" / version / check_name(model.name)
        home.parent.mkdir(parents=True)
        folder.rename(home)
        lengths = {str(path.relative_to(home)): path.stat().st_size for path in home.rglob("*") if path.is_file()}
        self._write(replace(model, path=home, size_bytes=sum(lengths.values())), version, lengths)
        self._sweep(model.name, version)
        return self.get(model.name) or model

    def update(self, model: InstalledModel) -> None:
        """Keep something new that was learnt of a model, such as its speed."""
        self._write(model, model.path.parent.name, self._files(model.name))

    def remove(self, name: str) -> bool:
        """Delete a model; False when there is none of that name."""
        record = self._record(name)
        if self.get(name) is None and not record.exists():
            return False
        record.unlink(missing_ok=True)
        self._sweep(name, "")
        return True

    def damaged(self, name: str) -> list[str]:
        """Names of a model's files that are missing or no longer as long as they were."""
        model = self.get(name)
        if model is None:
            return []
        return [
            file
            for file, size in self._files(name).items()
            if not (model.path / file).is_file() or (model.path / file).stat().st_size != size
        ]

    def staging(self, key: str) -> Path:
        """A folder for work under way; the same key gives the same folder."""
        folder = self.folder / "staging" / key
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def sweep_imports(self) -> None:
        """Remove what imports left behind that were killed a day ago or earlier."""
        for folder in self.folder.glob("staging/import-*"):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > _FORGOTTEN_S:
                    shutil.rmtree(folder)

    @contextmanager
    def changing(self, name: str, cancel: CancelToken) -> Iterator[None]:
        """Hold the right to change a model; waits while another process has it.

        Raises:
            Cancelled: While waiting.
        """
        locks = self.folder / "locks"
        with storage():
            locks.mkdir(parents=True, exist_ok=True)
        with (locks / f"{check_name(name)}.lock").open("w") as lock:
            while not _locked(lock.fileno()):
                cancel.check()
                time.sleep(_LOOK_S)
            yield

    def preferences(self) -> dict[str, dict[str, str]]:
        """Aliases and defaults that were set by command."""
        try:
            found = json.loads((self.folder / "preferences.json").read_text("utf-8"))
            return {"aliases": dict(found.get("aliases", {})), "defaults": dict(found.get("defaults", {}))}
        except (OSError, ValueError, AttributeError, TypeError):
            return {"aliases": {}, "defaults": {}}

    def prefer(self, preferences: dict[str, dict[str, str]]) -> None:
        """Keep aliases and defaults."""
        with storage():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(self.folder / "preferences.json", preferences)

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _files(self, name: str) -> dict[str, int]:
        with suppress(OSError, ValueError, AttributeError):
            files = json.loads(self._record(name).read_text("utf-8")).get("files")
            return dict(files) if isinstance(files, dict) else {}
        return {}

    def _write(self, model: InstalledModel, version: str, files: dict[str, int]) -> None:
        record = {**asdict(model), "version": version, "files": files}
        del record["name"], record["path"]
        with storage():
            write_json(self._record(model.name), record)

    def _sweep(self, name: str, current: str) -> None:
        for home in self.folder.glob(f"versions/*/{name}"):
            if home.parent.name != current:
                shutil.rmtree(home.parent, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False), "utf-8")
    part.replace(path)


@contextmanager
def storage() -> Iterator[None]:
    """Say plainly that the models folder can't be written.

    Raises:
        StorageFull: For any failure of the file system.
    """
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"The models folder can't be written: {os.strerror(error.errno or 0)}.",
            hint="Free some space, or set AUDAPOLIS_MODELS__DIR to a folder with room.",
        ) from error


def _locked(file: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
