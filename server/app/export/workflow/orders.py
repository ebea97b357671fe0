"""Exports asked of a server: what was wanted and how far it is, a folder each, so that a restart loses none."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from ...domain.codec import from_json, to_json
from ...errors import Conflict, InvalidDocument, NotFound
from ..files import whole_file
from .ledger import Fault
from .outputs import Output

State = Literal["queued", "running", "done", "failed", "cancelled"]

_FILE = "order.json"
ARCHIVE = "result.zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One batch that a server makes.

    Attributes:
        id: A UUID.
        subjects: Ids of transcripts.
        target: Name of a target of the settings; "" for an archive to be fetched.
        folder: Folder in the target.
        task: The finished task that it was made for by itself; "" where somebody asked.
        created_at: Unix time, as are the others.
        retry_at: When it is tried again by itself; None where it is not.
        done: Files dealt with, of `total`.
        failed: Files of these that could not be made.
    """

    id: str
    subjects: tuple[str, ...]
    outputs: tuple[Output, ...]
    target: str = ""
    folder: str = ""
    task: str = ""
    created_at: float
    finished_at: float | None = None
    attempts: int = 0
    retry_at: float | None = None
    state: State = "queued"
    done: int = 0
    total: int = 0
    failed: int = 0
    error: Fault | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in {"done", "cancelled"} or (self.state == "failed" and self.retry_at is None)

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""
        return 1.0 if self.state == "done" else self.done / max(1, self.total)


class OrderBook:
    """All orders of a data folder. Thread-safe; one process at a time may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._known: dict[str, Order] | None = None  # all of them, read once

    def add(self, order: Order) -> bool:
        """Take an order; when this returns it survives a crash. False where one with this id is there."""
        with self._lock:
            if order.id in self._orders():
                return False
            self.folder(order.id).mkdir(parents=True, exist_ok=True)
            self._write(order)
            return True

    def get(self, order_id: str) -> Order:
        """An order.

        Raises:
            NotFound: There is none with this id.
        """
        with self._lock:
            order = self._orders().get(order_id)
        if order is None:
            raise NotFound(f"There is no export '{order_id}'.", hint="GET /api/exports lists them.")
        return order

    def list(self) -> Sequence[Order]:
        """All, the oldest first; what is damaged is left out."""
        with self._lock:
            return sorted(self._orders().values(), key=lambda order: (order.created_at, order.id))

    def change(self, order_id: str, *, unless: frozenset[str] = frozenset(), **changes: Any) -> Order:
        """Change an order.

        Args:
            order_id: Which.
            unless: States in which it is to stay as it is.
            **changes: Fields by name.

        Raises:
            NotFound: There is none with this id.
            Conflict: It is in one of those states.
        """
        with self._lock:
            order = self.get(order_id)
            if order.state in unless:
                raise Conflict(f"The export is {order.state}.", id=order_id, state=order.state)
            changed = replace(order, **changes)
            self._write(changed)
            return changed

    def delete(self, order_id: str) -> None:
        """Remove an order with what it made for fetching; what it made elsewhere stays.

        Raises:
            NotFound: There is none with this id.
        """
        with self._lock:
            self.get(order_id)
            self._orders().pop(order_id)
            (self.folder(order_id) / _FILE).unlink(missing_ok=True)
            shutil.rmtree(self.folder(order_id), ignore_errors=True)

    def folder(self, order_id: str) -> Path:
        """Where an order's files lie.

        Raises:
            NotFound: It is no id.
        """
        try:
            name = str(UUID(order_id))
        except ValueError:
            raise NotFound(f"There is no export '{order_id}'.", hint="GET /api/exports lists them.") from None
        return self._folder / name

    def archive(self, order_id: str) -> Path:
        """Where an order's archive lies once it is made.

        Raises:
            NotFound: It is no id.
        """
        return self.folder(order_id) / ARCHIVE

    def _orders(self) -> dict[str, Order]:
        if self._known is None:
            self._known = {}
            for file in self._folder.glob(f"*/{_FILE}"):
                with suppress(InvalidDocument, OSError):
                    order = from_json(Order, file.read_bytes())
                    self._known[order.id] = order
        return self._known

    def _write(self, order: Order) -> None:
        with whole_file(self.folder(order.id) / _FILE, overwrite=True) as out:
            out.write(to_json(order, indent=1))
        self._orders()[order.id] = order
