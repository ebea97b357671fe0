"""Unpacking a model's archive without letting it write elsewhere, link elsewhere, or fill the disk."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ..domain.cancellation import CancelToken
from ..errors import InvalidModel, TooLarge
from .shelf import storage

MOST_BYTES = 50 * 2**30
MOST_FILES = 2_000
_BLOCK_BYTES = 1 << 20
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


def is_archive(path: Path) -> bool:
    """Whether a file is a zip or tar archive, by its content."""
    return path.is_file() and path.suffix != ".pt" and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))


def unpack(archive: Path, into: Path, cancel: CancelToken) -> None:
    """Write an archive's files into a folder.

    Args:
        archive: A zip, or a tar that may be compressed.
        into: An empty folder.
        cancel: Looked at for every megabyte.

    Raises:
        InvalidModel: It is damaged, or holds links, devices, or names that lead out of the folder.
        TooLarge: It would unpack to more than 50 GiB, 2000 files, or what the disk has.
    """
    room = min(MOST_BYTES, shutil.disk_usage(into).free)
    count = 0
    try:
        for name, stream in _zipped(archive) if zipfile.is_zipfile(archive) else _tarred(archive):
            target = into / _safe(name)
            count += 1
            if target.exists():
                raise _forbidden(name, "is there twice")
            if count > MOST_FILES:
                raise TooLarge(f"The archive '{archive.name}' holds more than {MOST_FILES} files.")
            with storage():
                target.parent.mkdir(parents=True, exist_ok=True)
                out = target.open("xb")
            with out:
                while block := stream.read(_BLOCK_BYTES):
                    cancel.check()
                    room -= len(block)
                    if room < 0:
                        raise TooLarge(f"The archive '{archive.name}' unpacks to more than there is room for.")
                    with storage():
                        out.write(block)
    except _DAMAGED as error:
        raise InvalidModel(
            f"The archive '{archive.name}' is damaged: {' '.join(str(error).split())}.", hint="Get it again."
        ) from error


def _zipped(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            kind = info.external_attr >> 28
            if kind not in {0, 4, 8}:  # none given, folder, plain file; the rest are links and devices
                raise _forbidden(info.filename, "is a link or a device")
            if not info.is_dir():
                with opened.open(info) as stream:
                    yield info.filename, stream


def _tarred(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(archive) as opened:
        for info in opened:
            if not (info.isfile() or info.isdir()):
                raise _forbidden(info.name, "is a link or a device")
            if info.isfile() and (stream := opened.extractfile(info)) is not None:
                yield info.name, stream


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts:
        raise _forbidden(name, "leads out of the archive")
    return path


def _forbidden(name: str, why: str) -> InvalidModel:
    return InvalidModel(f"The archive's entry '{name}' {why}; nothing was unpacked.", hint="Pack plain files only.")
