"""Runs one child process that reads media, watches it, and turns however it ends into a result or one of our errors.

libav is a large parser of hostile data: it may crash, hang or eat memory. Here each costs one child.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import errors
from ..domain.cancellation import CancelToken
from .sources import shown

Progress = Callable[[float, float | None], None]
"""Takes seconds of audio done, and of how many if that is known."""

_POLL_S = 0.1
_KINDS: dict[str, type[errors.AudapolisError]] = {
    "unsupported_media": errors.UnsupportedMedia,
    "invalid_option": errors.InvalidOption,
    "not_found": errors.NotFound,
    "too_large": errors.TooLarge,
    "storage_full": errors.StorageFull,
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a child process may use at most.

    Attributes:
        memory_bytes: Address space; libraries alone take half a gigabyte of it.
        cpu_s: Processor time.
        file_bytes: Size of a file it writes.
    """

    memory_bytes: int = 4 * 2**30
    cpu_s: int = 6 * 3600
    file_bytes: int = 0


def run_child(
    request: Mapping[str, Any],
    *,
    stall_timeout_s: float,
    allowance: Allowance,
    cancel: CancelToken,
    on_progress: Progress,
) -> dict[str, Any]:
    """Give a request to a fresh child and wait for its result.

    Args:
        request: What `child.main` understands; plain JSON values.
        stall_timeout_s: The child is ended when it reports no progress for so long.
        allowance: The child's limits.
        cancel: Looked at every tenth of a second.
        on_progress: Told how far the child is.

    Raises:
        Cancelled: `cancel` was set.
        WorkerCrashed: Somebody killed the child, most often the system for lack of memory.
        UnsupportedMedia: The child refused the file, crashed on it or hung.
        AudapolisError: Whatever else the child reported.
    """
    cancel.check()
    path = Path(request["path"])
    child = _start({**request, **asdict(allowance), "parent": os.getpid()})
    try:
        for message in _messages(child, path, stall_timeout_s, cancel):
            if "progress" in message:
                on_progress(*message["progress"])
            elif "error" in message:
                raise _reported(message["error"])
            else:
                return dict(message["result"])
        raise _died(child.wait(), path)
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def _start(request: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    package = str(__package__)
    root = str(Path(__file__).parents[package.count(".") + 1])
    # -P keeps the current folder off the path: it may hold a numpy.py beside the recordings. The root is added
    # last, for the case that the package was found through a path only this process knows.
    code = f"import sys; sys.path.append({root!r}); from {package}.child import main; main(sys.argv[1])"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, json.dumps(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        process_group=0,  # Ctrl-C on a terminal reaches us only; we end the child
    )


def _messages(
    child: subprocess.Popen[bytes], path: Path, stall_timeout_s: float, cancel: CancelToken
) -> Iterator[dict[str, Any]]:
    """What the child says, line by line, until it closes its end."""
    assert child.stdout is not None  # a pipe was asked for
    descriptor = child.stdout.fileno()
    pending = b""
    heard = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            cancel.check()
            if not selector.select(_POLL_S):
                if time.monotonic() - heard > stall_timeout_s:
                    raise _stalled(path, stall_timeout_s)
                continue
            data = os.read(descriptor, 1 << 16)
            if not data:
                return
            heard = time.monotonic()
            *lines, pending = (pending + data).split(b"\n")
            yield from (json.loads(line) for line in lines)


def _reported(error: Mapping[str, Any]) -> errors.AudapolisError:
    kind = _KINDS.get(error["code"], errors.UnsupportedMedia)
    return kind(error["message"], hint=error["hint"], **error["data"])


def _stalled(path: Path, timeout_s: float) -> errors.UnsupportedMedia:
    return errors.UnsupportedMedia(
        f"Reading {shown(path)} made no progress for {timeout_s:g} s and was stopped.",
        hint="If the file is on a slow or remote disk, copy it here first; otherwise it is damaged.",
    )


def _died(code: int, path: Path) -> errors.AudapolisError:
    if code == -signal.SIGKILL:  # somebody else's doing, most often the system's, out of memory: worth another try
        return errors.WorkerCrashed(
            f"The process that read {shown(path)} was killed.", hint="Check that the machine has enough free memory."
        )
    if code == -signal.SIGXCPU:
        what = "took far too long"
    elif code < 0:
        what = f"crashed the media library ({signal.Signals(-code).name})"
    else:
        what = f"ended the media reader unexpectedly (exit {code})"
    return errors.UnsupportedMedia(
        f"{shown(path)} {what}.", hint="It is probably damaged; convert it to WAV or FLAC with its own program."
    )
