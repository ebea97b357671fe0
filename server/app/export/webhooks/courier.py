"""Sends what is due, several receivers at a time but each one message after the other."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ...errors import AudapolisError, InvalidOption
from .guard import Guard, endpoint_of
from .records import Due, Try
from .schedule import wait_s
from .sending import TIMEOUT_S, Answer, send
from .signing import headers
from .store import WebhookStore

log = logging.getLogger(__name__)

MOST_BODY_BYTES = 20_000

_AT_ONCE = 8
_LONGEST_WAIT_S = 30.0
_SHORTEST_WAIT_S = 0.05
_KEPT_S = 30 * 86_400.0
_SWEPT_EVERY_S = 3600.0


def body_of(kind: str, at: float, data: dict[str, Any]) -> bytes:
    """A message as receivers get it.

    Raises:
        ValueError: It is too large: send links, not contents.
    """
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = json.dumps({"type": kind, "timestamp": moment, "data": data}, ensure_ascii=False, separators=(",", ":"))
    encoded = body.encode("utf-8", "replace")
    if len(encoded) >= MOST_BODY_BYTES:
        raise ValueError(f"a webhook of {len(encoded)} bytes is too large")
    return encoded


class Courier:
    """Empties the queue. `start` does it in threads; `send_due` does it once, and returns when all have answered."""

    def __init__(
        self,
        store: WebhookStore,
        guard: Guard,
        now: Callable[[], float],
        *,
        chance: Callable[[], float] = random.random,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Prepare.

        Args:
            store: The queue.
            guard: Says which addresses are allowed.
            now: Unix time.
            chance: Numbers in 0..1, for the jitter.
            timeout_s: How long a receiver may take.
        """
        self._store, self._guard, self._now = store, guard, now
        self._chance, self._timeout_s = chance, timeout_s
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Thread] = {}
        self._wake = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._swept_at = 0.0

    def start(self) -> None:
        """Send from now on."""
        self._over.clear()
        self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more; what is on the line is not waited for, and sent again at the next start."""
        self._over.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def send_due(self) -> int:
        """Send what is due, one message to each receiver, and wait for the answers; how many were sent."""
        begun = self._begin()
        for thread in begun:
            thread.join()
        return len(begun)

    def _work(self) -> None:
        while not self._over.is_set():
            self._wake.clear()
            try:
                self._begin()
                if self._now() - self._swept_at > _SWEPT_EVERY_S:
                    self._store.sweep(self._now() - _KEPT_S)
                    self._swept_at = self._now()
                next_at = self._store.next_at()
            except AudapolisError:
                log.exception("The queue of webhooks can't be read")
                next_at = None
            left_s = _LONGEST_WAIT_S if next_at is None else next_at - self._now()
            self._wake.wait(min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, left_s)))

    def _begin(self) -> list[threading.Thread]:
        with self._lock:
            self._busy = {key: thread for key, thread in self._busy.items() if thread.is_alive()}
            free = _AT_ONCE - len(self._busy)
            begun = []
            for due in self._store.due(but=list(self._busy))[:free]:
                # daemons: a server that stops must not wait for a receiver that hangs
                thread = threading.Thread(target=self._deliver, args=(due,), name="webhook", daemon=True)
                self._busy[due.subscription] = thread
                thread.start()
                begun.append(thread)
            return begun

    def _deliver(self, due: Due) -> None:
        try:
            answer = self._send(due)
            if not self._over.is_set():  # else it is sent again at the next start, and known by its id
                self._note(due, answer)
        except Exception:  # the thread's last line of defence: others have to get theirs
            log.exception("unexpected error while sending the webhook %s", due.message_id)
        self._wake.set()

    def _send(self, due: Due) -> Answer:
        timestamp = int(self._now())
        signed = headers(due.message_id, timestamp, due.body, due.secrets)
        try:
            endpoint = endpoint_of(due.url)
        except InvalidOption as error:
            return Answer(None, str(error), 0.0, refused=True)
        more = {"Content-Type": "application/json", "User-Agent": "audapolis"}
        return send(endpoint, {**more, **signed}, due.body, self._guard, timeout_s=self._timeout_s)

    def _note(self, due: Due, answer: Answer) -> None:
        now = self._now()
        attempt = Try(now, answer.status, answer.said, answer.took_s)
        if answer.ok:
            self._store.tried(due.delivery, attempt, "delivered", None)
            return
        pause_s = None if answer.gone else wait_s(due.tried + 1, self._chance, answer.asked_s)
        state = "failed" if pause_s is None else "pending"
        self._store.tried(due.delivery, attempt, state, None if pause_s is None else now + pause_s)
        told = answer.status or answer.said
        log.warning("The webhook %s (%s) was not taken at try %d: %s", due.message_id, due.kind, due.tried + 1, told)
        if answer.gone:
            self._store.disable(due.subscription, "It answered 410 Gone.")
