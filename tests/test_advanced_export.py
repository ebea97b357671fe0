"""The exporter's door."""

from __future__ import annotations

from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.errors import Conflict, ExportFailed, InvalidOption, StorageFull, UnknownName

from tests.builders import conversation

exporter = AdvancedExporter()


def test_unknown_formats_are_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'srt'"):
        exporter.render(conversation(), "strt")


def test_extensions_and_capitals_name_formats_too() -> None:
    assert exporter.render(conversation(), ".SRT") == exporter.render(conversation(), "srt")


def test_options_are_checked_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="max_chars"):
        exporter.write(conversation(), tmp_path / "x.srt", "srt", {"max_char": "42"})
    with pytest.raises(InvalidOption):
        exporter.check("srt", {"max_chars": "4"})
    assert list(tmp_path.iterdir()) == []
    assert exporter.check("srt", {"max_chars": "40"}).id == "srt"


def test_files_appear_whole_with_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "reference").write_bytes(b"")
    written = exporter.write(conversation(), tmp_path / "x 😀\n.srt", "srt")
    assert written.path.read_bytes() == exporter.render(conversation(), "srt").content
    assert written.size_bytes == len(written.path.read_bytes())
    assert written.path.stat().st_mode == (tmp_path / "reference").stat().st_mode
    assert len(list(tmp_path.iterdir())) == 2


def test_existing_files_stay_unless_told_otherwise(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_text("mine")
    with pytest.raises(Conflict, match="overwrite"):
        exporter.write(conversation(), target, "txt")
    assert target.read_text() == "mine"
    exporter.write(conversation(), target, "txt", overwrite=True)
    assert target.read_text() != "mine"
    with pytest.raises(Conflict, match="folder"):
        exporter.write(conversation(), tmp_path, "txt", overwrite=True)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match="gone"):
        exporter.write(conversation(), tmp_path / "gone" / "x.txt", "txt")


def test_a_full_disk_is_told_apart() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    from audapolis.export.files import whole_file

    with (
        pytest.raises(StorageFull, match="full"),
        whole_file(Path("/tmp/never"), overwrite=False),
        full.open("wb") as out,
    ):
        out.write(b"x")
