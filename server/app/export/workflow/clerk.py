"""Makes the orders of a server one after the other, in a thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, Protocol

from ...domain.cancellation import CancelToken
from ...domain.codec import to_json
from ...domain.events import Emit, ExportCancelled, ExportFailed, ExportFinished, ExportStarted
from ...errors import AudapolisError, Conflict, NotFound
from ..files import whole_file
from ..material import Material
from .ledger import Fault, Ledger
from .orders import Order, OrderBook
from .plan import REPORT_NAME, Formats, Subject, plan_batch
from .running import Batch, Exporter, Result
from .targets import Target

log = logging.getLogger(__name__)

RETRIES_S = (60.0, 600.0, 3600.0, 6 * 3600.0)
"""Waits before an export that nobody asked for by hand is tried again."""

_TOLD_EVERY_S = 0.5
_LOOK_S = 5.0


class Maker(Formats, Exporter, Protocol):
    """What is needed of the exporter."""


class Clerk:
    """Takes the oldest order that waits, makes it, and notes what came of it."""

    def __init__(
        self,
        orders: OrderBook,
        exporter: Maker,
        *,
        find: Callable[[str], Subject],
        target_of: Callable[[Order], Target],
        keep_s: Callable[[], float],
        emit: Emit,
        now: Callable[[], float],
    ) -> None:
        """Prepare.

        Args:
            orders: All orders.
            exporter: Makes the files.
            find: Finds transcripts.
            target_of: Opens what an order goes to.
            keep_s: How long orders are kept that have ended.
            emit: Told what happens.
            now: Unix time.
        """
        self._orders, self._exporter, self._find, self._target_of = orders, exporter, find, target_of
        self._keep_s, self._emit, self._now = keep_s, emit, now
        self._news = threading.Event()
        self._over = CancelToken()
        self._running: tuple[str, CancelToken] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take up what an earlier run left unfinished, and work from now on."""
        for order in self._orders.list():
            if order.state == "running":
                self._orders.change(order.id, state="queued")
        self._over = CancelToken()
        self._thread = threading.Thread(target=self._work, name="exports", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop working; what is unfinished goes on at the next start."""
        self._over.cancel()
        self._news.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    def wake(self) -> None:
        """Look for an order now."""
        self._news.set()

    def interrupt(self, order_id: str) -> bool:
        """Stop making an order that was cancelled; False where it is not being made."""
        running = self._running
        if running is None or running[0] != order_id:
            return False
        running[1].cancel()
        return True

    def sleep(self, seconds: float) -> None:
        """Wait, unless the server stops."""
        until = time.monotonic() + seconds
        while not self._over.cancelled and time.monotonic() < until:
            time.sleep(0.1)

    def make_next(self) -> bool:
        """Make one order; False where none waits."""
        order = self._next()
        if order is None:
            return False
        try:
            self._make(order)
        except Exception:  # the last line of defence: the next order has to be made
            log.exception("unexpected error while exporting %s", order.id)
            with suppress(AudapolisError):
                self._end(order, AudapolisError("Something broke inside Audapolis.", hint="The log has the details."))
        return True

    def _work(self) -> None:
        while not self._over.cancelled:
            self._news.clear()
            if not self.make_next():
                self._sweep()
                self._news.wait(_LOOK_S)

    def _next(self) -> Order | None:
        now = self._now()
        waiting = (order for order in self._orders.list() if order.state in {"queued", "failed"})
        return next((o for o in waiting if o.state == "queued" or (o.retry_at is not None and o.retry_at <= now)), None)

    def _make(self, order: Order) -> None:
        token = CancelToken(self._over)
        self._running = order.id, token
        outcome: Result | AudapolisError
        try:
            order = self._orders.change(
                order.id, unless=frozenset({"cancelled", "done"}), state="running", attempts=order.attempts + 1, done=0
            )
            self._emit(ExportStarted(export_id=order.id))
            outcome = self._run(order, token)
        except AudapolisError as error:
            outcome = error
        finally:
            self._running = None
        with suppress(NotFound):  # it was deleted
            self._end(order, outcome)

    def _run(self, order: Order, token: CancelToken) -> Result:
        plan = plan_batch([self._subject(each) for each in order.subjects], order.outputs, self._exporter)
        self._orders.change(order.id, total=sum(len(items) for _, items in plan), failed=0)
        told_at = 0.0

        def tell(done: int, _total: int, _entry: object) -> None:
            nonlocal told_at
            if time.monotonic() - told_at > _TOLD_EVERY_S:
                told_at = time.monotonic()
                self._orders.change(order.id, done=done)

        target, folder = self._target_of(order), self._orders.folder(order.id)
        result = Batch(plan, Ledger.of(target.store), self._exporter, tell=tell, scratch=folder).run(token)
        target.finish(result)
        with whole_file(folder / REPORT_NAME, overwrite=True) as out:
            out.write(to_json(result.report, indent=1))
        return result

    def _subject(self, subject_id: str) -> Subject:
        """A transcript, or where it is gone something that says so when it is opened."""
        try:
            return self._find(subject_id)
        except AudapolisError as error:
            gone = error

            def fail() -> Material:
                _raise(gone)

            return Subject(Path(f"/{subject_id}"), None, fail)

    def _end(self, order: Order, outcome: Result | AudapolisError) -> None:
        try:
            if isinstance(outcome, AudapolisError):
                self._broken(order, outcome)
            elif outcome.stopped:
                self._orders.change(order.id, unless=frozenset({"cancelled"}), state="queued")
            else:
                self._ended(order, len(outcome.report.files), outcome.report.count("failed"))
        except Conflict:  # somebody cancelled it meanwhile
            self._emit(ExportCancelled(export_id=order.id))

    def _ended(self, order: Order, files: int, failed: int) -> None:
        state = "failed" if failed else "done"
        self._change(order, state, done=files, total=files, failed=failed, error=None)
        self._emit(ExportFinished(export_id=order.id, files=files, failed=failed))

    def _broken(self, order: Order, error: AudapolisError) -> None:
        self._change(order, "failed", error=Fault(error.code, error.message, error.hint))
        log.warning("The export %s failed: %s", order.id, error)
        self._emit(ExportFailed(export_id=order.id, error=error.code, message=error.message))

    def _change(self, order: Order, state: str, **more: object) -> None:
        """Note an end; what was made for a task is tried again if it is no good one."""
        again = bool(order.task) and state == "failed" and order.attempts <= len(RETRIES_S)
        self._orders.change(
            order.id,
            unless=frozenset({"cancelled"}),
            state=state,
            finished_at=self._now(),
            retry_at=self._now() + RETRIES_S[order.attempts - 1] if again else None,
            **more,
        )

    def _sweep(self) -> None:
        """Forget what ended long ago."""
        oldest = self._now() - self._keep_s()
        for order in self._orders.list():
            if order.ended and (order.finished_at or order.created_at) < oldest:
                self._orders.delete(order.id)


def _raise(error: AudapolisError) -> NoReturn:
    raise error
