"""The settings changed over HTTP, kept in the data folder, and who changed what when."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import AudapolisError, InvalidOption, StorageFull

FILE = "settings.json"
AUDIT = "settings-changes.jsonl"
SCHEMA = "audapolis.settings/1"


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that has another value now; secrets are hidden in both.

    Attributes:
        key: The setting's dotted name.
        old: Its value before.
        new: Its value now.
        effect: When the change takes effect.
    """

    key: str
    old: Any
    new: Any
    effect: str


def read(folder: Path) -> tuple[dict[str, Any], Path]:
    """What was changed over HTTP, nested as the groups are; empty where nothing was.

    Returns:
        The table, and the file it is from.

    Raises:
        InvalidOption: The file can't be read.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}, path
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidOption(f"The settings in {path} can't be read: {reason}.") from None
    except ValueError:
        raise _damaged(path) from None
    if (
        not isinstance(content, dict)
        or content.get("schema") != SCHEMA
        or not isinstance(content.get("settings"), dict)
    ):
        raise _damaged(path)
    return content["settings"], path


def _damaged(path: Path) -> InvalidOption:
    return InvalidOption(
        f"The settings in {path} are damaged.", hint="Delete the file; settings changed over HTTP are lost."
    )


def write(folder: Path, tree: Mapping[str, Any]) -> None:
    """Keep what was changed over HTTP: whole or not at all, readable by this user only.

    Raises:
        StorageFull, AudapolisError: It can't be written; what was there before still is.
    """
    content = json.dumps({"schema": SCHEMA, "settings": tree}, indent=2, ensure_ascii=False)
    temporary: str | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".settings-", dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / FILE)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()
        kind = StorageFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else AudapolisError
        raise kind(f"The settings could not be kept: {(error.strerror or str(error)).lower()}.") from None


def note(folder: Path, by: str, changes: Sequence[Change]) -> None:
    """Add changes to the record of who changed what when, one JSON line each time.

    Raises:
        OSError: It can't be written.
    """
    entry = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "by": by}
    line = json.dumps({**entry, "changes": [asdict(change) for change in changes]}, ensure_ascii=False, default=str)
    descriptor = os.open(folder / AUDIT, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(line + "\n")
