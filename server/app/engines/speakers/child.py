"""The process of a diarizer: `python -m …child FD` answers the requests that come through the socket FD.

It must not outlive its parent, who may be killed at any moment without a chance to tell. Between recordings the
closed socket is noticed by `recv`; during one, native code may hold the interpreter lock for minutes, so the kernel
does it (`lifeline`).
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from ...errors import AudapolisError, EngineFailed, OutOfMemory
from ..lifeline import dies_with_parent
from .messages import Answer, Found, Loaded, ModelSpec, Request


def main() -> None:
    """Serve until the parent closes the socket or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group; the parent decides
    warnings.simplefilter("ignore")
    connection = Connection(int(sys.argv[1]))
    models: dict[ModelSpec, Loaded] = {}
    with suppress(EOFError, OSError):
        while True:
            request: Request = connection.recv()
            with dies_with_parent(connection.fileno()):
                answer = _answer(models, request)
            connection.send(answer)


def _answer(models: dict[ModelSpec, Loaded], request: Request) -> Answer:
    try:
        return Answer(_diarize(models, request), None, _rss_bytes())
    except AudapolisError as error:
        return Answer(None, error, _rss_bytes())
    except MemoryError:
        missing = OutOfMemory("There is too little memory to tell the speakers apart.", hint="Close other programs.")
        return Answer(None, missing, _rss_bytes())
    except Exception as error:  # noqa: BLE001 - the border of the process: nothing else could tell what happened
        failed = EngineFailed(
            f"{request.model.kind} broke: {type(error).__name__}: {error}.",
            hint="Try another one with --diarizer, or report this with the recording.",
        )
        return Answer(None, failed, _rss_bytes())


def _diarize(models: dict[ModelSpec, Loaded], request: Request) -> Found:
    if request.model not in models:
        models.clear()  # one model at a time
        models[request.model] = _load(request.model)
    if Path(request.sound).stat().st_size == 0:
        return Found((), {}, "")
    sound = np.memmap(request.sound, np.float32, "c")  # private: no library may change the file
    return models[request.model].diarize(sound, request.count)


def _load(spec: ModelSpec) -> Loaded:
    if spec.kind == "pyannote":
        from ..pyannote.pipeline import PyannotePipeline

        return PyannotePipeline(spec)
    from ..sherpa.pipeline import SherpaPipeline

    return SherpaPipeline(spec)


def _rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
