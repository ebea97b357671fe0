"""What was changed over HTTP survives."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from audapolis.errors import AudapolisError, InvalidOption
from audapolis.settings.stored import AUDIT, FILE, Change, note, read, write


def test_what_is_written_is_read_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    assert read(tmp_path)[0] == {}
    write(tmp_path / "new", {"speech": {"threshold": 0.6}})
    assert read(tmp_path / "new") == ({"speech": {"threshold": 0.6}}, tmp_path / "new" / FILE)
    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"settings": {}}', '{"schema": "audapolis.settings/1"}', "\x00"])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(InvalidOption, match=FILE):
        read(tmp_path)


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(InvalidOption, match=FILE):
        read(tmp_path)


def test_where_it_can_not_be_kept_that_is_said_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AudapolisError, match="could not be kept"):
        write(tmp_path / "file", {})
    (tmp_path / FILE).mkdir()
    with pytest.raises(AudapolisError, match="could not be kept"):
        write(tmp_path, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", FILE]


def test_the_record_tells_who_changed_what_when(tmp_path: Path) -> None:
    for new in (0.6, 0.7):
        note(tmp_path, "127.0.0.1", [Change("speech.threshold", 0.5, new, "next job")])
    first, second = map(json.loads, (tmp_path / AUDIT).read_text().splitlines())
    assert first["by"] == "127.0.0.1"
    assert first["at"] <= second["at"]
    assert second["changes"] == [{"key": "speech.threshold", "old": 0.5, "new": 0.7, "effect": "next job"}]
