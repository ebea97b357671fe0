"""Asking running work to stop."""

from __future__ import annotations

import threading

from ..errors import Cancelled

UNSTOPPABLE = "unstoppable"
"""Name of threads in a foreign call that can't be stopped: nobody need wait for them, but a process that would tidy
up beneath them must not."""


class CancelToken:
    """Set by whoever wants work to stop, checked by whoever does it, at least every half second.

    A token with a parent is also set when its parent is.
    """

    def __init__(self, parent: CancelToken | None = None) -> None:
        self._parent = parent
        self._stop = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop. May be called from any thread and more than once."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._stop.is_set() or (self._parent is not None and self._parent.cancelled)

    def check(self) -> None:
        """Raise if somebody asked.

        Raises:
            Cancelled: The work should unwind now.
        """
        if self.cancelled:
            raise Cancelled
