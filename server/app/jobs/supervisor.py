"""Watches over the workers: starts them, notices when they die or hang, frees their jobs, replaces them.

One thread does all of it. It sleeps on the workers' pipes and process descriptors, so a death is noticed, and its
job queued again, within milliseconds.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait

from ..domain.events import (
    Event,
    JobCancelled,
    JobFailed,
    JobFinished,
    JobQueued,
    JobStarted,
    WorkerEnded,
    WorkerLost,
    WorkerStarted,
)
from ..errors import NotFound
from .attempt import outcome
from .leases import Leases
from .listeners import Listeners
from .process import WorkerProcess
from .queue import Blame
from .record import Job
from .store import JobStore
from .worker import CancelJob, Order, Retire, Stop, Wake, WorkerPlan

log = logging.getLogger(__name__)

POLITE_S = 2.0
"""How long a worker has to leave its job before it is terminated."""

PATIENT_S = 3.5
"""And before it is killed."""

LOOK_S = 0.5
"""How often clocks are looked at."""

QUICK_DEATH_S = 10.0
"""A worker that dies younger than this makes its successor wait."""

LONGEST_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class _Renew:
    """Have so many workers, and let them work by this plan."""

    plan: WorkerPlan
    workers: int


@dataclass(eq=False)
class _Seat:
    """Place of one worker. `quick_deaths` in a row make the next one wait until `free_at` (monotonic)."""

    process: WorkerProcess | None = None
    quick_deaths: int = 0
    free_at: float = 0.0


class Supervisor:
    """Keeps `workers` worker processes alive. Its methods may be called from any thread."""

    def __init__(self, plan: WorkerPlan, workers: int, leases: Leases, store: JobStore, listeners: Listeners) -> None:
        self._plan = plan
        self._leases = leases
        self._store = store
        self._listeners = listeners
        self._workers = workers
        self._seats = [_Seat() for _ in range(workers)]
        self._lock = threading.Lock()
        self._inbox: list[Order | _Renew] = []
        self._stopping = False
        self._looked_at = self._trusting_until = time.time()
        self._bell, self._ring = os.pipe()
        os.set_blocking(self._ring, False)
        # Workers are children of this thread; a daemon, so that a program that forgets `stop` can end.
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the workers."""
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """End all workers, within seconds; running jobs go back into the queue without blame."""
        atexit.unregister(self.stop)
        if self._bell < 0:
            return
        self._post(Stop())
        self._thread.join()
        os.close(self._bell)
        os.close(self._ring)
        self._bell = self._ring = -1

    def wake(self) -> None:
        """Say that there is a new job."""
        self._post(Wake())

    def cancel(self, job_id: str) -> None:
        """Make whoever works on a job leave it: asked at once, terminated after 2 s, killed after 3.5 s."""
        self._post(CancelJob(job_id))

    def renew(self, plan: WorkerPlan, workers: int) -> None:
        """Have `workers` workers by another plan: each is replaced, or goes, when it has finished its present job."""
        self._post(_Renew(plan, workers))

    @property
    def pids(self) -> list[int]:
        """Process ids of the living workers."""
        return [process.pid for process in self._processes()]

    def _post(self, order: Order | _Renew) -> None:
        with self._lock:
            self._inbox.append(order)
        with suppress(BlockingIOError):  # then it has been rung often enough
            os.write(self._ring, b"!")

    def _processes(self) -> list[WorkerProcess]:
        return [seat.process for seat in list(self._seats) if seat.process is not None]

    def _watch(self) -> None:
        while True:
            try:
                self._fill_seats()
                if self._stopping and not self._processes():
                    return
                self._sleep()
                self._take_orders()
                self._take_news()
                self._bury_dead()
                self._hurry()
                self._check_leases()
            except Exception:  # nobody else watches over the workers
                log.exception("The supervisor stumbled")
                time.sleep(LOOK_S)

    def _fill_seats(self) -> None:
        now = time.monotonic()
        vacant = [seat for seat in self._seats if seat.process is None]
        surplus = max(0, len(self._seats) - self._workers)
        self._seats = [seat for seat in self._seats if seat not in vacant[:surplus]]
        for seat in self._seats:
            if seat.process is None and not self._stopping and now >= seat.free_at:
                seat.process = WorkerProcess(self._plan)
                self._listeners.publish(WorkerStarted(pid=seat.process.pid))

    def _sleep(self) -> None:
        watched = [fd for process in self._processes() for fd in (process.news, process.death)]
        wait([self._bell, *watched], timeout=self._nap_s())

    def _nap_s(self) -> float:
        vacant = [seat.free_at - time.monotonic() for seat in self._seats if seat.process is None]
        return max(0.01, min([LOOK_S, *vacant]))

    def _take_orders(self) -> None:
        if wait([self._bell], timeout=0):
            os.read(self._bell, 4096)
        with self._lock:
            orders, self._inbox = self._inbox, []
        for order in orders:
            if isinstance(order, _Renew):
                self._renew(order)
                continue
            self._stopping = self._stopping or isinstance(order, Stop)
            for process in self._processes():
                self._pass_on(order, process)

    def _renew(self, order: _Renew) -> None:
        self._plan, self._workers = order.plan, order.workers
        self._seats += [_Seat() for _ in range(order.workers - len(self._seats))]
        for process in self._processes():
            process.tell(Retire())

    def _pass_on(self, order: Order, process: WorkerProcess) -> None:
        if isinstance(order, CancelJob) and self._store.worker_of(order.job_id) != process.name:
            return
        process.tell(order)
        if not isinstance(order, Wake):
            process.stop_asked_at = process.stop_asked_at or time.monotonic()

    def _take_news(self) -> None:
        for process in self._processes():
            self._read(process)

    def _read(self, process: WorkerProcess) -> None:
        for told in process.events():
            if isinstance(told, Event):
                self._hear(process, told)
            else:
                process.stop_asked_at = time.monotonic()

    def _hear(self, process: WorkerProcess, event: Event) -> None:
        match event:
            case JobStarted():
                process.job_id = event.job_id
                self._relax(process)
            case JobFinished() | JobFailed() | JobCancelled() | JobQueued():
                process.job_id = None
                self._relax(process)
                self._seat_of(process).quick_deaths = 0
        self._listeners.publish(event)

    def _relax(self, process: WorkerProcess) -> None:
        """The worker has left the job it was asked to leave."""
        if not self._stopping:
            process.stop_asked_at = None

    def _seat_of(self, process: WorkerProcess) -> _Seat:
        return next(seat for seat in self._seats if seat.process is process)

    def _bury_dead(self) -> None:
        dead = set(wait([process.death for process in self._processes()], timeout=0))
        for process in self._processes():
            if process.death in dead:
                self._bury(process)

    def _bury(self, process: WorkerProcess) -> None:
        self._read(process)
        meant = process.terminated or self._stopping
        seat = self._seat_of(process)
        seat.process = None
        pid, lived_s, reason = process.pid, time.monotonic() - process.started_at, process.bury()
        orderly = process.ended_well or (meant and process.sentence is None)
        self._listeners.publish(WorkerEnded(pid=pid, lived_s=lived_s, orderly=orderly, reason=reason))
        self._plan_successor(seat, process)
        taken = self._leases.take_from(process.name, reason, Blame.NOBODY if meant else Blame.JOB)
        for job in taken:
            self._tell_loss(job, reason)
        if not taken and process.job_id is not None:
            self._tell_ending(process.job_id)

    def _plan_successor(self, seat: _Seat, process: WorkerProcess) -> None:
        """Replace a worker at once, unless workers keep dying young."""
        now = time.monotonic()
        if process.ended_well or now - process.started_at > QUICK_DEATH_S:
            seat.quick_deaths = 0
            return
        if seat.quick_deaths > 0:
            seat.free_at = now + min(LONGEST_WAIT_S, 0.5 * 2 ** (seat.quick_deaths - 1))
        seat.quick_deaths += 1

    def _tell_loss(self, job: Job, reason: str) -> None:
        log.warning("Job %s lost its worker: %s", job.id, reason)
        self._listeners.publish(WorkerLost(job_id=job.id, attempt=job.attempt, reason=reason))
        self._publish_state(job)

    def _tell_ending(self, job_id: str) -> None:
        """Tell how a job ended whose worker stored that but died before telling it."""
        with suppress(NotFound):
            self._publish_state(self._store.get(job_id))

    def _publish_state(self, job: Job) -> None:
        event = outcome(job)
        if event is not None:
            self._listeners.publish(event)

    def _hurry(self) -> None:
        now = time.monotonic()
        for process in self._processes():
            waited_s = now - (process.stop_asked_at or now)
            if waited_s > PATIENT_S:
                process.terminated = True
                process.kill("it did not stop when asked to")
            elif waited_s > POLITE_S and not process.terminated:
                process.terminate()

    def _check_leases(self) -> None:
        now = time.time()  # the leases' clock; it jumps when the machine was asleep, and the workers with it
        if not 0 <= now - self._looked_at <= self._plan.lease_s / 2:
            self._trusting_until = now + self._plan.lease_s
        self._looked_at = now
        if now < self._trusting_until:
            return
        self._trusting_until = now + LOOK_S
        for name in self._leases.overdue():
            self._end_silent(name)

    def _end_silent(self, name: str) -> None:
        for process in self._processes():
            if process.name == name:
                process.kill("it stopped answering")
                return
        for job in self._leases.take_expired(name, "its worker is gone"):
            self._tell_loss(job, "its worker is gone")
