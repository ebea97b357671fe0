"""Aftermath: what follows once for each task and export that has ended, whatever restarts there were in between."""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .domain.events import (
    Event,
    ExportCancelled,
    ExportFailed,
    ExportFinished,
    JobCancelled,
    JobFailed,
    JobFinished,
)
from .errors import AudapolisError, NotFound
from .export.webhooks.courier import body_of
from .export.workflow.orders import Order
from .export_desk import ExportDesk
from .jobs.record import Job, JobState
from .tasks import TaskManager
from .webhook_desk import WebhookDesk

log = logging.getLogger(__name__)

_AGAIN_S = 15.0
"""How long is waited before what could not be settled is looked at again."""

_TASK_KINDS = {
    JobState.DONE: "task.done",
    JobState.FAILED: "task.failed",
    JobState.QUARANTINED: "task.failed",
    JobState.CANCELLED: "task.cancelled",
}
_EXPORT_KINDS = {"done": "export.done", "failed": "export.failed", "cancelled": "export.cancelled"}


class Aftermath:
    """Orders the exports of tasks that are done, and queues the webhooks of all that ends.

    Each end is settled in one transaction that also remembers it; what a crash kept from being settled is found at the
    next start. It reads jobs and never changes one.
    """

    def __init__(
        self,
        tasks: TaskManager,
        exports: ExportDesk,
        webhooks: WebhookDesk,
        *,
        passed_over: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Prepare.

        Args:
            tasks: Where tasks end.
            exports: Where exports are ordered, and end.
            webhooks: Who is told.
            passed_over: Tells tasks that nobody is to hear of, because they are gone in a moment.
        """
        self._tasks, self._exports, self._webhooks = tasks, exports, webhooks
        self._passed_over = passed_over
        self._news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._settled: set[tuple[str, float]] = set()
        self._unsubscribe: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Settle what ended meanwhile, and what ends from now on. What ended before the first start ever is left."""
        self._unsubscribe = [self._tasks.subscribe(self._listen), self._exports.subscribe(self._listen)]
        ends = self._ends()
        self._settled = self._webhooks.store.settled_from(ends)
        self._look_again(ends)
        self._thread = threading.Thread(target=self._work, name="aftermath", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Settle nothing more."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._news.put(None)
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None

    def _listen(self, event: Event) -> None:
        if isinstance(event, JobFinished | JobFailed | JobCancelled):
            self._news.put(event.job_id)
        elif isinstance(event, ExportFinished | ExportFailed | ExportCancelled):
            self._news.put(event.export_id)

    def _work(self) -> None:
        failed = False
        while True:
            try:
                subject = self._news.get(timeout=_AGAIN_S if failed else None)
            except queue.Empty:
                failed = False
                with suppress(AudapolisError):
                    self._look_again(self._ends())
                continue
            if subject is None:
                return
            try:
                self._settle(subject)
            except Exception:  # the thread's last line of defence; no task may suffer, and it is tried again
                log.exception("What follows the end of %s could not be done; it is tried again", subject)
                failed = True

    def _ends(self) -> list[tuple[str, float]]:
        jobs = [(job.id, job.finished_at) for job in self._tasks.list() if job.state.ended]
        orders = [(order.id, order.finished_at) for order in self._exports.orders.list() if _has_ended(order)]
        return [(subject, at) for subject, at in (*jobs, *orders) if at is not None]

    def _look_again(self, ends: list[tuple[str, float]]) -> None:
        for end in ends:
            if end not in self._settled:
                self._news.put(end[0])

    def _settle(self, subject: str) -> None:
        try:
            self._settle_task(self._tasks.get(subject))
        except NotFound:
            with suppress(NotFound):  # it is deleted
                self._settle_export(self._exports.orders.get(subject))

    def _settle_task(self, job: Job) -> None:
        at = job.finished_at
        if not job.state.ended or at is None or (job.id, at) in self._settled:
            return
        if self._passed_over(job.id):
            self._remember(job.id, at)
            return
        if job.state is JobState.DONE:
            self._exports.complete(job.id, job.exports)
        links = {"task": f"/api/tasks/{job.id}"}
        if job.transcript_id:
            links["transcript"] = f"/api/transcripts/{job.transcript_id}"
        data = {
            "task_id": job.id,
            "state": job.state.value,
            "transcript_id": job.transcript_id,
            "duration_s": job.duration_s,
            "error": job.error and job.error.code,
            "links": links,
        }
        self._remember(job.id, at, _TASK_KINDS[job.state], data)

    def _settle_export(self, order: Order) -> None:
        at = order.finished_at
        if not _has_ended(order) or at is None or (order.id, at) in self._settled:
            return
        links = {"export": f"/api/exports/{order.id}", "report": f"/api/exports/{order.id}/report"}
        if not order.target:
            links["download"] = f"/api/exports/{order.id}/download"
        data = {
            "export_id": order.id,
            "state": order.state,
            "task_id": order.task or None,
            "target": order.target or None,
            "files": order.total,
            "failed": order.failed,
            "error": order.error and order.error.code,
            "links": links,
        }
        self._remember(order.id, at, _EXPORT_KINDS[order.state], data)

    def _remember(self, subject: str, at: float, kind: str = "", data: dict[str, Any] | None = None) -> None:
        message_id = f"msg_{uuid.uuid5(uuid.NAMESPACE_URL, f'urn:audapolis:end:{subject}:{at}').hex}"
        messages = [(message_id, kind, body_of(kind, at, data))] if data else []
        self._webhooks.store.settle(subject, at, messages)
        self._settled.add((subject, at))
        self._webhooks.courier.wake()


def _has_ended(order: Order) -> bool:
    """Whether there is an end to tell of; one that is tried again has ended for the time being."""
    return order.state in _EXPORT_KINDS
