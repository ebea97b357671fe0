"""What a batch remembers in its result folder, so that running it again goes on where it was.

The job store beside it holds the work itself; the ledger says which job belongs to which recording and
options, and which result files are ours and complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from ..domain.options import TranscribeOptions
from ..errors import Conflict
from .text import shown
from .writing import storage_error, write_result

_SCHEMA = "audapolis.batch/1"


class Ledger:
    """The memory of the batches that write into one folder. Used as a context: one batch at a time holds it.

    A *key* stands for one recording's content with one set of options, whatever the file is called.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "batch.json"
        self._folder = folder
        self._lock: TextIO | None = None
        self._jobs: dict[str, str] = {}
        self._results: dict[str, list[Any]] = {}
        self._prints: dict[str, list[Any]] = {}

    def __enter__(self) -> Ledger:
        """Take hold of the folder, made if need be, and read what is remembered.

        Raises:
            Conflict: Another batch is at work there.
            StorageFull, InvalidOption: The folder can't be written to.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / "batch.lock").open("w", encoding="utf-8")
        except OSError as error:
            raise storage_error(self._folder, error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise Conflict(
                f"Another batch is writing into {shown(self._folder.parent)}.",
                hint="Wait until it has finished, or choose another folder with -o.",
            ) from None
        self._lock = lock
        self._read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _read(self) -> None:
        try:
            kept = json.loads(self._path.read_bytes())
            if kept["schema"] == _SCHEMA:
                self._jobs, self._results, self._prints = kept["jobs"], kept["results"], kept["fingerprints"]
        except (OSError, ValueError, KeyError, TypeError):
            return  # nothing remembered, or nothing readable: work is repeated, none is lost

    def save(self) -> None:
        """Keep everything durably.

        Raises:
            StorageFull, InvalidOption: The disk refused.
        """
        kept = {
            "schema": _SCHEMA,
            "jobs": self._jobs,
            "results": self._results,
            "fingerprints": self._prints,
        }
        write_result(self._path, json.dumps(kept, indent=1).encode())

    def key(self, source: Path, options: TranscribeOptions, fingerprint: Callable[[Path], str]) -> str:
        """The key of a recording and options. Content is read again only where size or time differ."""
        facts = source.stat()
        name, stamp = _text(source), [facts.st_size, facts.st_mtime_ns]
        known = self._prints.get(name)
        if known is None or known[:2] != stamp:
            known = [*stamp, fingerprint(source)]
            self._prints[name] = known
        asked = hashlib.sha256(json.dumps(asdict(options), sort_keys=True).encode()).hexdigest()
        return f"{known[2]}/{asked[:16]}"

    def job(self, key: str) -> str | None:
        """The job that was submitted for the key."""
        return self._jobs.get(key)

    def jobs(self) -> set[str]:
        """All jobs that were submitted here."""
        return set(self._jobs.values())

    def submitted(self, key: str, job_id: str) -> None:
        """Remember the job for the key."""
        self._jobs[key] = job_id

    def claim(self, result: Path, key: str) -> None:
        """Say that this file will hold the key's result: nobody needs to be asked later."""
        self._results[_text(result.name)] = [key, False]

    def claimed(self, result: Path, key: str) -> bool:
        """Whether the file is known to be this key's result, written or still to be."""
        return bool(self._results.get(_text(result.name), [None])[0] == key)

    def written(self, result: Path, key: str) -> None:
        """The file is complete."""
        self._results[_text(result.name)] = [key, True]

    def finished(self, result: Path, key: str) -> bool:
        """Whether the file was completed for this key and is still there."""
        return result.exists() and self._results.get(_text(result.name)) == [key, True]


def _text(path: Path | str) -> str:
    """A path as JSON can hold it, bytes that are no text included."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
