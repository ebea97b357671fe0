"""The child process that runs a template: the request on standard input, the text on standard output.

It sets its own limits before it reads anything. What goes wrong is one line of JSON on standard error.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from ...errors import AudapolisError, InvalidTemplate

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_BUFFERED_PIECES = 200
_MOST_SAID = 500

FAULTY = 3
"""Exit code when an error was told."""


def main(argument: str) -> None:
    """Serve one request.

    Args:
        argument: The limits and the parent's process id, as JSON.
    """
    limits = json.loads(argument)
    _die_with_parent(limits["parent"])
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
    ):
        _limit(kind, most)
    try:
        _serve(json.load(sys.stdin.buffer))
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - the border of the process: nothing else could tell what happened
        _tell(_named(error))
        os._exit(FAULTY)


def _serve(request: dict[str, Any]) -> None:
    from .environment import compiled

    template = compiled(request["source"], request["extension"])
    if request["data"] is None:
        return
    stream = template.stream(request["data"])
    stream.enable_buffering(_BUFFERED_PIECES)
    for piece in stream:
        sys.stdout.buffer.write(piece.encode("utf-8", "replace"))


def _named(error: BaseException) -> AudapolisError:
    """What happened, as our error; with the template's line where that is known."""
    from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError

    if isinstance(error, AudapolisError) and not isinstance(error, InvalidTemplate):
        return _fault("failed", error, error.message)  # a filter refused its value
    if isinstance(error, InvalidTemplate):
        return error
    said: list[tuple[type[BaseException] | tuple[type[BaseException], ...], str, Callable[[Any], str]]] = [
        (TemplateSyntaxError, "syntax", lambda e: str(e.message)),
        (UndefinedError, "undefined", lambda e: str(e.message)),
        (SecurityError, "forbidden", lambda e: f"it reaches for what templates may not touch: {e}"),
        (RecursionError, "limit", lambda _: "it calls itself too deep, or is nested too deep."),
        (MemoryError, "limit", lambda _: "it needs more memory than a template may use."),
        (OverflowError, "limit", lambda e: f"it counts too far ({e})."),
        (SyntaxError, "syntax", lambda e: f"it can't be translated ({e.msg})."),
    ]
    for kinds, name, say in said:
        if isinstance(error, kinds):
            return _fault(name, error, say(error))
    return _fault("failed", error, f"{type(error).__name__}: {error}")


def _fault(kind: str, error: BaseException, said: str) -> InvalidTemplate:
    line = _line_of(error)
    text = said[:_MOST_SAID].strip() or type(error).__name__
    if not line:
        text = text[:1].upper() + text[1:]
    end = "" if text.endswith((".", "?", "!")) else "."
    return InvalidTemplate(f"{f'Line {line}: ' if line else ''}{text}{end}", line=line, kind=kind)


def _line_of(error: BaseException) -> int | None:
    """The template's line: told by the error, or the innermost one of its traceback."""
    line = getattr(error, "lineno", None)
    if isinstance(line, int) and type(error).__module__.startswith("jinja2"):
        return line
    frames = traceback.extract_tb(error.__traceback__)[-1000:]
    return next((frame.lineno for frame in reversed(frames) if frame.filename == "<template>"), None)


def _tell(error: AudapolisError) -> None:
    said = {"message": error.message, "hint": error.hint, "data": error.data}
    sys.stderr.write(json.dumps(said) + "\n")
    sys.stderr.flush()


def _die_with_parent(parent: int) -> None:
    """Have the kernel end this process when the one that wants its result is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)


def _limit(kind: int, most: int) -> None:
    """Allow at most so much of a resource; never more than was allowed already."""
    soft, hard = resource.getrlimit(kind)
    allowed = min(value for value in (most, soft, hard) if value != resource.RLIM_INFINITY)
    resource.setrlimit(kind, (allowed, allowed if kind != resource.RLIMIT_CPU else hard))
