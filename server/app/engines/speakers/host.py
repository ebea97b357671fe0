"""The process that runs a diarizer's model: started when needed, kept warm, killed without regret.

Speaker libraries end the whole process on models they don't like, hold the interpreter lock for minutes and may not
be stopped half-way; in a process of its own none of that matters. It is a plain `python -m` child: no fork, and
nothing of the caller's `__main__` is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from ...domain.cancellation import CancelToken
from ...domain.events import Emit, ModelLoaded, ModelReleased, ignore
from ...errors import EngineFailed, WorkerCrashed
from .messages import Answer, Found, ModelSpec, Request

MAX_RSS_BYTES = 3 * 2**30
"""A process that has grown beyond this is ended after its recording."""
_LOOK_S = 0.1

QUIET = {
    # Read by pyannote.audio before it is imported: without it, each recording's length and number of speakers
    # would be sent to its makers.
    "PYANNOTE_METRICS_ENABLED": "0",
    "OTEL_SDK_DISABLED": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Models are fetched by the model library, which says so; an engine fetches nothing.
    "HF_HUB_OFFLINE": "1",
}
"""Environment of every child: nothing leaves the machine."""


class Host:
    """One child process; diarizes one recording at a time.

    Args:
        engine: How people call what runs there.
        tell: Told of models that are loaded and let go of, by the names of their folders.
    """

    def __init__(self, engine: str, tell: Emit = ignore) -> None:
        self._engine = engine
        self._tell = tell
        self._held: tuple[ModelSpec, float] | None = None
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._process.pid if self._process else None

    def ask(self, request: Request, cancel: CancelToken) -> Found:
        """Have a recording diarized; the process is started when there is none.

        Raises:
            Cancelled: Within a second of `cancel` being set; the process is gone then.
            WorkerCrashed: The process died.
            AudapolisError: What the engine answered.
        """
        with self._one_at_a_time:
            cancel.check()
            began_at = time.monotonic()
            connection = self._running()
            try:
                connection.send(request)
                while not connection.poll(_LOOK_S):
                    cancel.check()
                answer: Answer = connection.recv()
            except (EOFError, OSError) as error:
                raise self._crashed() from error
            except BaseException:
                self._kill()
                raise
            self._note(request.model, answer.loaded_at, began_at)
            if answer.rss_bytes > MAX_RSS_BYTES:
                self._kill()
        if answer.error is not None:
            raise answer.error
        if answer.found is None:
            raise EngineFailed(f"{self._engine} gave no answer.")
        return answer.found

    def close(self) -> None:
        """End the process. It is started again when something is asked."""
        with self._one_at_a_time:
            self._kill()

    def _running(self) -> Connection:
        if self._process is not None and self._process.poll() is not None:  # it died while idle: nobody's fault
            self._kill()
        if self._connection is None:
            self._connection, self._process = _start()
        return self._connection

    def _note(self, model: ModelSpec, loaded_at: float | None, began_at: float) -> None:
        """Tell whether the model had to be loaded, which includes the start of the process."""
        if loaded_at is not None:
            self._let_go()
            self._held = model, loaded_at
            self._tell(ModelLoaded(model=_name(model), device=model.device, wall_s=loaded_at - began_at))
        elif self._held is not None and self._held[0] == model:
            self._tell(ModelLoaded(model=_name(model), device=model.device, wall_s=0.0, warm=True))

    def _let_go(self) -> None:
        if self._held is not None:
            (model, since), self._held = self._held, None
            self._tell(ModelReleased(model=_name(model), device=model.device, held_s=time.monotonic() - since))

    def _crashed(self) -> WorkerCrashed:
        process = self._process
        self._kill()
        status = process.returncode if process else None
        return WorkerCrashed(
            f"The process that ran {self._engine} died (exit status {status}).",
            hint="Its model may be damaged or the memory too small; another engine can be had with --diarizer.",
        )

    def _kill(self) -> None:
        self._let_go()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _name(model: ModelSpec) -> str:
    return Path(model.folder).name


def _start() -> tuple[Connection, subprocess.Popen[bytes]]:
    ours, theirs = Pipe()
    package = __name__.rpartition(".")[0]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", f"{package}.child", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        env=_environment(package),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    theirs.close()
    return ours, process


def _environment(package: str) -> Mapping[str, str]:
    top = sys.modules[package.partition(".")[0]]
    folder = str(Path(str(top.__file__)).parent.parent)
    paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join(paths)}
