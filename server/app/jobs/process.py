"""A worker process as the supervisor holds it: started, spoken to, watched, ended with all its children."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker

from ..domain.events import Event
from .worker import Order, Retiring, WorkerPlan, work

log = logging.getLogger(__name__)

_SPAWN = multiprocessing.get_context("spawn")  # a forked child would inherit locks that nobody will ever release


class WorkerProcess:
    """One worker process. Only the supervisor's thread touches it.

    Attributes:
        name: Unique name, as leases know it.
        job_id: What it works on, as far as it told.
        started_at: Monotonic time of its start.
        stop_asked_at: Monotonic time since when it should have left its job or ended, if so.
        terminated: Whether we asked it to end.
        ended_well: After its death: whether it had nothing more to do.
        sentence: Why we killed it, if we did.
    """

    def __init__(self, plan: WorkerPlan) -> None:
        self.name = str(uuid.uuid4())
        self.job_id: str | None = None
        self.started_at = time.monotonic()
        self.stop_asked_at: float | None = None
        self.terminated = self.ended_well = False
        self.sentence: str | None = None
        self._orders, theirs = _SPAWN.Pipe()
        their_lifeline, self._lifeline = _SPAWN.Pipe(duplex=False)
        self._process = _SPAWN.Process(
            target=work, args=(plan, self.name, theirs, their_lifeline), name=f"audapolis-worker-{self.name[:8]}"
        )
        with _uninterrupted():
            self._process.start()
        theirs.close()
        their_lifeline.close()
        self._pidfd = os.pidfd_open(self.pid)

    @property
    def pid(self) -> int:
        """Process id, also of its process group."""
        assert self._process.pid is not None  # it was started in __init__
        return self._process.pid

    @property
    def news(self) -> int:
        """File descriptor that is readable when the worker sent something."""
        return self._orders.fileno()

    @property
    def death(self) -> int:
        """File descriptor that is readable when the process has ended."""
        return self._pidfd

    def tell(self, order: Order) -> None:
        """Send an order; a dying worker may not take it."""
        with suppress(OSError, ValueError):
            self._orders.send(order)

    def events(self) -> Iterator[Event | Retiring]:
        """What the worker has told since last asked."""
        with suppress(EOFError, OSError):
            while self._orders.poll():
                yield self._orders.recv()

    def terminate(self) -> None:
        """Ask the process to clean up and end."""
        self.terminated = True
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def kill(self, sentence: str) -> None:
        """End the process and all its children at once."""
        self.sentence = self.sentence or sentence
        self._kill_group()

    def bury(self) -> str:
        """Clean up after the process's death, whatever it left running included.

        Returns:
            How it died, in words.
        """
        self._kill_group()  # before it is reaped: until then nobody else can have its number
        self._process.join()
        code = self._process.exitcode
        self.ended_well = code == 0
        self._process.close()
        os.close(self._pidfd)
        self._orders.close()
        self._lifeline.close()
        return self.sentence or _last_words(code)

    def _kill_group(self) -> None:
        for end in (os.killpg, os.kill):  # the second for a process too young to lead a group
            with suppress(ProcessLookupError, PermissionError):
                end(self.pid, signal.SIGKILL)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a child begin with SIGINT held back: Ctrl-C reaches it before it is far enough to ignore that itself."""
    resource_tracker.ensure_running()  # when it starts on its own, during our child's start, it lets SIGINT in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _last_words(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"
