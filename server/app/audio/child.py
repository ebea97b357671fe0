"""The child process that reads media: one request in its argument, JSON lines on standard output, then the end.

Each line is one of `{"progress": [done_s, total_s]}`, `{"result": …}` and `{"error": …}`; the last two end it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from ..errors import AudapolisError, UnsupportedMedia
from .sources import shown

if TYPE_CHECKING:
    from .reading import Report

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(argument: str) -> None:
    """Serve one request, given as JSON by `supervise.run_child`."""
    request = json.loads(argument)
    _die_with_parent(request["parent"])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, request["memory_bytes"])
    _limit(resource.RLIMIT_CPU, request["cpu_s"])
    _limit(resource.RLIMIT_FSIZE, request["file_bytes"])
    try:
        _say("result", _ACTIONS[request["action"]](request, _progress))
    except AudapolisError as error:
        _say_error(error)
    except MemoryError:
        _say_error(_refused(request, "needs far more memory than a recording should"))
    except av.error.FFmpegError as error:
        _say_error(_refused(request, f"could not be decoded ({error.strerror})"))
    except Exception as error:  # noqa: BLE001 - the border of the process: nothing else could tell what happened
        _say_error(_refused(request, f"could not be read ({type(error).__name__}: {error})"))


def _probe(request: Mapping[str, Any], _report: Report) -> dict[str, Any]:
    from .media import media_info

    return asdict(media_info(Path(request["path"])))


def _decode(request: Mapping[str, Any], report: Report) -> dict[str, Any]:
    from .reading import Job  # NumPy takes three quarters of a child's start, and is of use here only
    from .settling import decode_file

    job = Job(path=Path(request["path"]), out=Path(request["out"]), **request["job"])
    return asdict(decode_file(job, report))


_ACTIONS: dict[str, Callable[[Mapping[str, Any], Report], dict[str, Any]]] = {"probe": _probe, "decode": _decode}


def _progress(done_s: float, total_s: float | None) -> None:
    _say("progress", [done_s, total_s])


def _say_error(error: AudapolisError) -> None:
    _say("error", {"code": error.code, "message": error.message, "hint": error.hint, "data": error.data})


def _say(kind: str, content: Any) -> None:
    sys.stdout.write(json.dumps({kind: content}) + "\n")
    sys.stdout.flush()


def _refused(request: Mapping[str, Any], what: str) -> UnsupportedMedia:
    return UnsupportedMedia(
        f"{shown(Path(request['path']))} {what}.", hint="It is probably damaged; convert it to WAV or FLAC."
    )


def _die_with_parent(parent: int) -> None:
    """Have the kernel end this process when the one that wants its result is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)


def _limit(kind: int, most: int) -> None:
    """Allow at most so much of a resource; never more than was allowed already."""
    soft, hard = resource.getrlimit(kind)
    allowed = [value for value in (most, soft, hard) if value != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(allowed), hard))
