"""Who changed a setting last, by the record of all changes."""

from __future__ import annotations

from pathlib import Path

from audapolis.config import load_configuration
from audapolis.settings.stored import AUDIT
from audapolis.tuning.knobs import handle
from audapolis.tuning.moves import READ_BYTES, last_move


def test_the_last_who_changed_it_is_told_and_others_are_not(tmp_path: Path) -> None:
    there = load_configuration(data_dir=tmp_path)
    record = tmp_path / AUDIT
    assert last_move(record, handle("workers")) is None
    there.change({"jobs": {"workers": 3}}, by="anna")
    there.change({"jobs": {"workers": 4}, "models": {"defaults": {"de": "small"}}}, by="bert")
    there.change({"log_level": "debug"}, by="carla")
    there.change({"models": {"defaults": {"fr": "base"}}}, by="dora")

    def by(name: str) -> str:
        moved = last_move(record, handle(name))
        return moved.by if moved else ""

    assert by("workers") == "bert"
    assert by("default_model:de") == "bert"
    assert by("default_model:fr") == "dora"
    assert by("default_model") == by("warm_up") == ""


def test_damaged_lines_are_passed_over_and_only_the_end_is_read(tmp_path: Path) -> None:
    record = tmp_path / AUDIT
    load_configuration(data_dir=tmp_path).change({"jobs": {"workers": 3}}, by="anna")
    kept = record.read_bytes()
    record.write_bytes(b"\xff\n[]\n{}\n" + b'{"changes": 3}\n{"changes": [3]}\n' + kept + b'{"at": "x", "chan')
    moved = last_move(record, handle("workers"))
    assert moved is not None
    assert moved.by == "anna"
    record.write_bytes(kept + b"x" * READ_BYTES)
    assert last_move(record, handle("workers")) is None
