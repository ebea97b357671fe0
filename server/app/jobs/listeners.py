"""Who wants to know what happens to jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..domain.events import Emit, Event

log = logging.getLogger(__name__)


class Listeners:
    """Passes events on, one after the other. A listener that fails is logged and harms nobody."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._listeners: list[Emit] = []

    def subscribe(self, listener: Emit) -> Callable[[], None]:
        """Call `listener` with every event from now on, from some thread; it must return at once.

        Returns:
            Ends the subscription; may be called more than once.
        """
        with self._turn:
            self._listeners = [*self._listeners, listener]

        def unsubscribe() -> None:
            with self._turn:
                self._listeners = [known for known in self._listeners if known is not listener]

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell everybody."""
        with self._turn:
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception:  # a listener's mistakes are its own
                    log.exception("A listener failed on %s", type(event).__name__)

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """Hold other events back while a change is made and told: nobody hears of its consequences first."""
        with self._turn:
            yield
