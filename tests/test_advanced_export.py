"""The exporter's door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.document import Document
from audapolis.domain.events import Event, FormatRendered
from audapolis.errors import Conflict, ExportFailed, InvalidOption, StorageFull, UnknownName
from audapolis.export.formats import FORMATS
from audapolis.export.material import Material

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


def test_every_file_made_is_told_of_and_every_one_that_could_not_be_with_its_error(tmp_path: Path) -> None:
    told: list[Event] = []
    telling = exporter.telling(told.append)
    telling.write(conversation(), tmp_path / "x.srt", ".SRT")
    with pytest.raises(Conflict):
        telling.write(conversation(), tmp_path / "x.srt", "srt")
    with pytest.raises(InvalidOption):
        telling.render(conversation(), "srt", {"max_chars": "4"})
    files = [event for event in told if isinstance(event, FormatRendered)]
    assert [(each.format, each.family, each.error) for each in files] == [
        ("srt", "captions", ""),
        ("srt", "captions", "conflict"),
        ("srt", "captions", "invalid_option"),
    ]
    assert [each.size_bytes for each in files] == [(tmp_path / "x.srt").stat().st_size, 0, 0]
    assert {each.transcript_id for each in files} == {conversation().id}


def test_what_breaks_unexpectedly_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_given: object) -> None:
        raise KeyError("oops")

    told: list[Event] = []
    monkeypatch.setattr(FORMATS["txt"], "write", breaks)
    with pytest.raises(KeyError):
        exporter.telling(told.append).render(conversation(), "txt")
    assert [event.error for event in told if isinstance(event, FormatRendered)] == ["internal_error"]


def test_names_that_are_no_format_s_and_mere_checks_are_nothing_to_tell_of() -> None:
    told: list[Event] = []
    telling = exporter.telling(told.append)
    with pytest.raises(UnknownName):
        telling.render(conversation(), "the name of my cat")
    telling.check("srt")
    assert told == []


def test_a_document_is_no_transcript_of_a_job() -> None:
    told: list[Event] = []
    document = Document.from_transcript(conversation())
    exporter.telling(told.append).render(replace(Material.of(conversation()), document=document), "txt")
    assert [event.transcript_id for event in told if isinstance(event, FormatRendered)] == [""]
