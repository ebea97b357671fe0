"""Who changed a setting last, by the record that the configuration keeps of all changes, knobs or not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from .knobs import Handle
from .policy import Moved

READ_BYTES = 256 * 2**10
"""Only the end of a long record is looked at; what is before it was long ago."""


def last_move(record: Path, handle: Handle) -> Moved | None:
    """Who moved what a knob turns, and when; None where the record tells of nobody.

    Args:
        record: JSON lines with `at`, `by` and `changes`; it need not exist.
        handle: The knob, and the entry where its setting is a table.
    """
    found = None
    for entry in _entries(record):
        with suppress(KeyError, TypeError, ValueError, AttributeError):  # no line of ours
            moved = any(
                change["key"] == handle.knob.setting and handle.of(change["old"]) != handle.of(change["new"])
                for change in entry["changes"]
            )
            if moved:
                found = Moved(datetime.fromisoformat(entry["at"]).timestamp(), str(entry["by"]))
    return found


def _entries(record: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with record.open("rb") as file:
            file.seek(0, 2)
            size = file.tell()
            file.seek(max(0, size - READ_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError):  # cut short, by us or by a crash
            entry = json.loads(line)
            if isinstance(entry, dict):
                yield entry
