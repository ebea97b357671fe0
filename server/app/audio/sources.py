"""Media files before anything looks inside: do they exist, may we read them, which file is it."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

from ..errors import NotFound, UnsupportedMedia


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes, in lower-case hex. Streamed: memory does not grow with the file.

    Raises:
        NotFound: No such file.
        UnsupportedMedia: It is a folder, empty, or may not be read.
    """
    check_readable(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from None


def check_readable(path: Path) -> None:
    """Make sure that there is a regular, non-empty file that we may read. Never blocks on pipes or devices.

    Raises:
        NotFound: No such file.
        UnsupportedMedia: It is a folder, a pipe or device, empty, or may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise UnsupportedMedia(f"{shown(path)} is a folder.", hint="Name the files in it, or use a batch.")
    if not stat.S_ISREG(status.st_mode):
        raise UnsupportedMedia(f"{shown(path)} is not a regular file.", hint="Save the recording to a file first.")
    if status.st_size == 0:
        raise UnsupportedMedia(
            f"{shown(path)} is empty (0 bytes).", hint="Copy or download it again; the first try was cut off."
        )


def unreadable(path: Path, error: OSError | ValueError) -> NotFound | UnsupportedMedia:
    """Say why the operating system would not open or read a file."""
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOENT, errno.ENOTDIR}:
        return NotFound(f"There is no file {shown(path)}.", hint="Check the name and the folder.")
    if number in {errno.EACCES, errno.EPERM}:
        return UnsupportedMedia(
            f"You may not read {shown(path)}.", hint="Change its permissions, or run as a user who may."
        )
    if number is None or number in {errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}:
        return NotFound(f"{shown(path)} can't be a file's name here.", hint="Check the name.")
    reason = getattr(error, "strerror", None) or str(error)
    return UnsupportedMedia(f"Reading {shown(path)} failed: {reason}.", hint="Check the disk it is on.")


def shown(path: Path) -> str:
    """The file's name for a message: quoted, on one line, of bounded length."""
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path.name or str(path))
    return f"'{name}'" if len(name) <= 120 else f"'{name[:80]}…{name[-30:]}'"
