"""The history's file: opened, shared with other processes, put aside when it is damaged.

One connection writes, under a lock; others read, each for one question at a time. In WAL mode a question sees the file
as it was when it began, and neither waits for a writer nor keeps one waiting.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ...errors import AudapolisError, StorageFull
from .schema import DamagedBlock, upgrade

BUSY_S = 10.0
"""How long a writer waits for another one."""

_IDLE = 4
"""So many connections for reading stay open."""

_WAL_BYTES = 16 * 1024 * 1024
"""The log of writes is cut to this size when all of it is in the file."""

log = logging.getLogger(__name__)
T = TypeVar("T")
_Identity = tuple[int, int]


class Database:
    """Transactions on the history's file. Thread-safe; opened at the first use, made where there is none.

    A file that turns out to be damaged is renamed, and work begins again in a new one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.RLock()
        self._writer: tuple[sqlite3.Connection, _Identity] | None = None
        self._pooling = threading.Lock()
        self._readers: list[tuple[sqlite3.Connection, _Identity]] = []

    def close(self) -> None:
        """Close all connections that are not at work."""
        with self._writing, self._pooling:
            for connection, _ in (*self._readers, *filter(None, [self._writer])):
                connection.close()
            self._readers, self._writer = [], None

    def size_bytes(self) -> int:
        """Room the history takes on disk."""
        sizes = 0
        for suffix in ("", "-wal"):
            with suppress(OSError):
                sizes += Path(f"{self._path}{suffix}").stat().st_size
        return sizes

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something that writes, all of it or nothing. It has the only lock for writing while it works.

        Raises:
            StorageFull: The disk is full.
            Conflict: The file is a newer Audapolis's.
            AudapolisError: The file can't be used.
        """

        def act() -> T:
            with self._writing, self._condemning(self._open_writer()) as connection:
                return _transact(connection, "BEGIN IMMEDIATE", work)

        return self._again_if_damaged(act)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Ask something; all its queries see the same state.

        Raises:
            Conflict, AudapolisError: As `write`.
        """

        def act() -> T:
            reader = self._take_reader()
            with self._condemning(reader) as connection:
                answer = _transact(connection, "BEGIN", work)
            self._give_back(reader)
            return answer

        return self._again_if_damaged(act)

    def rebuild(self) -> bool:
        """Write the file anew, so that nothing of deleted rows is left anywhere in it or in its log.

        Returns:
            Whether the log could be emptied; not while another process reads for longer than `BUSY_S`.

        Raises:
            StorageFull, AudapolisError: As `write`.
        """

        def act() -> bool:
            with self._writing, self._condemning(self._open_writer()) as connection:
                connection.execute("VACUUM")
                return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

        return self._again_if_damaged(act)

    def _open_writer(self) -> tuple[sqlite3.Connection, _Identity]:
        if self._writer is not None and self._writer[1] != self._identity():
            self._writer[0].close()
            self._writer = None
        if self._writer is None:
            self._writer = self._open()
        return self._writer

    def _take_reader(self) -> tuple[sqlite3.Connection, _Identity]:
        current = self._identity()
        with self._pooling:
            while self._readers:
                reader = self._readers.pop()
                if reader[1] == current:
                    return reader
                reader[0].close()
        reader = self._open()
        reader[0].execute("PRAGMA query_only = ON")
        return reader

    def _give_back(self, reader: tuple[sqlite3.Connection, _Identity]) -> None:
        with self._pooling:
            if len(self._readers) < _IDLE:
                self._readers.append(reader)
                return
        reader[0].close()

    def _open(self) -> tuple[sqlite3.Connection, _Identity]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            try:
                return self._connect()
            except sqlite3.Error as error:
                if not _is_damage(error):
                    raise
                self._put_aside(error)
                return self._connect()

    def _connect(self) -> tuple[sqlite3.Connection, _Identity]:
        connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # The last second may be lost in a power cut: not worth waiting for the disk at every commit.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
            upgrade(connection)
            identity = self._identity()
        except BaseException:
            connection.close()
            raise
        if identity is None:
            connection.close()
            raise OSError(f"{self._path} vanished while it was opened")
        return connection, identity

    def _identity(self) -> _Identity | None:
        """Which file there is now: another process may have put a damaged one aside."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def _condemning(self, opened: tuple[sqlite3.Connection, _Identity]) -> Iterator[sqlite3.Connection]:
        """Put the file aside if it turns out to be damaged, unless another process did; drop a failed connection."""
        connection, identity = opened
        try:
            yield connection
        except BaseException as error:
            if self._writer is opened:
                self._writer = None
            connection.close()
            if _is_damage(error):
                with self._alone():
                    if self._identity() == identity:
                        self._put_aside(error)
            raise

    def _put_aside(self, error: BaseException) -> None:
        name = f"{self._path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").replace(self._path.with_name(f"{name}{suffix}"))
        log.error("The history is damaged (%s). It was put aside as %s, and a new one begun.", error, name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time opens the file or puts it aside."""
        with Path(f"{self._path}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _again_if_damaged(self, act: Callable[[], T]) -> T:
        """Foreign errors become ours; after damage, the new file is tried."""
        try:
            try:
                return act()
            except sqlite3.Error as error:
                if not _is_damage(error):
                    raise
                return act()
        except (sqlite3.Error, OSError) as error:
            if "disk is full" in str(error) or "No space left" in str(error):
                raise StorageFull("The disk is full: the history took nothing.", hint="Free some space.") from error
            raise AudapolisError(
                f"The history can't be used: {error}.", hint=f"Check that {self._path} can be read and written."
            ) from error


def _transact(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute(begin)
    try:
        answer = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return answer


def _is_damage(error: BaseException) -> bool:
    if isinstance(error, DamagedBlock):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
