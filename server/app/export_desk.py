"""ExportDesk: exports that a server makes in the background, for whoever asks and for tasks that are done."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .advanced_export import AdvancedExporter
from .config import Settings
from .domain.cancellation import CancelToken
from .domain.codec import to_json
from .domain.events import Emit, ExportCancelled, ExportFailed, ExportFinished, ExportStarted
from .errors import AudapolisError, Conflict, InvalidOption, NotFound, UnknownName
from .export.files import whole_file
from .export.names import checked_name
from .export.storage.places import place_of
from .export.storage.store import Store
from .export.workflow.ledger import Fault, Ledger
from .export.workflow.orders import Order, OrderBook
from .export.workflow.outputs import Output, Preset, PresetShelf
from .export.workflow.plan import REPORT_NAME, Subject, plan_batch
from .export.workflow.running import Batch, Result
from .export.workflow.targets import StoreTarget, Target, ZipTarget
from .jobs.listeners import Listeners

log = logging.getLogger(__name__)

Find = Callable[[str], Subject]
"""Gives the transcript with an id; raises NotFound or Conflict where there is none."""

RETRIES_S = (60.0, 600.0, 3600.0, 6 * 3600.0)
"""Waits before an export that nobody asked for by hand is tried again."""

_TOLD_EVERY_S = 0.5
_LOOK_S = 5.0
_DAY_S = 86_400.0


class ExportDesk:
    """Exports in the background, one after the other, each kept until it has ended. Thread-safe."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        exporter: AdvancedExporter,
        find: Find,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is done before `start`.

        Args:
            settings: Gives the settings as they are now; `exports` matters here.
            exporter: Makes the files.
            find: Finds transcripts.
            now: Unix time.
        """
        self._settings, self._exporter, self._find, self._now = settings, exporter, find, now
        folder = settings().exports_dir
        self.presets = PresetShelf(folder / "presets")
        self.orders = OrderBook(folder / "batches")
        self._listeners = Listeners()
        self._wake = threading.Event()
        self._stop = CancelToken()
        self._running: tuple[str, CancelToken] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take up what an earlier run left unfinished, and work from now on."""
        for order in self.orders.list():
            if order.state == "running":
                self.orders.change(order.id, state="queued")
        self._stop = CancelToken()
        self._thread = threading.Thread(target=self._work, name="exports", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop working; what is unfinished goes on at the next start."""
        self._stop.cancel()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    def subscribe(self, listener: Emit) -> Callable[[], None]:
        """Call `listener` with every event of exports, from some thread; the result ends that."""
        return self._listeners.subscribe(listener)

    def save_preset(self, preset: Preset) -> Preset:
        """Keep a preset whose formats and options are all right.

        Raises:
            UnknownName, InvalidOption: One is not.
        """
        checked = replace(preset, outputs=self._checked(preset.outputs))
        self.presets.save(checked)
        return checked

    def submit(
        self,
        subjects: Sequence[str],
        outputs: Sequence[Output] = (),
        *,
        presets: Sequence[str] = (),
        target: str = "",
        folder: str = "",
    ) -> Order:
        """Take an order for many files; it survives a restart.

        Args:
            subjects: Ids of transcripts.
            outputs: What is wanted of each.
            presets: More of that, by name.
            target: Name of a target of the settings; an archive to be fetched when empty.
            folder: Folder in the target; one of its own when empty.

        Raises:
            UnknownName, InvalidOption, NotFound, Conflict: Something named does not exist, or is not ready.
        """
        wanted = [*outputs, *(output for name in presets for output in self.presets.get(name).outputs)]
        if not subjects or not wanted:
            raise InvalidOption("An export needs transcripts and formats.", hint="Name at least one of each.")
        self._check_target(target)
        for subject in subjects:
            self._find(subject)
        order_id = str(uuid.uuid4())
        order = Order(
            id=order_id,
            subjects=tuple(dict.fromkeys(subjects)),
            outputs=self._checked(wanted),
            target=target,
            folder=checked_name(folder, "folder") if folder else f"export-{order_id[:8]}",
            created_at=self._now(),
        )
        return self._take(order)

    def check_wishes(self, wishes: Sequence[str]) -> None:
        """Check what is to be exported when a task is done: `preset` or `preset@target`.

        Raises:
            NotFound, UnknownName: There is no such preset or target.
        """
        for wish in wishes:
            preset, _, target = wish.partition("@")
            self.presets.get(preset)
            self._check_target(target)

    def complete(self, task_id: str, wishes: Sequence[str] | None) -> list[Order]:
        """Order what is wanted of a task that is done; the same again changes nothing.

        Args:
            task_id: Which.
            wishes: `preset` or `preset@target` each; those of the settings when None.
        """
        return [
            self._wish(task_id, wish) for wish in (self._settings().exports.on_completion if wishes is None else wishes)
        ]

    def cancel(self, order_id: str) -> Order:
        """Stop an order; what it made for a target stays there.

        Raises:
            NotFound: There is none.
            Conflict: It has ended.
        """
        order = self.orders.change(
            order_id,
            unless=frozenset({"done", "cancelled"}),
            state="cancelled",
            retry_at=None,
            finished_at=self._now(),
        )
        if self._running is not None and self._running[0] == order_id:
            self._running[1].cancel()
        else:
            self._listeners.publish(ExportCancelled(export_id=order_id))
        return order

    def retry(self, order_id: str) -> Order:
        """Try an order again that failed or was cancelled; what it made is not made again.

        Raises:
            NotFound: There is none.
            Conflict: It is done, or has not ended.
        """
        order = self.orders.change(
            order_id, unless=frozenset({"done", "queued", "running"}), state="queued", retry_at=None, error=None
        )
        self._wake.set()
        return order

    def delete(self, order_id: str) -> None:
        """Stop an order if need be, and forget it with its archive.

        Raises:
            NotFound: There is none.
        """
        with suppress(Conflict):
            self.cancel(order_id)
        self.orders.delete(order_id)

    def archive(self, order_id: str) -> Path:
        """The archive of an order that is done.

        Raises:
            NotFound: There is no such order.
            Conflict: It has no archive, or not yet.
        """
        order, path = self.orders.get(order_id), self.orders.archive(order_id)
        if order.target or not path.is_file():
            where = f"went to the target '{order.target}'" if order.target else f"is {order.state}"
            raise Conflict(f"There is no archive to fetch: the export {where}.", id=order_id)
        return path

    def report(self, order_id: str) -> bytes:
        """What came of each file, as JSON (`audapolis.exports/1`); once there is something to tell.

        Raises:
            NotFound: There is no such order.
            Conflict: Nothing is known yet.
        """
        self.orders.get(order_id)
        try:
            return (self.orders.folder(order_id) / REPORT_NAME).read_bytes()
        except OSError:
            raise Conflict("There is no report yet.", hint="Wait until the export has ended.", id=order_id) from None

    def _checked(self, outputs: Sequence[Output]) -> tuple[Output, ...]:
        return tuple(Output(self._exporter.check(each.format, each.options).id, each.options) for each in outputs)

    def _check_target(self, target: str) -> None:
        if target and target not in self._settings().exports.targets:
            raise UnknownName("export target", target, self._settings().exports.targets)

    def _take(self, order: Order) -> Order:
        if self.orders.add(order):
            self._wake.set()
        return self.orders.get(order.id)

    def _wish(self, task_id: str, wish: str) -> Order:
        preset, _, target = wish.partition("@")
        order = Order(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:audapolis:export:{task_id}:{wish}")),
            subjects=(task_id,),
            outputs=(),
            target=target,
            task=task_id,
            created_at=self._now(),
        )
        try:
            outputs = self.presets.get(preset).outputs
            self._check_target(target)
        except AudapolisError as error:  # it was deleted meanwhile: visible, and harmless to the task
            return self._take(replace(order, state="failed", finished_at=self._now(), error=_fault(error)))
        return self._take(replace(order, outputs=outputs, folder=f"{preset}-{task_id[:8]}"))

    def _work(self) -> None:
        while not self._stop.cancelled:
            self._wake.clear()
            order = self._next()
            if order is None:
                self._sweep()
                self._wake.wait(_LOOK_S)
                continue
            try:
                self._make(order)
            except Exception:  # the thread's last line of defence: the next order has to be made
                log.exception("unexpected error while exporting %s", order.id)
                with suppress(AudapolisError):
                    self._end(
                        order, AudapolisError("Something broke inside Audapolis.", hint="The log has the details.")
                    )

    def _next(self) -> Order | None:
        now = self._now()
        for order in self.orders.list():
            if order.state == "queued" or (
                order.state == "failed" and order.retry_at is not None and order.retry_at <= now
            ):
                return order
        return None

    def _make(self, order: Order) -> None:
        token = CancelToken(self._stop)
        self._running = order.id, token
        try:
            order = self.orders.change(
                order.id, unless=frozenset({"cancelled", "done"}), state="running", attempts=order.attempts + 1, done=0
            )
            self._listeners.publish(ExportStarted(export_id=order.id))
            result = self._run(order, token)
            self._end(order, result)
        except (Conflict, NotFound) as error:
            with suppress(NotFound):  # it was deleted
                self._end(order, error)
        except AudapolisError as error:
            self._end(order, error)
        finally:
            self._running = None

    def _run(self, order: Order, token: CancelToken) -> Result:
        subjects = [self._subject(each) for each in order.subjects]
        plan = plan_batch(subjects, order.outputs, self._exporter)
        total = len(order.outputs) * len(subjects)
        self.orders.change(order.id, unless=frozenset({"cancelled"}), total=total, failed=0)
        told_at = 0.0

        def tell(done: int, total: int, _entry: object) -> None:
            nonlocal told_at
            if time.monotonic() - told_at > _TOLD_EVERY_S and not token.cancelled:
                told_at = time.monotonic()
                self.orders.change(order.id, done=done, total=total)

        target = self._target(order)
        scratch = self.orders.folder(order.id)
        batch = Batch(plan, Ledger.of(target.store), self._exporter, tell=tell, scratch=scratch)
        result = batch.run(token)
        target.finish(result)
        with whole_file(self.orders.folder(order.id) / REPORT_NAME, overwrite=True) as out:
            out.write(to_json(result.report, indent=1))
        return result

    def _subject(self, subject_id: str) -> Subject:
        """A transcript, or where it is gone something that says so when it is opened."""
        try:
            return self._find(subject_id)
        except AudapolisError as error:
            gone = error

            def fail() -> Any:
                raise gone

            return Subject(Path(f"/{subject_id}"), None, fail)

    def _target(self, order: Order) -> Target:
        if not order.target:
            return ZipTarget(self.orders.archive(order.id))
        self._check_target(order.target)
        exports = self._settings().exports
        place = place_of(exports.targets[order.target])
        options: Mapping[str, Any] = {
            **exports.storage_options.get(place.scheme, {}),
            **exports.storage_options.get(order.target, {}),
        }
        return StoreTarget(Store(place.below(order.folder), options, sleep=self._sleep))

    def _sleep(self, seconds: float) -> None:
        """Wait, unless the server stops."""
        until = time.monotonic() + seconds
        while not self._stop.cancelled and time.monotonic() < until:
            time.sleep(0.1)

    def _end(self, order: Order, outcome: Result | AudapolisError) -> None:
        if isinstance(outcome, Result) and outcome.stopped:
            self._stopped(order)
            return
        failed = outcome.report.count("failed") if isinstance(outcome, Result) else 0
        files = len(outcome.report.files) if isinstance(outcome, Result) else order.total
        bad = failed or not isinstance(outcome, Result)
        again = order.task and bad and order.attempts <= len(RETRIES_S)
        self.orders.change(
            order.id,
            unless=frozenset({"cancelled"}),
            state="failed" if bad else "done",
            done=files,
            total=files,
            failed=failed,
            error=None if isinstance(outcome, Result) else _fault(outcome),
            finished_at=self._now(),
            retry_at=self._now() + RETRIES_S[order.attempts - 1] if again else None,
        )
        if isinstance(outcome, Result):
            self._listeners.publish(ExportFinished(export_id=order.id, files=files, failed=failed))
        else:
            log.warning("The export %s failed: %s", order.id, outcome)
            self._listeners.publish(ExportFailed(export_id=order.id, error=outcome.code, message=outcome.message))

    def _stopped(self, order: Order) -> None:
        with suppress(Conflict):  # it was cancelled, not interrupted
            self.orders.change(order.id, unless=frozenset({"cancelled"}), state="queued")
            return
        self._listeners.publish(ExportCancelled(export_id=order.id))

    def _sweep(self) -> None:
        """Forget what ended long ago."""
        oldest = self._now() - self._settings().exports.keep_days * _DAY_S
        for order in self.orders.list():
            if order.ended and (order.finished_at or order.created_at) < oldest:
                self.orders.delete(order.id)


def _fault(error: AudapolisError) -> Fault:
    return Fault(error.code, error.message, error.hint)
