"""The connection to the job store's database: SQLite or PostgreSQL, opened, migrated and its errors mapped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from ..errors import AudapolisError, Conflict, InvalidOption, StorageFull
from .schema import REVISIONS, metadata

BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for another one; a write takes milliseconds."""

_MIGRATION_LOCK = 0x61756461
"""Key of PostgreSQL's advisory lock that makes servers migrate one after the other."""


class Database:
    """Short transactions on the job store. Thread-safe; one per process."""

    def __init__(self, url: str) -> None:
        """Prepare to connect; nothing is opened yet.

        Args:
            url: An SQLAlchemy URL, `sqlite:///path` or `postgresql://…`.

        Raises:
            InvalidOption: The URL can't be used.
        """
        parsed = _parse(url)
        self._engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
        self._writer = self._engine.execution_options(begin="BEGIN IMMEDIATE")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with _mapped(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: committed durably when the block ends well, undone otherwise.

        On SQLite it takes the write lock at its start, so it never fails half-way for having read too early.
        """
        with _mapped(), self._writer.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the tables up to date, making them in an empty database.

        Raises:
            Conflict: The database was written by a newer Audapolis.
        """
        with self.read() as connection:
            if _revision(connection) == REVISIONS[-1]:
                return
        with self.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            _check_age(_revision(connection))
            _upgrade(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidOption("The job store's URL can't be understood.", hint=_URL_HINT) from None
    backend = parsed.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise InvalidOption(f"The job store can't be kept in '{backend}'.", hint=_URL_HINT)
    if backend == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise InvalidOption(
            "The job store must be a file: other processes work on it, and it must survive them.", hint=_URL_HINT
        )
    return parsed


_URL_HINT = "Use sqlite:////absolute/path.sqlite or postgresql://user:password@host/database."


def _sqlite(url: URL) -> Engine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself: `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL syncs at every commit. NORMAL would survive kill -9 too, but a power cut could take back an upload that
    # was acknowledged. There are only a few commits per second, so it costs nothing that can be felt.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise InvalidOption(
            "PostgreSQL can't be used: its driver is not installed.",
            hint="Install it with: pip install 'audapolis[postgres]'",
        ) from None


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        what = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if "disk is full" in what or "No space left" in what:
            raise StorageFull("The disk is full: the job store refused a write.", hint="Free some space.") from error
        raise AudapolisError(
            f"The job store can't be used: {what}.",
            hint="Check that its database is reachable, writable and not damaged.",
        ) from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _check_age(revision: str | None) -> None:
    if revision is not None and revision not in REVISIONS:
        raise Conflict(
            f"The job store was written by a newer version of Audapolis (its revision is {revision}).",
            hint=f"Use that version again, or another data folder. This one knows up to {REVISIONS[-1]}.",
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command  # slow to import, and rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, metadata=metadata)
    command.upgrade(config, "head")
