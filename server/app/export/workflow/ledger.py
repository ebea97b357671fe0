"""The report of a batch, `report.json` beside its files: what came of each, and which need not be made again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from ...domain.codec import from_json, to_json
from ...errors import AudapolisError, InvalidDocument
from ..options import OptionValue
from ..report import Report, Verdict
from ..storage.store import Store, Stored
from .plan import REPORT_NAME, Item, Subject

SCHEMA: Literal["audapolis.exports/1"] = "audapolis.exports/1"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file was not made."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of one file.

    Attributes:
        subject: What it was made from.
        key: See `Item`.
        state: `waiting` when the batch was stopped before it.
        mark: How its storage tells that it has not changed since.
    """

    name: str
    subject: str
    format: str
    options: dict[str, OptionValue]
    key: str
    state: Literal["done", "failed", "waiting"] = "waiting"
    size_bytes: int = 0
    sha256: str = ""
    mark: str = ""
    losses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    checks: tuple[Verdict, ...] = ()
    error: Fault | None = None

    @classmethod
    def waiting(cls, subject: Subject, item: Item) -> Entry:
        """A file that is still to be made."""
        return cls(item.name, subject.path.name, item.output.format, dict(item.output.options), item.key)

    @classmethod
    def failed(cls, subject: Subject, item: Item, error: AudapolisError) -> Entry:
        """A file that could not be made."""
        fault = Fault(error.code, error.message, error.hint)
        return replace(cls.waiting(subject, item), state="failed", error=fault)

    @classmethod
    def done(cls, subject: Subject, item: Item, report: Report, stored: Stored) -> Entry:
        """A file that is there."""
        return replace(
            cls.waiting(subject, item),
            state="done",
            size_bytes=report.size_bytes,
            sha256=report.sha256,
            mark=stored.mark,
            losses=report.losses,
            warnings=report.warnings,
            checks=report.checks,
        )


@dataclass(frozen=True, slots=True)
class BatchReport:
    """All files of a batch; the same batch gives the same report."""

    schema: Literal["audapolis.exports/1"] = SCHEMA
    files: tuple[Entry, ...] = ()

    def count(self, state: str) -> int:
        """How many files are in a state."""
        return sum(entry.state == state for entry in self.files)


@dataclass(slots=True)
class Ledger:
    """What is known of the files in a store, from this batch and earlier ones."""

    store: Store
    entries: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store) -> Ledger:
        """Read what is known; nothing where there is no report, or none that can be understood.

        Raises:
            ExportFailed: The store can't be read.
        """
        try:
            report = from_json(BatchReport, store.read(REPORT_NAME) or b"{}")
        except InvalidDocument:
            return cls(store)  # work is repeated, none is lost
        return cls(store, {entry.name: entry for entry in report.files})

    def holds(self, item: Item) -> Entry | None:
        """The entry of a file that was made from the same and has not changed since."""
        known = self.entries.get(item.name)
        return known if known and known.key == item.key and self.ours(item.name) else None

    def ours(self, name: str) -> bool:
        """Whether what is called so is there, made by a batch, and unchanged."""
        known = self.entries.get(name)
        if known is None or known.state != "done":
            return False
        return self.store.look(name) == Stored(known.size_bytes, known.mark)

    def note(self, entry: Entry) -> None:
        """Take note of what came of a file."""
        self.entries[entry.name] = entry

    def save(self) -> None:
        """Write the report.

        Raises:
            AudapolisError: It could not be written.
        """
        files = tuple(self.entries[name] for name in sorted(self.entries))
        self.store.write(REPORT_NAME, to_json(BatchReport(files=files), indent=1))

    def report(self, names: Iterable[str]) -> BatchReport:
        """The report of some files, in their order."""
        return BatchReport(files=tuple(self.entries[name] for name in names))
