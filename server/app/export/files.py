"""Files that are either whole or not there."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import AudapolisError, Conflict, ExportFailed, StorageFull

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What the system says when there is no room."""


@contextmanager
def whole_file(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Write a file beside its place and move it there when it is complete. On any error nothing changes.

    Raises:
        Conflict: It exists and may not be overwritten, or is a folder.
        StorageFull: The disk is full.
        ExportFailed: The system refused the write for another reason.
    """
    _check_free(path, overwrite=overwrite)
    temporary = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        with temporary.open("x+b") as out:
            yield out
        _check_free(path, overwrite=overwrite)
        temporary.replace(path)
    except OSError as error:
        raise _mapped(error, path) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def _check_free(path: Path, *, overwrite: bool) -> None:
    try:
        if path.is_dir():
            raise Conflict(f"'{path}' is a folder.", hint="Name a file in it.")
        if not overwrite and path.exists():
            raise Conflict(f"'{path}' exists already.", hint="Use --overwrite to replace it, or another name.")
    except OSError as error:
        raise _mapped(error, path) from None


def _mapped(error: OSError, path: Path) -> AudapolisError:
    if error.errno in FULL:
        return StorageFull(f"The disk is full: '{path}' could not be written.", hint="Free some space and try again.")
    reason = error.strerror or str(error)
    return ExportFailed(f"'{path}' could not be written: {reason}.", hint="Check the folder and its permissions.")
