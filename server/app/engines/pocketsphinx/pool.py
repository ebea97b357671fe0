"""Decoder processes: started when needed, kept warm, killed without regret.

PocketSphinx holds the interpreter lock while it decodes and can crash on bad memory, so every decoder has a
process of its own: a plain `python -m` child (no fork, and nothing of the caller's `__main__` is imported),
joined to us by one socket. The child dies with its parent even in the middle of a decode (see `child.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

from ...errors import AudapolisError, WorkerCrashed
from .decoder import ChunkJob, DecodedWord

MAX_RSS_BYTES = 450 * 2**20
"""A decoder that has grown beyond this is replaced after its chunk."""
_START_S = 30.0
_PATIENCE = 20.0
"""A decoder that takes longer than `_START_S` plus so many times the chunk's length is taken for hung."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a decoder process answers: words, or the error that stopped it, and how large it has become.

    Attributes:
        ready_at: Monotonic time, which all processes share, since when it has a model in memory.
    """

    words: tuple[DecodedWord, ...]
    rss_bytes: int
    error: AudapolisError | None = None
    ready_at: float | None = None


class DecoderProcess:
    """One child process; decodes one chunk at a time.

    Attributes:
        start_s: How long it took from its start until its model was loaded; None before the first answer.
    """

    def __init__(self) -> None:
        self.start_s: float | None = None
        self._began_at = time.monotonic()
        self.connection, theirs = Pipe()
        package = __name__.rpartition(".")[0]
        command = [sys.executable, "-P", "-m", f"{package}.child", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            env=_child_environment(package),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self._give_up_at = 0.0

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def hung(self) -> bool:
        """Whether the running job takes unreasonably long."""
        return time.monotonic() > self._give_up_at

    @property
    def alive(self) -> bool:
        """Whether the child has not ended."""
        return self._process.poll() is None

    def start(self, job: ChunkJob) -> None:
        """Send a job; the answer makes `connection` readable.

        Raises:
            WorkerCrashed: The child is gone.
        """
        self._give_up_at = time.monotonic() + _START_S + _PATIENCE * job.duration_s
        try:
            self.connection.send(job)
        except OSError as error:
            raise self._crash() from error

    def reply(self) -> Reply:
        """Read the answer.

        Raises:
            WorkerCrashed: The child died before it answered.
        """
        try:
            answer: Reply = self.connection.recv()
        except (EOFError, OSError) as error:
            raise self._crash() from error
        if self.start_s is None and answer.ready_at is not None:
            self.start_s = answer.ready_at - self._began_at
        return answer

    def kill(self) -> None:
        """End the child now, whatever it is doing. May be called more than once."""
        self.connection.close()
        self._process.kill()
        self._process.wait()

    def _crash(self) -> WorkerCrashed:
        self.kill()
        return WorkerCrashed(
            f"A PocketSphinx decoder process died (exit status {self._process.returncode}).",
            hint="If this goes on, check that the machine has 500 MB of free memory per decoder.",
        )


def _child_environment(package: str) -> dict[str, str]:
    top = sys.modules[package.partition(".")[0]]
    folder = str(Path(str(top.__file__)).parent.parent)
    paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)}


class DecoderPool:
    """At most `size` decoder processes, shared by all runs of an engine. Thread-safe."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._lent: set[DecoderProcess] = set()
        self._closed = False

    def take(self) -> DecoderProcess | None:
        """A decoder for one chunk, warm if possible; None while all are lent."""
        with self._lock:
            if self._closed or len(self._lent) >= self.size:
                return None
            while self._idle and not self._idle[-1].alive:  # it died while idle; no chunk is to blame
                self._idle.pop().kill()
            decoder = self._idle.pop() if self._idle else DecoderProcess()
            self._lent.add(decoder)
            return decoder

    def give_back(self, decoder: DecoderProcess) -> None:
        """Return a decoder that is free and well."""
        with self._lock:
            self._lent.discard(decoder)
            if not self._closed:
                self._idle.append(decoder)
                return
        decoder.kill()

    def discard(self, decoder: DecoderProcess) -> None:
        """End a lent decoder that is busy, broken or too large."""
        decoder.kill()
        with self._lock:
            self._lent.discard(decoder)

    def close(self) -> None:
        """End all decoders. Running recognitions fail."""
        with self._lock:
            self._closed = True
            doomed = [*self._idle, *self._lent]
            self._idle.clear()
            self._lent.clear()
        for decoder in doomed:
            decoder.kill()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed


def answered(decoders: Sequence[DecoderProcess], timeout_s: float) -> list[DecoderProcess]:
    """Those of the decoders that have answered or died; waits until there is one, at most `timeout_s`."""
    by_connection: dict[Any, DecoderProcess] = {decoder.connection: decoder for decoder in decoders}
    ready: list[Connection] = wait(list(by_connection), timeout_s)  # type: ignore[assignment]
    return [by_connection[connection] for connection in ready]
