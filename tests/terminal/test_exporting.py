"""`audapolis export` with several transcripts, formats or presets."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from audapolis.cli import main
from audapolis.domain.codec import to_json
from audapolis.export.workflow.outputs import Output, Preset, PresetShelf

from tests.builders import conversation, make_transcript


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDAPOLIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_bytes(to_json(conversation()))
    Path("b.json").write_bytes(to_json(make_transcript(("S1", 0.0, 1.0, "Hello."))))
    return tmp_path


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_several_transcripts_in_several_formats_go_into_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "a.json", "b.json", "-f", "srt", "vtt", "-o", "out"]) == 0
    assert names("out") == ["a.srt", "a.vtt", "b.srt", "b.vtt", "report.json"]
    assert "4 files in out: 4 made." in capsys.readouterr().err
    assert main(["export", "a.json", "b.json", "-f", "srt", "vtt", "-o", "out"]) == 0
    assert "0 made, 4 there already." in capsys.readouterr().err


def test_an_archive_and_an_address_are_places_too(here: Path) -> None:
    assert main(["export", "a.json", "-f", "srt,vtt", "-o", "out.zip"]) == 0
    assert sorted(zipfile.ZipFile("out.zip").namelist()) == ["a.srt", "a.vtt", "report.json"]
    assert main(["export", "a.json", "-f", "srt", "-o", f"file://{here}/there"]) == 0
    assert names("there") == ["a.srt", "report.json"]
    assert main(["export", "a.json", "-f", "srt", "-o", "http://example.org/x"]) == 2


def test_one_bad_transcript_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.json").write_text("{}")
    assert main(["export", "bad.json", "a.json", "gone.json", "-f", "txt", "-o", "out"]) == 2
    assert names("out") == ["a.txt", "report.json"]
    said = capsys.readouterr().err
    assert "bad.txt: " in said
    assert "gone" in said
    assert "1 made, 2 failed" in said


def test_options_go_to_the_formats_that_know_them() -> None:
    assert main(["export", "a.json", "-f", "txt", "rttm", "-O", "case=upper", "-o", "out"]) == 0
    assert "GOOD MORNING" in Path("out/a.txt").read_text()
    assert main(["export", "a.json", "-f", "txt", "rttm", "-O", "caze=upper", "-o", "out"]) == 2


def test_presets_are_formats_with_options_under_a_name(here: Path) -> None:
    shelf = PresetShelf(here / "data" / "exports" / "presets")
    shelf.save(Preset("loud", (Output("txt", {"case": "upper"}), Output("vtt"))))
    assert main(["export", "a.json", "-p", "loud", "-o", "out"]) == 0
    assert names("out") == ["a.txt", "a.vtt", "report.json"]
    assert "GOOD MORNING" in Path("out/a.txt").read_text()
    assert main(["export", "a.json", "-p", "lout", "-o", "out"]) == 2


def test_what_several_results_need_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "a.json", "b.json"]) == 2
    assert main(["export", "a.json", "-f", "srt", "vtt"]) == 2
    assert main(["export"]) == 2
    assert main(["export", "a.json", "b.json", "--media", "a.wav", "-o", "out"]) == 2
    assert "one after the other" in capsys.readouterr().err


def test_one_result_is_what_it_always_was(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["export", "a.json", "-f", "srt"]) == 0
    printed = capsysbinary.readouterr().out
    assert main(["export", "a.json", "-o", "x.srt"]) == 0
    assert Path("x.srt").read_bytes() == printed
    assert main(["export", "a.json", "-o", "x.srt"]) == 2


def test_the_report_tells_of_every_file() -> None:
    main(["export", "a.json", "-f", "srt", "json", "-o", "out"])
    files = {entry["name"]: entry for entry in json.loads(Path("out/report.json").read_bytes())["files"]}
    assert len(files["a.srt"]["sha256"]) == 64
    assert files["a.srt"]["losses"]
    assert files["a.json"]["losses"] == []


def test_presets_are_added_shown_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "add", "house", "-f", "txt", "rttm", "-O", "case=upper", "--description", "Ours."]) == 0
    assert main(["presets"]) == 0
    assert "house   txt case=upper; rttm  Ours." in capsys.readouterr().out
    assert main(["export", "a.json", "-p", "house", "-o", "out"]) == 0
    assert names("out") == ["a.rttm", "a.txt", "report.json"]
    assert main(["presets", "show", "house", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["outputs"][0] == {"format": "txt", "options": {"case": "upper"}}
    assert main(["presets", "remove", "house"]) == 0
    for wrong in (
        ["show", "house"],
        ["add", "x"],
        ["add", "x", "-f", "strt"],
        ["list", "x"],
        ["add", "X", "-f", "txt"],
    ):
        assert main(["presets", *wrong]) == 2


def test_templates_can_be_used_like_formats(here: Path) -> None:
    Path("t.txt.j2").write_text("{{ segments[0].text }}\n")
    assert main(["templates", "add", "first", "t.txt.j2"]) == 0
    assert main(["export", "a.json", "b.json", "-f", "txt", "template:first", "-o", "out"]) == 0
    assert names("out") == ["a.first.txt", "a.txt.txt", "b.first.txt", "b.txt.txt", "report.json"]
    assert main(["export", "a.json", "--template", "t.txt.j2", "-f", "srt", "-o", "more"]) == 0
    assert names("more") == ["a.srt", "a.txt", "report.json"]
