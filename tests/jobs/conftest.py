"""Stores to test on: every test that asks for `database` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audapolis.domain.options import TranscribeOptions
from audapolis.jobs.database import Database
from audapolis.jobs.leases import Leases
from audapolis.jobs.record import Job
from audapolis.jobs.schema import metadata
from audapolis.jobs.store import JobStore
from sqlalchemy import text

from .postgres import postgres_url

HOME = "11111111-1111-4111-8111-111111111111"


class FakeClock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'jobs.sqlite'}"
        return
    url: str = request.getfixturevalue("postgres")
    wipe(url)
    yield url


def wipe(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    database.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(database: Database, clock: FakeClock) -> JobStore:
    return JobStore(database, home=HOME, now=clock)


@pytest.fixture
def leases(database: Database, clock: FakeClock) -> Leases:
    return Leases(database, home=HOME, lease_s=10.0, max_attempts=3, now=clock)


def make_job(*, priority: int = 0, created_at: float = 1_700_000_000.0, name: str = "talk.wav") -> Job:
    return Job(
        id=str(uuid.uuid4()),
        name=name,
        priority=priority,
        options=TranscribeOptions(language="en", max_speakers=3),
        source="/nowhere/talk.wav",
        created_at=created_at,
    )


MakeJob = Callable[..., Job]
