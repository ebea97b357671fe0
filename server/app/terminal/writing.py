"""Writing results: whole or not at all, and never over something without being asked."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import AudapolisError, Conflict, InvalidOption, StorageFull
from .text import shown

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_WRONG_PLACE = {errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.ENAMETOOLONG, errno.EEXIST, errno.EINVAL}


class Permission:
    """Decides whether existing files may be replaced: by `--overwrite`, or by asking once per input.

    Attributes:
        granted: Everything may be replaced, without asking.
    """

    def __init__(self, *, granted: bool, ask: Callable[[str], str] | None) -> None:
        """`ask` puts a question to the user and returns the answer; None where there is nobody."""
        self.granted = granted
        self._ask = ask

    def check(self, paths: Iterable[Path]) -> None:
        """Make sure these files may and can be written, before any work is done for them.

        Raises:
            Conflict: One exists and may not be replaced.
            InvalidOption: One can't be written to its place.
        """
        paths = list(paths)
        for path in paths:
            check_place(path)
        existing = [path for path in paths if _occupied(path)]
        if not existing or self.granted:
            return
        names = ", ".join(shown(path) for path in existing)
        answer = self._ask(f"{names} exists. Overwrite? [y]es, [n]o, [a]ll: ") if self._ask else ""
        if answer.strip().lower() in {"a", "all"}:
            self.granted = True
        elif answer.strip().lower() not in {"y", "yes"}:
            raise Conflict(f"{names} exists already.", hint="Give --overwrite to replace it, or another place with -o.")


def _occupied(path: Path) -> bool:
    """Whether writing would destroy something; devices and pipes can be written to without loss."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def check_place(path: Path) -> None:
    """Make sure that a file can be written there, as far as can be told without trying.

    Raises:
        InvalidOption: It can't.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder = next(parent for parent in path.parents if os.path.lexists(parent))
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK | os.X_OK) and not (path.exists() and not path.is_file()):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise storage_error(path, error) from None


def make_folder(path: Path) -> None:
    """Make the folder a file is to be in.

    Raises:
        StorageFull, InvalidOption: It can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from None


def write_result(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside its place, then moved there. Makes the folder if need be.

    Raises:
        StorageFull: No room; nothing is left behind.
        InvalidOption: The place can't be written to.
    """
    make_folder(path)
    try:
        if path.exists() and not path.is_file():
            _write_through(path, content)
        else:
            _write_beside(path, content)
    except OSError as error:
        raise storage_error(path, error) from None


def _write_through(path: Path, content: bytes) -> None:
    """A device or pipe has no place beside it, and must not be replaced by a file."""
    with path.open("wb") as file:
        file.write(content)


def _write_beside(path: Path, content: bytes) -> None:
    real = path.resolve()  # a link stays a link to the new content
    descriptor, name = tempfile.mkstemp(prefix=".audapolis-", suffix=".part", dir=real.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(real)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def storage_error(path: Path, error: OSError) -> AudapolisError:
    """Our error for one the system gave while writing to `path`."""
    name, reason = shown(path), (error.strerror or str(error)).lower()
    if error.errno in _FULL:
        return StorageFull(
            f"There is no room to write {name}: {reason}.",
            hint="Free some space, or choose another place with -o.",
        )
    if error.errno in _REFUSED:
        return InvalidOption(f"{name} can't be written: {reason}.", hint="Choose another place with -o.")
    if error.errno in _WRONG_PLACE:
        return InvalidOption(f"{name} can't be a result file: {reason}.", hint="Choose another place with -o.")
    return AudapolisError(f"{name} could not be written: {reason}.")
