"""The folder of enrolled voices: one small JSON file each, readable by its owner only.

A file holds the name, when it was made, and a vector for each speaker model that heard the sample. The sample itself
is not kept, and speech can't be made from the vectors.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import InvalidOption, NotFound, StorageFull, UnknownName

SCHEMA: Final = "audapolis.voice/1"
_LONGEST_NAME = 100
_MAX_FILE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody's voice.

    Attributes:
        created_at: When it was enrolled, ISO 8601.
        speech_s: How much speech the sample held, in seconds.
        vectors: Unit-length vector by `embedding_model`.
    """

    name: str
    created_at: str
    speech_s: float
    vectors: Mapping[str, tuple[float, ...]]


class VoiceFolder:
    """Reads and writes the files. A damaged one is passed over, and can be replaced or deleted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Voice]:
        """Every enrolled voice, by name."""
        voices = [voice for path in self._folder.glob("*.json") if (voice := _read(path))]
        return sorted(voices, key=lambda voice: voice.name.casefold())

    def save(self, voice: Voice) -> None:
        """Keep a voice; one of the same name is replaced.

        Raises:
            InvalidOption: The name can't be used.
            StorageFull: The folder can't be written.
        """
        record = {
            "schema": SCHEMA,
            "name": check_name(voice.name),
            "created_at": voice.created_at,
            "speech_s": voice.speech_s,
            "vectors": {model: list(vector) for model, vector in voice.vectors.items()},
        }
        with _storage():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self._folder / f".{uuid.uuid4().hex}.part"
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(record, file, ensure_ascii=False, indent=1)
            part.replace(self._path(voice.name))

    def forget(self, name: str) -> None:
        """Delete a voice for good.

        Raises:
            UnknownName: There is no such voice; names the nearest.
            NotFound: There are no voices at all.
            StorageFull: The folder can't be written.
        """
        path = self._path(name)
        if not path.exists():
            names = [voice.name for voice in self.all()]
            if not names:
                raise NotFound("No voices are enrolled.", hint="`audapolis speakers enrol NAME SAMPLE` enrols one.")
            raise UnknownName("speaker", name, names)
        with _storage():
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        """Names may hold anything and files are seen by backups and search: the file is called by a digest."""
        return self._folder / f"{hashlib.sha256(name.strip().encode()).hexdigest()[:16]}.json"


def check_name(name: str) -> str:
    """A name as it is kept.

    Raises:
        InvalidOption: It is empty, too long, or can't be printed.
    """
    trimmed = name.strip()
    if not trimmed or len(trimmed) > _LONGEST_NAME or not trimmed.isprintable():
        raise InvalidOption(
            "A speaker's name needs 1 to 100 printable characters.", hint="For example: audapolis speakers enrol Ann …"
        )
    return trimmed


def _read(path: Path) -> Voice | None:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            return None
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        vectors = {str(model): tuple(float(v) for v in vector) for model, vector in record["vectors"].items()}
        return Voice(str(record["name"]), str(record["created_at"]), float(record["speech_s"]), vectors)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"The folder of voices can't be written: {os.strerror(error.errno or 0)}.",
            hint="Free some space, or set AUDAPOLIS_DIARIZATION__VOICES_DIR to a folder with room.",
        ) from error
