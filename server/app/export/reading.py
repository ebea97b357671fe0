"""Opens what Audapolis wrote: transcript JSON and `.audapolis` documents, safely even when the file is hostile."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..audio.sources import fingerprint
from ..domain.document import Document
from ..domain.document_transcript import transcript_of
from ..domain.document_versions import read_document
from ..domain.recording import Recording
from ..domain.transcript_file import read_transcript
from ..errors import InvalidDocument, InvalidOption, NotFound, TooLarge, UnsupportedMedia
from .examining import examined
from .files import whole_file
from .material import UNKNOWN_SOURCE, Material, Source

MAX_ENTRIES = 10_000
MAX_TEXT_BYTES = 512 * 2**20
"""Largest transcript JSON or `document.json` that is read, in bytes; ten days of speech fit."""
MAX_SOURCE_BYTES = 512 * 2**30
MAX_RATIO = 200
"""Entries that unpack to more than this many times their size, and more than 1 MiB, are zip bombs."""

_DOCUMENT = "document.json"
_SOURCES = "sources"
_MAGIC = b"PK\x03\x04"
_EMPTY_MAGIC = b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class Archive:
    """An `.audapolis` file: its document, and what media is inside.

    Attributes:
        sources: Size in bytes of each medium inside, by its name in the document.
        missing: Names of media the document uses but the file does not hold.
    """

    document: Document
    sources: dict[str, int]
    missing: tuple[str, ...]


def open_material(path: Path, media: Sequence[Path] = (), *, facts: bool = False) -> Material:
    """Read transcript JSON, or a document with the transcript of its edited result; told apart by content.

    Args:
        path: The file.
        media: Recordings it is about. Each is found by its SHA-256; where the file knows no sum, or there is one
            of each, they are taken for each other.
        facts: Read frame rates and the like, which documents do not carry, from the recordings; those inside a
            document are unpacked for it.

    Raises:
        NotFound: No such file, or it can't be read.
        InvalidDocument: Neither of the two, or damaged.
        InvalidOption: A recording it does not use.
        TooLarge: Over the limits.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        if magic in (_MAGIC, _EMPTY_MAGIC):
            return _of_document(path, media, facts=facts)
        size_bytes = path.stat().st_size
        if size_bytes > MAX_TEXT_BYTES:
            raise TooLarge(f"'{path}' has {size_bytes} bytes, too many for a transcript.")
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    transcript = read_transcript(data)
    source = transcript.recording.sha256 or UNKNOWN_SOURCE
    found = _matched((source,), media)
    return Material.of(transcript, media=found.get(source))


def _of_document(path: Path, media: Sequence[Path], *, facts: bool) -> Material:
    archive = open_archive(path)
    found = _matched(archive.document.sources, media)
    sources = []
    for name in archive.document.sources:
        file = found.get(name)
        if not facts:
            recording = None
        elif file:
            recording = examined(file, name)
        else:
            recording = _examined_inside(path, name) if name in archive.sources else None
        sources.append(Source(name, recording, file))
    return Material(transcript_of(archive.document, name=path.name), archive.document, tuple(sources))


def _examined_inside(path: Path, source: str) -> Recording | None:
    """The facts of a recording inside a document, as far as they can be had."""
    with tempfile.TemporaryDirectory() as folder, suppress(UnsupportedMedia):
        copy = Path(folder, "media")
        extract_source(path, source, copy)
        return examined(copy, source)
    return None


def _matched(sources: Sequence[str], media: Sequence[Path]) -> dict[str, Path]:
    """Which recording is which source."""
    found: dict[str, Path] = {}
    for file in media:
        digest = fingerprint(file)
        if digest in sources:
            found[digest] = file
        elif len(sources) == len(media) == 1:
            found[sources[0]] = file
        else:
            raise InvalidOption(
                f"'{file.name}' is none of the recordings this is about.", hint="Give the original files, unchanged."
            )
    return found


def open_archive(path: Path) -> Archive:
    """Read an `.audapolis` file of any version. Media stays in the file.

    Raises:
        NotFound: No such file, or it can't be read.
        InvalidDocument: Not such a file, damaged, encrypted, or with names that point outside.
        TooLarge: More entries or larger ones than anybody needs.
    """
    with _opened(path) as archive:
        entries = _checked_entries(archive)
        if _DOCUMENT not in entries:
            raise InvalidDocument(f"'{path.name}' is not an audapolis document: {_DOCUMENT} is missing.")
        document = read_document(archive.read(entries[_DOCUMENT]))
        sources = {
            PurePosixPath(name).name: entry.file_size
            for name, entry in entries.items()
            if name.startswith(f"{_SOURCES}/")
        }
    return Archive(document, sources, tuple(name for name in document.sources if name not in sources))


def extract_source(path: Path, source: str, target: Path, *, overwrite: bool = False) -> None:
    """Copy one medium out of an `.audapolis` file; only to `target`, whatever the archive calls it.

    Raises:
        NotFound: The file, or such a medium in it, does not exist.
        InvalidDocument: The file is damaged.
        Conflict, StorageFull, ExportFailed: The target can't be written.
    """
    with _opened(path) as archive:
        entry = _checked_entries(archive).get(f"{_SOURCES}/{source}")
        if entry is None:
            raise NotFound(f"There is no recording '{source}' in '{path.name}'.")
        with archive.open(entry) as inside, whole_file(target, overwrite=overwrite) as out:
            shutil.copyfileobj(inside, out, 1 << 20)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, zlib.error) as error:
        raise InvalidDocument(f"'{path.name}' is damaged: {error}.") from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _checked_entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files we use, by name; what else lies in the archive is never touched."""
    entries: dict[str, zipfile.ZipInfo] = {}
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise TooLarge(f"The document holds {len(infos)} files; {MAX_ENTRIES} are the limit.")
    for info in infos:
        _check_name(info)
        if info.is_dir():
            continue
        parts = PurePosixPath(info.filename).parts
        if info.filename != _DOCUMENT and not (len(parts) == 2 and parts[0] == _SOURCES):
            continue
        if info.filename in entries:
            raise InvalidDocument(f"The document holds '{info.filename}' twice.")
        _check_size(info)
        entries[info.filename] = info
    return entries


def _check_name(info: zipfile.ZipInfo) -> None:
    parts = info.filename.replace("\\", "/").split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if parts[0] == "" or ".." in parts or ":" in parts[0] or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InvalidDocument(
            f"The document holds a file that points outside of it: {info.filename!r}.",
            hint="Don't trust where this file came from.",
        )
    if info.flag_bits & 0x1:
        raise InvalidDocument("The document is encrypted.", hint="Unpack it with its password and pack it again.")


def _check_size(info: zipfile.ZipInfo) -> None:
    limit = MAX_TEXT_BYTES if info.filename == _DOCUMENT else MAX_SOURCE_BYTES
    bomb = info.file_size > 2**20 and info.file_size > MAX_RATIO * max(1, info.compress_size)
    if info.file_size > limit or bomb:
        raise TooLarge(f"'{info.filename}' would unpack to {info.file_size} bytes.")


def _unreadable(path: Path, error: OSError) -> NotFound:
    return NotFound(f"'{path}' can't be read: {error.strerror or error}.", hint="Check the name and its permissions.")
