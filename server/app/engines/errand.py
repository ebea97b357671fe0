"""One piece of work in a process of its own: a request goes in as JSON, one line of JSON comes out.

For work that loads foreign model files: they may crash the library that reads them, or take more memory than there is,
and must not take us along.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..domain.cancellation import CancelToken
from ..errors import EngineFailed, WorkerCrashed

_LOOK_S = 0.1
_TAIL_CHARACTERS = 400
_QUIET = {
    # Nothing is fetched and nothing is sent while a model is loaded.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Refused(EngineFailed):
    """The work could not be done, and its process said why."""


def run_errand(module: str, request: Mapping[str, Any], cancel: CancelToken) -> dict[str, Any]:
    """Run `python -m module` until it answers.

    Args:
        module: A module of this package that calls `answer` when it is run.
        request: What it is asked; plain JSON values.
        cancel: Kills it within a quarter of a second.

    Raises:
        Refused: It said that it can't be done; `data["reason"]` names the foreign error's type.
        WorkerCrashed: It died without an answer.
        Cancelled: `cancel` was set.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            env=_environment(module),
            start_new_session=True,
        )
        try:
            assert child.stdin is not None
            with child.stdin as pipe:
                pipe.write(json.dumps(request).encode())
            while child.poll() is None:
                cancel.check()
                time.sleep(_LOOK_S)
        finally:
            child.kill()
            child.wait()
        out.seek(0)
        err.seek(0)
        return _read(out.read(), err.read().decode("utf-8", "replace"), child.returncode)


def _read(answer: bytes, complaints: str, code: int) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(answer.splitlines()[-1])
    except (IndexError, ValueError):
        tail = " ".join(complaints.split())[-_TAIL_CHARACTERS:]
        raise WorkerCrashed(
            f"The process that loads the model died (exit status {code}).{f' It said: {tail}' if tail else ''}",
            hint="Check that the machine has enough free memory for the model.",
        ) from None
    if "refused" in told:
        raise Refused(str(told["refused"]), reason=str(told.get("reason", "")))
    return told


def answer(work: Any) -> None:
    """The other side: read the request, do the work, tell its result or the error that stopped it."""
    request = json.loads(sys.stdin.buffer.read())
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    try:
        told = work(request)
    except Exception as error:  # noqa: BLE001 - the border of the process: the parent decides what it means
        said = " ".join(str(error).split())[:_TAIL_CHARACTERS]
        told = {"refused": said or type(error).__name__, "reason": type(error).__name__}
    os.write(out, json.dumps(told).encode() + b"\n")
    os.close(out)


def _environment(module: str) -> dict[str, str]:
    top = sys.modules[module.partition(".")[0]]
    folder = str(Path(str(top.__file__)).parent.parent)
    paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **_QUIET, "PYTHONPATH": os.pathsep.join(paths)}
