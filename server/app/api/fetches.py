"""Models on their way onto this machine: fetched or imported in the background, followed and stopped by id."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..catalog.entries import InstalledModel
from ..catalog.intake import ImportWish
from ..domain.cancellation import CancelToken
from ..errors import AudapolisError, Cancelled, NotFound
from ..models import ModelLibrary

log = logging.getLogger(__name__)

_MOST_ENDED = 100

State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(slots=True)
class Fetch:
    """One model on its way.

    Attributes:
        name: The model as it was asked for.
        done_bytes: How much is there; of `total_bytes`, 0 while unknown.
        error: Why it failed.
        cancel: Stops it.
    """

    name: str
    kind: Literal["pull", "import"]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = "queued"
    done_bytes: int = 0
    total_bytes: int = 0
    error: AudapolisError | None = None
    cancel: CancelToken = field(default_factory=CancelToken)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {"done", "failed", "cancelled"}

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""
        return 1.0 if self.state == "done" else min(1.0, self.done_bytes / max(1, self.total_bytes))

    def show(self, done: int, total: int) -> None:
        """Take note of how far it is."""
        self.done_bytes, self.total_bytes = done, total


class Fetches:
    """All models on their way, and the last that have arrived; in memory, for a broken one is simply asked for again.

    One model is worked on at a time, so that downloads do not take the line from one another.

    Args:
        library: Gives the library in use; it changes with the settings.
    """

    def __init__(self, library: Callable[[], ModelLibrary]) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._known: dict[str, Fetch] = {}

    def pull(self, name: str, *, update: bool = False) -> Fetch:
        """Begin to fetch a model; one that is being fetched already is given again.

        Raises:
            UnknownName: Nothing is known by this name.
        """
        library = self._library()
        real = library.entry(name).name
        with self._lock:
            for fetch in self._known.values():
                if fetch.kind == "pull" and fetch.name == real and not fetch.ended:
                    return fetch
        fetch = Fetch(real, "pull")
        return self._begin(
            fetch, lambda: library.pull(name, on_progress=fetch.show, cancel=fetch.cancel, update=update)
        )

    def take_in(self, source: Path, wish: ImportWish, *, name: str) -> Fetch:
        """Begin to import an archive, which is deleted afterwards."""
        fetch = Fetch(name, "import")

        def work() -> InstalledModel:
            try:
                return self._library().import_model(source, wish, fetch.cancel)[0]
            finally:
                source.unlink(missing_ok=True)

        return self._begin(fetch, work)

    def get(self, fetch_id: str) -> Fetch:
        """One by its id.

        Raises:
            NotFound: There is none.
        """
        if fetch_id not in self._known:
            raise NotFound(f"There is no download '{fetch_id}'.", hint="GET /api/models lists them.")
        return self._known[fetch_id]

    def list(self) -> list[Fetch]:
        """All that are known, oldest first."""
        with self._lock:
            return list(self._known.values())

    def delete(self, fetch_id: str) -> None:
        """Stop one if need be, and forget it.

        Raises:
            NotFound: There is none.
        """
        self.get(fetch_id).cancel.cancel()
        with self._lock:
            self._known.pop(fetch_id, None)

    def close(self) -> None:
        """Stop all. What was fetched stays for the next time."""
        for fetch in self.list():
            fetch.cancel.cancel()

    def _begin(self, fetch: Fetch, work: Callable[[], InstalledModel]) -> Fetch:
        with self._lock:
            self._known[fetch.id] = fetch
            for old in [each for each in self._known.values() if each.ended][:-_MOST_ENDED]:
                del self._known[old.id]
        threading.Thread(target=self._run, args=(fetch, work), name="model fetch", daemon=True).start()
        return fetch

    def _run(self, fetch: Fetch, work: Callable[[], InstalledModel]) -> None:
        with self._turn:
            try:
                fetch.state = "running"
                fetch.cancel.check()
                fetch.name = work().name
                fetch.state = "done"
            except Cancelled:
                fetch.state = "cancelled"
            except AudapolisError as error:
                fetch.error, fetch.state = error, "failed"
            except Exception as error:  # the thread's last line of defence: whoever follows it has to see an end
                log.exception("unexpected error while fetching %s", fetch.name)
                fetch.error, fetch.state = AudapolisError(f"Unexpected {type(error).__name__}."), "failed"
