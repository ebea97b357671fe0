"""The file: shared, of another version, damaged, full, gone. Work goes on."""

from __future__ import annotations

import dataclasses
import logging
import multiprocessing
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from audapolis.analytics.facts import Fact, LoadFact, Sample, StageFact
from audapolis.analytics.history import rows, schema
from audapolis.analytics.history.columns import SEGMENT
from audapolis.analytics.history.database import Database
from audapolis.analytics.history.schema import FactTable
from audapolis.analytics.history.store import History
from audapolis.analytics.span import HOUR_S, Period
from audapolis.errors import AudapolisError, Conflict, StorageFull

NOW = 1_700_000_000.0
ALWAYS = Period(0, 2 * NOW)


def loads(count: int, at: float = NOW) -> list[Fact]:
    return [LoadFact(at=at + n, what="warm", model="small") for n in range(count)]


def known(history: History) -> int:
    return len(history.frame("loads", None, ["at"]))


def aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


def test_the_file_and_its_folder_are_made_at_the_first_use(history: History, path: Path) -> None:
    assert not path.parent.exists()
    assert history.size_bytes() == 0
    assert known(history) == 0
    assert history.size_bytes() > 0


def test_a_newer_programs_file_is_left_alone(history: History, path: Path) -> None:
    history.write(loads(1))
    history.close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    database.close()
    for ask in (lambda: known(history), lambda: history.write(loads(1)), lambda: history.thin_out(NOW)):
        with pytest.raises(Conflict, match="newer Audapolis") as refused:
            ask()
        assert "analytics.dir" in refused.value.hint
    assert aside(path) == []


