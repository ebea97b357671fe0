"""The record of turned knobs: nothing is lost, nothing is made up."""

from __future__ import annotations

import json
import stat
import tempfile
from pathlib import Path

import pytest
from audapolis.errors import AudapolisError, InvalidOption, NotFound
from audapolis.tuning.turns import FILE, Lock, Turn, TurnRecord
from hypothesis import given
from hypothesis import strategies as st


def turn(turn_id: str = "one", **other: object) -> Turn:
    given: dict[str, object] = {"at": 1.0, "knob": "workers", "setting": "jobs.workers", "old": 1, "new": 2}
    return Turn(**{"id": turn_id, "by": "me", "reason": "why", **given, **other})  # type: ignore[arg-type]


def test_what_was_turned_is_there_after_a_restart_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    record = TurnRecord(tmp_path / "new")
    first = turn(evidence={"p95": [1, 2.5]}, expect={"wait_s": 3})
    record.intend(first)
    record.done("one", state="a-1")
    record.intend(turn("two", old=2, new=1, undoes="one"))
    record.done("two", state="a-2", recovered=True)
    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600
    again = TurnRecord(tmp_path / "new")
    assert again.turns == record.turns
    assert again.get("one").undone_by == "two"
    assert again.get("one").evidence == {"p95": [1, 2.5]}
    assert again.get("two").recovered
    assert again.standing("workers") == []
    assert not again.pending


def test_values_that_were_none_stay_none(tmp_path: Path) -> None:
    record = TurnRecord(tmp_path)
    record.intend(turn(old=None, new="small"))
    record.done("one", state="")
    record.intend(turn("two", old="small", new=None))
    record.done("two", state="")
    assert [(each.old, each.new) for each in TurnRecord(tmp_path).turns.values()] == [(None, "small"), ("small", None)]


def test_an_intent_without_an_end_is_told_and_one_that_was_dropped_is_not(tmp_path: Path) -> None:
    record = TurnRecord(tmp_path)
    record.intend(turn("one"))
    record.intend(turn("two"))
    record.dropped("two", "no")
    assert list(TurnRecord(tmp_path).pending) == ["one"]
    assert not TurnRecord(tmp_path).turns


def test_a_lock_outlives_a_restart(tmp_path: Path) -> None:
    lock = Lock(True, "me", "trying", 5.0)
    TurnRecord(tmp_path).set_lock(lock)
    assert TurnRecord(tmp_path).lock == lock
    assert TurnRecord(tmp_path / "other").lock == Lock()


@given(cut=st.integers(0, 1200))
def test_a_line_cut_short_loses_itself_only(cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cut_short(Path(folder), cut)


def cut_short(folder: Path, cut: int) -> None:
    record = TurnRecord(folder)
    for number in range(3):
        record.intend(turn(f"{number}"))
        record.done(f"{number}", state="x")
    content = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(content[: len(content) - cut % len(content)])
    torn = TurnRecord(folder)
    assert list(torn.turns) == [f"{number}" for number in range(len(torn.turns))]
    before = dict(torn.turns)
    torn.intend(turn("after"))
    torn.done("after", state="y")
    assert list(TurnRecord(folder).turns) == [*before, "after"]


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"[]", b"{}", b'{"schema": "audapolis.knob-turns/1"}', b'{"schema": "other", "what": "lock"}']
    + [json.dumps({"schema": "audapolis.knob-turns/1", **more}).encode() for more in (
        {"what": "intent", "turn": {}},
        {"what": "done", "id": "nobody", "state": "", "recovered": False},
        {"what": "intent", "turn": {"id": 3}},
        {"what": "lock"},
        {"what": "dropped", "id": "nobody"},
        {"what": "something of a later version"},
    )],
)  # fmt: skip
def test_what_is_no_line_of_ours_is_passed_over(tmp_path: Path, line: bytes) -> None:
    (tmp_path / FILE).write_bytes(line + b"\n")
    record = TurnRecord(tmp_path)
    record.intend(turn())
    record.done("one", state="x")
    assert list(TurnRecord(tmp_path).turns) == ["one"]
    assert TurnRecord(tmp_path).lock == Lock()


def test_fields_of_a_later_version_do_no_harm(tmp_path: Path) -> None:
    record = TurnRecord(tmp_path)
    record.intend(turn())
    path = tmp_path / FILE
    path.write_text(path.read_text().replace('"knob":', '"canary": 3, "knob":'))
    assert TurnRecord(tmp_path).pending == {"one": turn()}


def test_what_can_not_be_written_is_told(tmp_path: Path) -> None:
    record = TurnRecord(tmp_path / "data")
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(AudapolisError, match="can't be written"):
        record.intend(turn())
    with pytest.raises(AudapolisError, match="can't be written"):
        record.set_lock(Lock(True, "me"))
    assert not record.pending
    assert record.lock.locked  # until the next start it counts all the same


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(AudapolisError, match="can't be read"):
        TurnRecord(tmp_path)


def test_evidence_is_json(tmp_path: Path) -> None:
    record = TurnRecord(tmp_path)
    for evidence in ({"x": object()}, {"x": float("nan")}):
        with pytest.raises(InvalidOption, match="JSON"):
            record.intend(turn(evidence=evidence))
    assert not record.pending
    assert not (tmp_path / FILE).exists()


def test_a_turn_that_was_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no turn 'x'"):
        TurnRecord(tmp_path).get("x")


def test_an_end_that_can_not_be_written_is_found_out_later(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    record = TurnRecord(folder)
    record.intend(turn())
    kept = (folder / FILE).read_bytes()
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    assert record.done("one", state="x").state == "x"
    assert list(record.turns) == ["one"]
    (folder / FILE).rmdir()
    (folder / FILE).write_bytes(kept)
    assert list(TurnRecord(folder).pending) == ["one"]
