"""A worker process: takes jobs from the store, one at a time, and keeps its engines warm between them.

It can be killed at any moment. It runs in a session of its own, so that it goes with all its children when the
supervisor ends it; and a tiny watchdog in its process group does the same when the server itself is gone, even
while native code blocks this interpreter.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

import psutil

from ..domain.cancellation import CancelToken
from ..domain.events import Event
from ..errors import AudapolisError
from ..logs.context import bound
from ..logs.setup import LogFormat, configure
from .attempt import Terminated, attempt
from .database import Database
from .leases import Leases
from .record import Claim, Job, JobState, OpenRunner, Preparing, Runner, Spendable

log = logging.getLogger(__name__)

STORE_PATIENCE_S = 2.0
"""Pause after the store refused to answer."""


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What all workers of a server have in common.

    Attributes:
        home: Identity of the data folder.
        work_root: Parent of the jobs' work folders.
        lease_s, heartbeat_s, poll_s, max_attempts: As in the settings.
        stall_s: A job that gives no sign of progress for so long is taken for hung.
        max_jobs: A worker is replaced after so many jobs,
        max_rss_bytes: or when it uses more memory than this after a job; leaks never grow old.
        niceness: Added to the workers' nice value, so that the server answers while they are busy.
        log_level: Least severe line that workers log, to standard error.
        log_format: How these lines look.
    """

    database_url: str
    home: str
    work_root: Path
    open_runner: OpenRunner
    lease_s: float = 15.0
    heartbeat_s: float = 2.0
    poll_s: float = 0.2
    max_attempts: int = 3
    stall_s: float = 1800.0
    max_jobs: int = 200
    max_rss_bytes: int = 3 * 2**30
    niceness: int = 5
    log_level: str = "info"
    log_format: LogFormat = "text"


@dataclass(frozen=True, slots=True)
class Wake:
    """Supervisor to worker: look for a job now."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Supervisor to worker: give your job back and end."""


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Supervisor to worker: stop that job if you still work on it."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Supervisor to worker: finish your present job and end; others work by a newer plan."""


Order = Wake | Stop | CancelJob | Retire


@dataclass(frozen=True, slots=True)
class Retiring:
    """Worker to supervisor: I am worn out, take no more jobs and am about to end."""


def work(plan: WorkerPlan, name: str, orders: Connection, lifeline: Connection) -> None:
    """Be a worker until told to stop, worn out, or killed. The target of a spawned process.

    Args:
        plan: How to work.
        name: Unique name of this process among all workers ever.
        orders: Orders come in, events go out.
        lifeline: Reaches its end when the server dies.
    """
    watchdog = _become_independent(plan, lifeline)
    worker = Worker(plan, name, orders)
    try:
        worker.run()
    finally:
        worker.close()
        log.debug("Worker %s ends, its watchdog %d with it", name, watchdog.pid)


class Worker:
    """The inside of a worker process."""

    def __init__(self, plan: WorkerPlan, name: str, orders: Connection) -> None:
        self._plan = plan
        self._name = name
        self._orders = orders
        self._sending = threading.Lock()
        self._wake = threading.Event()
        self._stopping = self._retiring = False
        self._current: tuple[str, CancelToken] | None = None
        self._changing = threading.Lock()
        self._runner: Runner | None = None
        self._database = Database(plan.database_url)
        self._leases = Leases(self._database, home=plan.home, lease_s=plan.lease_s, max_attempts=plan.max_attempts)

    def run(self) -> None:
        """Work until told to stop or retire, or worn out."""
        threading.Thread(target=self._obey, name="orders", daemon=True).start()
        self._warm_up()
        done = 0
        while not (self._stopping or self._retiring or self._worn_out(done)):
            claim = self._claim()
            if claim is None:
                self._wake.wait(self._plan.poll_s)
                self._wake.clear()
                continue
            self._attempt(claim)
            done += 1
        self.send(Retiring())

    def close(self) -> None:
        """Free engines and connections."""
        try:
            if self._runner is not None:
                self._runner.close()
        finally:
            self._database.close()

    def send(self, event: Event | Retiring) -> None:
        """Tell the supervisor; it may be gone."""
        with self._sending, suppress(OSError):
            self._orders.send(event)

    def _claim(self) -> Claim | None:
        try:
            return self._leases.claim(self._name)
        except AudapolisError:
            log.exception("The job store does not answer")
            time.sleep(STORE_PATIENCE_S)
            return None

    def _attempt(self, claim: Claim) -> None:
        cancel = CancelToken()
        with self._changing:
            self._current = (claim.job.id, cancel)
            if self._stopping:
                cancel.cancel()
        workdir = self._plan.work_root / claim.job.id
        job: Job | None = None
        try:
            with bound(job_id=claim.job.id):
                job = attempt(
                    claim,
                    self._open_runner,
                    self._leases,
                    workdir=workdir,
                    cancel=cancel,
                    send=self.send,
                    heartbeat_s=self._plan.heartbeat_s,
                    stall_s=self._plan.stall_s,
                )
        finally:
            with self._changing:
                self._current = None
        if job is not None and job.state is JobState.DONE:
            shutil.rmtree(workdir, ignore_errors=True)

    def _open_runner(self) -> Runner:
        if self._runner is None:
            self._runner = runner = self._plan.open_runner()
            if isinstance(runner, Preparing):
                runner.prepare(self.send)
        return self._runner

    def _warm_up(self) -> None:
        try:
            self._open_runner()
        except Exception:  # each job will meet it again and say so
            log.exception("The engines could not be prepared")

    def _worn_out(self, jobs_done: int) -> bool:
        if jobs_done == 0:
            return False
        runner: object = self._runner
        if isinstance(runner, Spendable) and runner.spent:
            log.info("Worker %s ends: only that gives back all of the GPU memory it has used", self._name)
            return True
        rss_bytes = psutil.Process().memory_info().rss
        worn_out = jobs_done >= self._plan.max_jobs or rss_bytes > self._plan.max_rss_bytes
        if worn_out:
            log.info("Worker %s ends after %d jobs, using %d MB", self._name, jobs_done, rss_bytes // 2**20)
        return worn_out

    def _obey(self) -> None:
        """Take orders until the server is gone; then nothing here has a purpose any more."""
        while True:
            try:
                order: Order = self._orders.recv()
            except (EOFError, OSError):
                os.killpg(0, signal.SIGKILL)
                return
            with self._changing:
                match order, self._current:
                    case Stop(), current:
                        self._stopping = True
                        if current is not None:
                            current[1].cancel()
                    case Retire(), _:
                        self._retiring = True
                    case CancelJob(job_id), (str() as current_id, cancel) if current_id == job_id:
                        cancel.cancel()
                    case _:
                        pass
            self._wake.set()


def _become_independent(plan: WorkerPlan, lifeline: Connection) -> subprocess.Popen[bytes]:
    os.setsid()
    watchdog = subprocess.Popen(  # ends only together with this group
        ["/bin/sh", "-c", "read _; kill -9 0"],
        stdin=lifeline.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    os.dup2(2, 1)  # standard output belongs to the server: some write a protocol there
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _unwind)
    os.nice(plan.niceness)
    configure(plan.log_format, plan.log_level)
    return watchdog


def _unwind(_signal: int, _frame: FrameType | None) -> None:
    """Answer SIGTERM: let everything on the stack clean up, then end."""
    raise Terminated(128 + signal.SIGTERM)
