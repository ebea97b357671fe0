"""Errors as people and scripts see them: one clear message, what to do, the right exit code."""

from __future__ import annotations

import errno
import traceback

from ..errors import AudapolisError, Cancelled, InvalidInput, OutOfMemory, StorageFull

DONE, FAILED, BAD_INPUT = 0, 1, 2
INTERRUPTED, TERMINATED, NOBODY_LISTENS = 130, 143, 141

_REPORT = (
    "This is a fault in Audapolis, not in what you did. Please report it, with the output of "
    "'audapolis doctor' and of the same command with --verbose."
)


def explain(error: BaseException) -> str:
    """What happened and what to do about it: the message on one line, the hint on the next."""
    error = _known(error)
    if isinstance(error, AudapolisError):
        return f"{error.message}\n  {error.hint}" if error.hint else error.message
    said = " ".join(str(error).split())
    return f"Unexpected {type(error).__name__}{f': {said}' if said else ''}.\n  {_REPORT}"


def _known(error: BaseException) -> BaseException:
    """Our error for what any line of a program may meet: no memory, no room on the disk."""
    if isinstance(error, MemoryError):
        return OutOfMemory("There was not enough memory.", hint="Close other programs, or give fewer --jobs.")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageFull("There is no room left on the disk.", hint="Free some space, then run it again.")
    return error


def trace(error: BaseException) -> str:
    """Where in the program the error came from, for bug reports."""
    return "".join(traceback.format_exception(error))


def exit_code(error: BaseException) -> int:
    """The exit code one error alone would give.

    A full disk counts as bad input: the place to write to is the caller's choice, as the files are.
    """
    error = _known(error)
    if isinstance(error, Cancelled | KeyboardInterrupt):
        return INTERRUPTED
    return BAD_INPUT if isinstance(error, InvalidInput | StorageFull) else FAILED


def overall(codes: list[int]) -> int:
    """The exit code of a run over several inputs: failure outweighs bad input, that outweighs success."""
    for code in (INTERRUPTED, FAILED, BAD_INPUT):
        if code in codes:
            return code
    return DONE


def error_named(code: str, message: str, hint: str) -> AudapolisError:
    """Rebuild an error from what a job's record keeps of it."""
    kinds = {kind.__new__(kind).code: kind for kind in _descendants(AudapolisError)}
    kind = kinds.get(code, AudapolisError)
    error = kind.__new__(kind)
    AudapolisError.__init__(error, message, hint=hint)
    return error


def _descendants(kind: type[AudapolisError]) -> list[type[AudapolisError]]:
    return [found for child in kind.__subclasses__() for found in (child, *_descendants(child))]