def test_a_field_that_a_fact_has_gained_is_a_column_more(
    path: Path, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.write([StageFact(at=NOW + n, job_id="a", stage="decode", began_at=NOW) for n in range(SEGMENT)])
    history.thin_out(NOW)
    history.close()

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class LaterStageFact(StageFact):
        room: str = "none"
        joules: float | None = None

    monkeypatch.setitem(schema.TABLES, "stages", FactTable.of(LaterStageFact))
    later = History(path)
    later.write([LaterStageFact(at=NOW + SEGMENT, job_id="b", stage="x", began_at=NOW, room="cellar", joules=5.0)])
    for _ in range(2):
        frame = later.frame("stages", None, ["stage", "room", "joules"])
        assert frame["room"].tolist() == [""] * SEGMENT + ["cellar"]
        assert frame["joules"][-1] == 5.0
        assert len(frame.having(joules=5.0)) == 1
        later.thin_out(NOW)
    later.close()
    monkeypatch.undo()
    assert len(history.frame("stages", None, ["stage"])) == SEGMENT + 1  # the older program can still use it
    history.write([StageFact(at=NOW, job_id="c", stage="decode", began_at=NOW)])


def test_columns_made_by_an_older_program_do_not_hide_new_fields(
    path: Path, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class LaterStageFact(StageFact):
        room: str = ""

    later = [LaterStageFact(at=NOW + n, job_id="a", stage="x", began_at=NOW, room="attic") for n in range(SEGMENT)]
    with monkeypatch.context() as newer:
        newer.setitem(schema.TABLES, "stages", FactTable.of(LaterStageFact))
        history.write(later)
    history.thin_out(NOW)  # by the older program, which knows no rooms
    with monkeypatch.context() as newer:
        newer.setitem(schema.TABLES, "stages", FactTable.of(LaterStageFact))
        assert set(history.frame("stages", None, ["room"])["room"]) == {"attic"}


def scribble(path: Path, begin: int, end: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[begin:end] = b"\x55" * len(data[begin:end])
    path.write_bytes(data)


def fill(history: History) -> None:
    history.write(loads(2000), [Sample("cpu.load", NOW + n, 1.0) for n in range(8000)])
    history.thin_out(NOW + 8000)


@pytest.mark.parametrize("begin", [0, 100, 4096], ids=["no database", "no schema", "no pages"])
@pytest.mark.parametrize(
    "use",
    [
        lambda history: history.write(loads(1)),
        known,
        lambda history: history.curves("cpu.load", ALWAYS),
        lambda history: history.thin_out(NOW + 20_000),
        lambda history: history.forget_all(),
    ],
    ids=["write", "frame", "curves", "thin_out", "forget_all"],
)
def test_a_damaged_file_is_put_aside_and_work_goes_on(
    history: History, path: Path, caplog: pytest.LogCaptureFixture, begin: int, use: Callable[[History], object]
) -> None:
    fill(history)
    history.close()
    scribble(path, begin)
    damaged = path.read_bytes()
    use(history)
    history.write(loads(1))
    history.write((), [Sample("cpu.load", NOW, 1.0)])
    assert 1 <= known(history) <= 2
    assert len(history.curves("cpu.load", ALWAYS)) == 1
    [kept] = [file for file in aside(path) if not file.name.endswith(("-wal", "-shm"))]
    assert len(kept.read_bytes()) == len(damaged)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert kept.name in caplog.text


@pytest.mark.parametrize("table", ["blocks", "columns", "durations"])
def test_a_damaged_block_puts_the_file_aside_too(history: History, path: Path, table: str) -> None:
    stages = [StageFact(at=NOW + n / 100, job_id="a", stage="decode", began_at=NOW) for n in range(SEGMENT)]
    history.write(stages, [Sample("cpu.load", NOW + n, 1.0) for n in range(8000)])
    history.thin_out(NOW + 8000)
    if table == "durations":
        history.thin_out(NOW + 500 * 24 * HOUR_S)
    cell = {"blocks": "cells", "columns": "cells", "durations": "sketch"}[table]
    damage = f"UPDATE {table} SET {cell} = x'000000000000000000000000000000'"
    history._database.write(lambda database: database.execute(damage))
    if table == "blocks":
        assert history.curves("cpu.load", ALWAYS) == []
    elif table == "columns":
        assert len(history.frame("stages", None, ["stage", "at"])) == 0
    else:
        assert history.quantiles("stage.decode", ALWAYS, [0.5]).count == 0
    assert aside(path)


def test_processes_that_find_the_damage_at_once_put_one_file_aside(history: History, path: Path) -> None:
    fill(history)
    others = [History(path) for _ in range(4)]
    for other in others:
        assert known(other) == 2000
        other.close()
    history.close()
    scribble(path, 0)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda other: other.write(loads(10)), others))
    assert {known(other) for other in others} == {40}
    assert len([file for file in aside(path) if not file.name.endswith(("-wal", "-shm"))]) == 1
    for other in others:
        other.close()


def test_whoever_has_the_old_file_open_goes_over_to_the_new_one(history: History, path: Path) -> None:
    fill(history)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").rename(path.with_name(f"elsewhere{suffix}"))
    assert known(history) == 0
    history.write(loads(3), [Sample("cpu.load", NOW, 1.0)])
    other = History(path)
    assert known(other) == known(history) == 3
    assert len(other.curves("cpu.load", ALWAYS)) == 1
    other.close()


def test_a_full_disk_is_told_and_takes_nothing(path: Path) -> None:
    database = Database(path)
    database.write(lambda opened: opened.execute("PRAGMA max_page_count = 60"))
    with pytest.raises(StorageFull, match="took nothing"):
        database.write(lambda opened: rows.keep(opened, loads(10_000)))
    assert database.read(lambda opened: opened.execute("SELECT count(*) FROM loads").fetchone()) == (0,)
    database.close()


def test_a_place_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    history = History(tmp_path / "file" / "history.sqlite")
    with pytest.raises(AudapolisError, match="can't be used") as refused:
        history.write(loads(1))
    assert "history.sqlite" in refused.value.hint
    (tmp_path / "folder").mkdir()
    with pytest.raises(AudapolisError, match="can't be used"):
        known(History(tmp_path / "folder"))


def test_a_long_question_keeps_nobody_from_writing_and_sees_nothing_of_it(history: History, path: Path) -> None:
    history.write(loads(5))
    other = History(path)

    def ask(opened: sqlite3.Connection) -> tuple[int, int]:
        def count() -> int:
            return int(opened.execute("SELECT count(*) FROM loads").fetchone()[0])

        first = count()
        history.write(loads(7))  # the same thread: it would wait for itself for ever
        other.write(loads(8))
        return first, count()

    assert history._database.read(ask) == (5, 5)
    assert known(history) == known(other) == 20
    other.close()


def test_many_threads_write_and_ask_at_once(history: History) -> None:
    begin = threading.Barrier(8)

    def work(n: int) -> int:
        begin.wait(60)
        for round_ in range(10):
            history.write(loads(2), [Sample("process.cpu", NOW + n + round_, 1.0, (("role", str(round_)),))])
            known(history)
        return known(history)

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(work, range(8))) == 160
    curves = history.curves("process.cpu", ALWAYS, step_s=1e6)
    assert [curve.count.sum() for curve in curves] == [8] * 10


def write_some(path: Path) -> None:
    history = History(path)
    for n in range(20):
        history.write(loads(5), [Sample("process.cpu", NOW + n, 1.0, (("role", str(n)),))])


@pytest.mark.slow
def test_many_processes_open_a_new_file_and_write_at_once(history: History, path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=write_some, args=(path,)) for _ in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join(120)
        assert other.exitcode == 0
    assert known(history) == 400
    assert [curve.count.sum() for curve in history.curves("process.cpu", ALWAYS, step_s=1e6)] == [4] * 20
