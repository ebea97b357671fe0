"""ExportDesk: exports that a server makes in the background, for whoever asks and for tasks that are done."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .advanced_export import AdvancedExporter
from .config import Settings
from .domain.events import Emit, ExportCancelled
from .errors import AudapolisError, Conflict, InvalidOption, UnknownName
from .export.names import checked_name
from .export.storage.places import place_of
from .export.storage.store import Store
from .export.workflow.clerk import Clerk
from .export.workflow.ledger import Fault
from .export.workflow.orders import Order, OrderBook
from .export.workflow.outputs import Output, Preset, PresetShelf
from .export.workflow.plan import REPORT_NAME, Subject
from .export.workflow.targets import StoreTarget, Target, ZipTarget
from .jobs.listeners import Listeners

log = logging.getLogger(__name__)

Find = Callable[[str], Subject]
"""Gives the transcript with an id; raises NotFound or Conflict where there is none."""

_DAY_S = 86_400.0


class ExportDesk:
    """Exports in the background, one after the other, each kept until it has ended. Thread-safe."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        exporter: AdvancedExporter,
        find: Find,
        check: Callable[[str], object],
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is done before `start`.

        Args:
            settings: Gives the settings as they are now; `exports` matters here.
            exporter: Makes the files; whoever listens here is told of each, and nobody else.
            find: Finds transcripts.
            check: Raises what `find` would, without the work.
            now: Unix time.
        """
        self._listeners = Listeners()
        self._settings, self._check, self._now = settings, check, now
        self._exporter = exporter.telling(self._listeners.publish)
        folder = settings().exports_dir
        self.presets = PresetShelf(folder / "presets")
        self.orders = OrderBook(folder / "batches")
        self.clerk = Clerk(
            self.orders,
            self._exporter,
            find=find,
            target_of=self._target,
            keep_s=lambda: settings().exports.keep_days * _DAY_S,
            emit=self._listeners.publish,
            now=now,
        )

    def start(self) -> None:
        """Take up what an earlier run left unfinished, and work from now on."""
        self.clerk.start()

    def stop(self) -> None:
        """Stop working; what is unfinished goes on at the next start."""
        self.clerk.stop()

    def subscribe(self, listener: Emit) -> Callable[[], None]:
        """Call `listener` with every event of exports and of their files, from some thread; the result ends that."""
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
            self._check(subject)
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
        if not self.clerk.interrupt(order_id):
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
        self.clerk.wake()
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
            self.clerk.wake()
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
        return StoreTarget(Store(place.below(order.folder), options, sleep=self.clerk.sleep))


def _fault(error: AudapolisError) -> Fault:
    return Fault(error.code, error.message, error.hint)
