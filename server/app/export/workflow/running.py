"""Makes the files of a batch one after the other; what fails stops nothing but itself."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...domain.cancellation import CancelToken
from ...errors import AudapolisError, Cancelled, Conflict, InvalidOption
from ..base import Written
from ..material import Material
from ..options import OptionValue
from .ledger import BatchReport, Entry, Ledger
from .plan import REPORT_NAME, Item, Plan, Subject

log = logging.getLogger(__name__)

_SAVED_EVERY = 10
"""Files after which the report is written: often enough to lose little, seldom enough for slow storage."""


class Exporter(Protocol):
    """What is needed of the exporter."""

    def write(
        self,
        subject: Material,
        path: Path,
        format_id: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        overwrite: bool = False,
    ) -> Written:
        """Turn a transcript or document into a file on disk."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a batch.

    Attributes:
        report: What came of each file.
        made: Names of files made this time.
        kept: Names of files that were there already, and equal.
        stopped: Somebody asked to stop; files are left waiting.
    """

    report: BatchReport
    made: tuple[str, ...]
    kept: tuple[str, ...]
    stopped: bool = False


Told = Callable[[int, int, Entry], None]
"""Takes how many files are dealt with, of how many, and what came of the last one."""


class Batch:
    """Makes the files of one plan in one store. Used once."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        exporter: Exporter,
        *,
        overwrite: bool = False,
        tell: Told | None = None,
        scratch: Path | None = None,
    ) -> None:
        """Prepare.

        Args:
            plan: Which files.
            ledger: What is known of the store they go to.
            exporter: Makes them.
            overwrite: Replace what is there although no batch made it, or somebody changed it.
            tell: Told of each file.
            scratch: A folder for files in the making; the system's when not given.
        """
        self._plan = plan
        self._ledger = ledger
        self._exporter = exporter
        self._overwrite = overwrite
        self._tell = tell or (lambda _done, _total, _entry: None)
        self._names = [item.name for _, items in plan for item in items]
        self._made: list[str] = []
        self._kept: list[str] = []
        self._ours: set[str] = set()
        self._dealt = 0
        self._scratch = scratch
        if REPORT_NAME in self._names:
            raise InvalidOption(f"A result can't be called {REPORT_NAME}.", hint="Rename the transcript.")

    def run(self, cancel: CancelToken) -> Result:
        """Make what is not there already.

        Raises:
            AudapolisError: The storage can't be used at all.
        """
        held = {item.name: self._ledger.holds(item) for _, items in self._plan for item in items}
        self._ours = {name for name, entry in held.items() if entry is None and self._ledger.ours(name)}
        for subject, items in self._plan:
            for item in items:
                self._ledger.note(held[item.name] or Entry.waiting(subject, item))
        stopped = False
        try:
            for subject, items in self._plan:
                self._subject(subject, items, held, cancel)
        except Cancelled:
            stopped = True
        if self._made or stopped or any(entry is None for entry in held.values()):
            self._ledger.save()
        return Result(self._ledger.report(self._names), tuple(self._made), tuple(self._kept), stopped)

    def _subject(
        self, subject: Subject, items: Sequence[Item], held: Mapping[str, Entry | None], cancel: CancelToken
    ) -> None:
        material: Material | None = None
        for item in items:
            cancel.check()
            if entry := held[item.name]:
                self._kept.append(item.name)
                self._note(entry)
                continue
            try:
                material = material or subject.open()
                entry = self._item(subject, item, material)
                self._made.append(item.name)
            except AudapolisError as error:
                entry = Entry.failed(subject, item, error)
            except Exception as error:  # the batch's last line of defence: the others go on
                log.exception("unexpected error while exporting %s", item.name)
                entry = Entry.failed(subject, item, AudapolisError(f"Unexpected {type(error).__name__}: {error}"))
            self._note(entry)

    def _item(self, subject: Subject, item: Item, material: Material) -> Entry:
        store = self._ledger.store
        if not self._overwrite and item.name not in self._ours and store.look(item.name) is not None:
            raise Conflict(f"{item.name} exists already.", hint="Use --overwrite to replace it, or another place.")
        with tempfile.TemporaryDirectory(prefix="audapolis-", dir=self._scratch) as folder:
            path = Path(folder) / "result"
            report = self._exporter.write(material, path, item.output.format, item.output.options).report
            return Entry.done(subject, item, report, store.put(item.name, path))

    def _note(self, entry: Entry) -> None:
        self._dealt += 1
        self._ledger.note(entry)
        if len(self._made) % _SAVED_EVERY == _SAVED_EVERY - 1:
            with suppress(AudapolisError):  # the last one has to succeed
                self._ledger.save()
        self._tell(self._dealt, len(self._names), entry)
