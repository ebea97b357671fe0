from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import audapolis.jobs
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from audapolis.errors import AudapolisError, Conflict, InvalidOption, StorageFull
from audapolis.jobs.database import Database
from audapolis.jobs.schema import REVISIONS, metadata
from audapolis.jobs.store import JobStore
from sqlalchemy import text

from .conftest import HOME, make_job


def test_migrations_build_exactly_the_tables_the_code_uses_and_can_run_twice(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    database.migrate()
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [change for change in compare_metadata(context, metadata) if "comment" not in str(change[0])]
    database.close()
    assert differences == []


def test_the_list_of_revisions_is_that_of_the_migrations() -> None:
    folder = Path(audapolis.jobs.__file__).parent / "migrations"
    script = ScriptDirectory(str(folder))
    assert tuple(revision.revision for revision in script.walk_revisions())[::-1] == REVISIONS


def test_a_database_of_a_newer_version_is_refused_with_a_hint(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match=r"newer version.*9999.*data folder"):
        database.migrate()
    database.close()


def test_a_start_on_an_up_to_date_database_does_not_import_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    database = Database(url)
    database.migrate()
    database.close()
    code = "import sys; from audapolis.jobs.database import Database; Database(sys.argv[1]).migrate()\n"
    code += "sys.exit('alembic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code, url], check=True)


def test_a_transaction_is_undone_as_a_whole_when_it_fails(database: Database) -> None:
    def change_and_fail() -> None:
        with database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    with database.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISIONS[-1]


def test_sqlite_commits_are_synced_and_do_not_block_readers(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new folder' / 'jobs.sqlite'}")
    database.migrate()
    with database.write() as writing:
        writing.execute(text("UPDATE alembic_version SET version_num = 'x'"))
        with database.read() as reading:
            assert reading.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISIONS[-1]
            assert reading.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert reading.execute(text("PRAGMA synchronous")).scalar() == 2
    database.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "can't be understood"),
        ("mysql://localhost/x", "can't be kept in 'mysql'"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
    ],
)
def test_urls_that_can_not_work_are_refused_with_an_example(url: str, words: str) -> None:
    with pytest.raises(InvalidOption, match=words) as refusal:
        Database(url)
    assert "sqlite:////" in refusal.value.hint


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    path.write_bytes(b"this is certainly not a database" * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(AudapolisError, match="job store can't be used: file is not a database"):
        database.migrate()
    database.close()


def test_a_full_disk_is_reported_as_such_and_nothing_is_lost(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    database.migrate()
    with database.write() as connection:
        connection.execute(text("CREATE TABLE filler (x BLOB)"))

    def write_too_much() -> None:
        with database.write() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            for _ in range(1000):
                connection.execute(text("INSERT INTO filler VALUES (:blob)"), {"blob": b"x" * 4000})

    with pytest.raises(StorageFull, match="disk is full"):
        write_too_much()
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM filler")).scalar() == 0
    database.close()


def test_jobs_from_before_a_migration_get_its_defaults(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    store = JobStore(database, home=HOME)
    job = store.add(make_job())
    _alembic(database, lambda config: command.downgrade(config, "0001"))
    _alembic(database, lambda config: command.upgrade(config, "head"))
    after = store.get(job.id)
    database.close()
    assert after == job
    assert (after.exports, after.origin, after.client, after.kind) == (None, "", "", "batch")


def _alembic(database: Database, run: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(audapolis.jobs.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        config.attributes.update(connection=connection, metadata=metadata)
        run(config)
