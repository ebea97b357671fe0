"""The process of a diarizer: `python -m …child FD` answers the requests that come through the socket FD.

It must not outlive its parent, who may be killed at any moment without a chance to tell. Between recordings the
closed socket is noticed by `recv`; during one, native code may hold the interpreter lock for minutes, so the kernel
does it (`lifeline`).
"""

from __future__ import annotations

import os
import signal
import sys
import time
import warnings
from contextlib import suppress
from dataclasses import replace
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
    models = _Models()
    with suppress(EOFError, OSError):
        while True:
            request: Request = connection.recv()
            with dies_with_parent(connection.fileno()):
                answer = replace(_answer(models, request), loaded_at=models.loaded_at)
            connection.send(answer)


class _Models:
    """The model in memory: one at a time.

    Attributes:
        loaded_at: When the model asked for last was loaded; None where it was here.
    """

    def __init__(self) -> None:
        self._model: tuple[ModelSpec, Loaded] | None = None
        self.loaded_at: float | None = None

    def get(self, spec: ModelSpec) -> Loaded:
        """A model; loaded in place of the one that is here, if that is another."""
        self.loaded_at = None
        if self._model is None or self._model[0] != spec:
            self._model = None
            self._model = spec, _load(spec)
            self.loaded_at = time.monotonic()
        return self._model[1]


def _answer(models: _Models, request: Request) -> Answer:
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


def _diarize(models: _Models, request: Request) -> Found:
    model = models.get(request.model)
    if Path(request.sound).stat().st_size == 0:
        return Found((), {}, "")
    sound = np.memmap(request.sound, np.float32, "c")  # private: no library may change the file
    return model.diarize(sound, request.count)


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
