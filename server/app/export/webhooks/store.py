"""The queue and log of webhooks in an SQLite file: what is in it survives a restart."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import AudapolisError, NotFound, StorageFull
from .records import Delivery, Due, Subscription, Try

_SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriptions (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, description TEXT NOT NULL, secret TEXT NOT NULL,
    former_secret TEXT, former_until REAL, enabled INTEGER NOT NULL, disabled_because TEXT NOT NULL,
    created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY, message TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
    subscription TEXT NOT NULL REFERENCES subscriptions(id) ON DELETE CASCADE,
    state TEXT NOT NULL, tried INTEGER NOT NULL, next_at REAL, UNIQUE (message, subscription));
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, next_at);
CREATE TABLE IF NOT EXISTS tries (
    number INTEGER PRIMARY KEY, delivery INTEGER NOT NULL REFERENCES deliveries(number) ON DELETE CASCADE,
    at REAL NOT NULL, status INTEGER, said TEXT NOT NULL, took_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS tries_of ON tries (delivery);
CREATE TABLE IF NOT EXISTS settled (subject TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (subject, at));
"""
_SHOWN = "id, url, events, description, enabled, disabled_because, created_at"


class WebhookStore:
    """Subscriptions, messages and deliveries. Thread-safe; one process at a time may use it."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        """Prepare; the file is opened when it is first needed.

        Args:
            path: The SQLite file.
            now: Unix time.
        """
        self._path, self._now = path, now
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def subscribe(self, subscription: Subscription, secret: str) -> None:
        """Keep a receiver."""
        with self._writing() as connection:
            connection.execute(
                f"INSERT INTO subscriptions ({_SHOWN}, secret) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*_row(subscription), secret),
            )

    def change(self, subscription: Subscription) -> None:
        """Change a receiver, all but its secret."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE subscriptions SET url = ?, events = ?, description = ?, enabled = ?, disabled_because = ? "
                "WHERE id = ?",
                (*_row(subscription)[1:-1], subscription.id),
            )

    def rotate(self, subscription_id: str, secret: str, former_until: float) -> None:
        """Give a receiver another secret; the former one signs too until then."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE subscriptions SET former_secret = secret, former_until = ?, secret = ? WHERE id = ?",
                (former_until, secret, subscription_id),
            )

    def unsubscribe(self, subscription_id: str) -> None:
        """Forget a receiver with its deliveries."""
        with self._writing() as connection:
            connection.execute("DELETE FROM subscriptions WHERE id = ?", (subscription_id,))

    def disable(self, subscription_id: str, because: str) -> None:
        """Send a receiver nothing more; what waits for it is given up."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE subscriptions SET enabled = 0, disabled_because = ? WHERE id = ?", (because, subscription_id)
            )
            connection.execute(
                "UPDATE deliveries SET state = 'failed', next_at = NULL WHERE subscription = ? AND state = 'pending'",
                (subscription_id,),
            )

    def subscription(self, subscription_id: str) -> Subscription:
        """A receiver.

        Raises:
            NotFound: There is none with this id.
        """
        for row in self._read(f"SELECT {_SHOWN} FROM subscriptions WHERE id = ?", subscription_id):
            return _subscription(row)
        raise NotFound(f"There is no webhook '{subscription_id}'.", hint="GET /api/webhooks lists them.")

    def subscriptions(self) -> Sequence[Subscription]:
        """All receivers, the oldest first."""
        return [_subscription(row) for row in self._read(f"SELECT {_SHOWN} FROM subscriptions ORDER BY created_at, id")]

    def publish(self, message_id: str, kind: str, body: bytes, *, only: str = "") -> bool:
        """Queue a message for all who want it; the same id again changes nothing.

        Args:
            message_id: Tells receivers that they have it already.
            kind: One of `EVENTS`.
            body: The JSON.
            only: The one receiver it is for.

        Returns:
            Whether it is new.
        """
        with self._writing() as connection:
            return self._publish(connection, message_id, kind, body, only)

    def settle(self, subject: str, at: float, messages: Sequence[tuple[str, str, bytes]]) -> None:
        """Queue messages and remember, in one transaction, that an end has been dealt with."""
        with self._writing() as connection:
            for message_id, kind, body in messages:
                self._publish(connection, message_id, kind, body, "")
            connection.execute("INSERT OR IGNORE INTO settled VALUES (?, ?)", (subject, at))

    def settled_from(self, ends: Sequence[tuple[str, float]]) -> set[tuple[str, float]]:
        """Of these ends, those that have been dealt with; at the first call ever that is all of them.

        Others are forgotten: what they were the ends of does not exist any more.
        """
        with self._writing() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                connection.executemany("INSERT OR IGNORE INTO settled VALUES (?, ?)", ends)
                connection.execute("PRAGMA user_version = 1")
            known = set(connection.execute("SELECT subject, at FROM settled").fetchall())
            connection.executemany("DELETE FROM settled WHERE subject = ? AND at = ?", known - set(ends))
        return known & set(ends)

    def due(self, *, but: Sequence[str] = ()) -> list[Due]:
        """What is to be sent now: the oldest message of each receiver, except those named."""
        now = self._now()
        rows = self._read(
            "SELECT d.number, s.id, s.url, m.id, m.kind, m.body, d.tried, s.secret, s.former_secret, s.former_until "
            "FROM deliveries d JOIN subscriptions s ON s.id = d.subscription JOIN messages m ON m.id = d.message "
            "WHERE d.state = 'pending' AND d.next_at <= ? AND s.enabled ORDER BY d.next_at, d.number",
            now,
        )
        found: dict[str, Due] = {}
        for row in rows:
            if row[1] not in but:
                former = [row[8]] if row[8] and (row[9] or 0) > now else []
                found.setdefault(row[1], Due(row[0], row[1], row[2], row[3], row[4], row[5], row[6], (row[7], *former)))
        return list(found.values())

    def next_at(self) -> float | None:
        """When something is to be sent next; None while nothing waits."""
        query = "SELECT min(next_at) FROM deliveries d JOIN subscriptions s ON s.id = d.subscription "
        rows = self._read(query + "WHERE state = 'pending' AND s.enabled")
        return None if rows[0][0] is None else float(rows[0][0])

    def tried(self, delivery: int, attempt: Try, state: str, next_at: float | None) -> None:
        """Write a try into the log, and what is to become of the delivery."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE deliveries SET state = ?, next_at = ?, tried = tried + 1 WHERE number = ?",
                (state, next_at, delivery),
            )
            # the receiver may have been deleted meanwhile, and its deliveries with it
            connection.execute(
                "INSERT INTO tries (delivery, at, status, said, took_s) SELECT number, ?, ?, ?, ? FROM deliveries "
                "WHERE number = ?",
                (attempt.at, attempt.status, attempt.said, attempt.took_s, delivery),
            )

    def deliveries(self, subscription_id: str, limit: int, offset: int = 0) -> list[Delivery]:
        """What was and is to be sent to a receiver, the newest first."""
        rows = self._read(
            "SELECT d.number, m.id, m.kind, m.created_at, d.state, d.next_at FROM deliveries d "
            "JOIN messages m ON m.id = d.message WHERE d.subscription = ? ORDER BY d.number DESC LIMIT ? OFFSET ?",
            subscription_id,
            limit,
            offset,
        )
        tries = "SELECT at, status, said, took_s FROM tries WHERE delivery = ? ORDER BY number"
        return [
            Delivery(row[1], row[2], row[3], row[4], row[5], tuple(Try(*each) for each in self._read(tries, row[0])))
            for row in rows
        ]

    def send_again(self, subscription_id: str, message_id: str) -> None:
        """Queue a message anew for a receiver, under the same id.

        Raises:
            NotFound: It never was for this receiver, or is forgotten.
        """
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE deliveries SET state = 'pending', tried = 0, next_at = ? "
                "WHERE subscription = ? AND message = ?",
                (self._now(), subscription_id, message_id),
            )
        if not changed.rowcount:
            raise NotFound(f"There is no message '{message_id}' for this webhook.", hint="Its log lists them.")

    def sweep(self, before: float) -> None:
        """Forget old messages that wait for nobody."""
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM messages WHERE created_at < ? AND id NOT IN "
                "(SELECT message FROM deliveries WHERE state = 'pending')",
                (before,),
            )

    def _publish(self, connection: sqlite3.Connection, message_id: str, kind: str, body: bytes, only: str) -> bool:
        added = connection.execute(
            "INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?)", (message_id, kind, body, self._now())
        )
        if not added.rowcount:
            return False
        for row in connection.execute(f"SELECT {_SHOWN} FROM subscriptions").fetchall():
            subscription = _subscription(row)
            if subscription.wants(kind) and only in {"", subscription.id}:
                connection.execute(
                    "INSERT INTO deliveries (message, subscription, state, tried, next_at) "
                    "VALUES (?, ?, 'pending', 0, ?)",
                    (message_id, subscription.id, self._now()),
                )
        return True

    def _read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, _mapped():
            return self._open().execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _mapped(), self._open() as connection:
            yield connection

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))  # it holds secrets
            connection = sqlite3.connect(self._path, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.executescript(_SCHEMA)
            self._connection = connection
        return self._connection


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if "full" in str(error):
            raise StorageFull("The disk is full: the queue of webhooks refused a write.") from None
        raise AudapolisError(f"The queue of webhooks can't be used: {error}.", hint="Check the data folder.") from error


def _row(subscription: Subscription) -> tuple[Any, ...]:
    return (
        subscription.id,
        subscription.url,
        json.dumps(subscription.events),
        subscription.description,
        int(subscription.enabled),
        subscription.disabled_because,
        subscription.created_at,
    )


def _subscription(row: tuple[Any, ...]) -> Subscription:
    return Subscription(row[0], row[1], tuple(json.loads(row[2])), row[3], bool(row[4]), row[5], row[6])
