"""Templates as they are kept: a folder for each name, a file for each version, nothing ever overwritten."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ...domain.codec import from_json, to_json
from ...errors import Conflict, InvalidDocument, InvalidOption, NotFound
from ..files import whole_file
from ..names import checked_name

_EXTENSION = re.compile(r"[a-z0-9]{1,12}(\.[a-z0-9]{1,12})?")
_VERSION_FILE = re.compile(r"([0-9]{6})\.json")
_MOST_VERSIONS = 999_999
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as somebody wrote it.

    Attributes:
        extension: What its result ends in, without the dot; results in HTML are escaped by themselves.
    """

    source: str
    extension: str = "txt"
    description: str = ""


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """One version of a template."""

    name: str
    version: int
    source: str
    extension: str
    description: str
    saved_at: str

    @property
    def digest(self) -> str:
        """Of all that its results depend on."""
        return hashlib.sha256(f"{self.extension}\n{self.source}".encode("utf-8", "replace")).hexdigest()

    @property
    def draft(self) -> Draft:
        """What was written."""
        return Draft(self.source, self.extension, self.description)


class TemplateShelf:
    """All templates of a data folder. Several processes may use it at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, draft: Draft) -> StoredTemplate:
        """Keep a new version; the same again makes none. The template is not looked at: `running` does that.

        Raises:
            InvalidOption: The name or the extension is none.
            StorageFull, ExportFailed: The disk refused.
        """
        checked_name(name, "template")
        if not _EXTENSION.fullmatch(draft.extension):
            raise InvalidOption(
                f"A file can't end in '.{draft.extension[:40]}'.",
                hint="For example: txt, html, csv.",
                field="extension",
            )
        (self._folder / name).mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            last = max(self._numbers(name), default=0)
            if last and (kept := self.get(name, last)).draft == draft:
                return kept
            version = StoredTemplate(name, last + 1, draft.source, draft.extension, draft.description, _now())
            if self._add(version):
                return version
        raise Conflict(f"The template '{name}' is being saved by others.", hint="Try again.")

    def get(self, name: str, version: int | None = None) -> StoredTemplate:
        """A template, as it is or as it was.

        Raises:
            NotFound: No such template or version.
        """
        numbers = self._numbers(name)
        if not numbers:
            known = ", ".join(each.name for each in self.list()) or "none"
            raise NotFound(f"There is no template '{name}'.", hint=f"There are: {known}.", name=name)
        number = numbers[-1] if version is None else version
        if number not in numbers:
            raise NotFound(f"The template '{name}' has no version {number}.", hint=f"The last one is {numbers[-1]}.")
        return self._read(name, number)

    def list(self) -> Sequence[StoredTemplate]:
        """The present version of each, by name; what is damaged is left out."""
        names = sorted(folder.name for folder in self._folder.glob("[a-z0-9]*") if folder.is_dir())
        found = []
        for name in names:
            with suppress(InvalidDocument):
                found += [self._read(name, number) for number in self._numbers(name)[-1:]]
        return found

    def versions(self, name: str) -> Sequence[StoredTemplate]:
        """All versions, the newest first.

        Raises:
            NotFound: No such template.
        """
        self.get(name)
        return [self._read(name, number) for number in reversed(self._numbers(name))]

    def diff(self, name: str, before: int, after: int) -> str:
        """What changed between two versions, as a unified diff; empty where nothing did.

        Raises:
            NotFound: No such template or version.
        """
        old, new = self.get(name, before), self.get(name, after)
        lines = difflib.unified_diff(
            old.source.splitlines(), new.source.splitlines(), f"{name} {before}", f"{name} {after}", lineterm=""
        )
        return "".join(f"{line}\n" for line in lines)

    def restore(self, name: str, version: int) -> StoredTemplate:
        """Make a former version the present one, by saving it again.

        Raises:
            NotFound: No such template or version.
        """
        return self.save(name, self.get(name, version).draft)

    def delete(self, name: str) -> None:
        """Remove a template with all its versions.

        Raises:
            NotFound: No such template.
        """
        self.get(name)
        grave = self._folder / f".{secrets.token_hex(8)}"
        (self._folder / name).rename(grave)
        shutil.rmtree(grave, ignore_errors=True)

    def _numbers(self, name: str) -> Sequence[int]:
        checked_name(name, "template")
        files = (_VERSION_FILE.fullmatch(file.name) for file in (self._folder / name).glob("*.json"))
        return sorted(int(match[1]) for match in files if match)

    def _path(self, name: str, version: int) -> Path:
        return self._folder / name / f"{version:06d}.json"

    def _read(self, name: str, version: int) -> StoredTemplate:
        try:
            return replace(from_json(StoredTemplate, self._path(name, version).read_bytes()), name=name)
        except OSError as error:
            raise InvalidDocument(f"The template '{name}' can't be read: {error.strerror}.") from None

    def _add(self, version: StoredTemplate) -> bool:
        """Write a version's file; False where somebody else wrote one of that number at the same moment."""
        if version.version > _MOST_VERSIONS:
            raise InvalidOption(f"The template '{version.name}' has too many versions.", hint="Delete it first.")
        path = self._path(version.name, version.version)
        beside = path.with_name(f".{secrets.token_hex(8)}")
        with whole_file(beside, overwrite=False) as out:
            out.write(to_json(version, indent=1))
        try:
            os.link(beside, path)  # unlike a rename, it replaces nothing
        except FileExistsError:
            return False
        finally:
            beside.unlink()
        return True


class WithOne:
    """A shelf and one template that is not kept on it, as one.

    Attributes:
        NAME: What that one is called.
    """

    NAME = "unsaved"

    def __init__(self, shelf: TemplateShelf, draft: Draft) -> None:
        self._shelf = shelf
        self._one = StoredTemplate(self.NAME, 0, draft.source, draft.extension, draft.description, "")

    def get(self, name: str) -> StoredTemplate:
        """A template; see `TemplateShelf.get`."""
        return self._one if name == self.NAME else self._shelf.get(name)

    def list(self) -> Sequence[StoredTemplate]:
        """All; see `TemplateShelf.list`."""
        return [*self._shelf.list(), self._one]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
