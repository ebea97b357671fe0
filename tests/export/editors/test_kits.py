"""Kits: the right files, each as its format writes it, and one page that fits them."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.errors import InvalidOption
from audapolis.export.formats import FORMATS
from audapolis.export.kits import kit as kits
from audapolis.export.kits.kit import HOW_TO, Kit
from audapolis.export.kits.parts import Part, stem
from audapolis.export.material import Material
from hypothesis import given

from tests.builders import conversation, make_transcript
from tests.export.editors.cases import Case
from tests.strategies import names

exporter = AdvancedExporter()
KITS: list[type[Kit]] = [kind for kind in FORMATS.values() if issubclass(kind, Kit)]
each = pytest.mark.parametrize("kind", KITS, ids=lambda kind: kind.id)
ASKED = {"rate": "25", "start_timecode": "10:00:00:00", "case": "upper", "cuts": "paragraphs"}
A_PAGE = 66


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_there_is_a_kit_for_each_of_four_editors() -> None:
    assert [kind.id for kind in KITS] == ["kit_fcp", "kit_premiere", "kit_resolve", "kit_avid"]


@each
def test_every_file_is_what_its_format_writes_with_the_same_options(kind: type[Kit]) -> None:
    material = Case("29.97 DF", "video").material
    archive = opened(exporter.render(material, kind.id, ASKED).content)
    assert sorted(archive.namelist()) == sorted([*(part.file_name(material) for part in kind.parts), HOW_TO])
    for part in kind.parts:
        known = {name: value for name, value in ASKED.items() if name in part.kind.options_type.__dataclass_fields__}
        alone = exporter.render(material, part.format_id, {**known, **part.options})
        assert archive.read(part.file_name(material)) == alone.content


@each
def test_the_report_gathers_those_of_the_files_each_sentence_once(kind: type[Kit]) -> None:
    report = exporter.render(conversation(), kind.id).report
    parts = [exporter.render(conversation(), part.format_id, part.options).report for part in kind.parts]
    assert set(report.losses) == {loss for part in parts for loss in part.losses}
    assert set(report.warnings) == {warning for part in parts for warning in part.warnings}
    assert len(set(report.losses)) == len(report.losses)
    assert len(set(report.warnings)) == len(report.warnings)
    assert report.problems == ()


@each
def test_a_kit_may_lose_what_its_files_may_lose(kind: type[Kit]) -> None:
    assert set(kind.losses) >= {loss for part in kind.parts for loss in part.kind.losses}


@each
def test_the_how_to_is_one_page_that_names_every_file(kind: type[Kit]) -> None:
    material = Case("29.97 DF", "names").material
    text = opened(exporter.render(material, kind.id).content).read(HOW_TO).decode()
    lines = text.split("\r\n")
    assert len(lines) <= A_PAGE
    assert not re.search(r"\[[A-Z]+\]", text)
    assert "29.97 frames a second, drop-frame timecode, first frame 01:00:00;00" in text
    for part in kind.parts:
        assert text.count(part.file_name(material)) >= 2, "listed, and told what to do with"
    template = Path(kits.__file__).with_name("how_to").joinpath(f"{kind.page}.txt").read_text("utf-8")
    assert template.isascii()
    assert max(map(len, template.splitlines())) <= 80


@each
def test_a_damaged_file_is_noticed(kind: type[Kit]) -> None:
    material = Material.of(conversation())
    content = exporter.render(material, kind.id).content
    damaged = io.BytesIO()
    with opened(content) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name)[:-300] if name != HOW_TO else source.read(name))
    assert list(kind.checks["parts"](io.BytesIO(content), material)) == []
    assert list(kind.checks["parts"](damaged, material))


def test_a_file_that_cannot_be_written_is_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = FORMATS["edl"]

    def refuse(*_: object) -> None:
        raise InvalidOption("There are too many events.")

    monkeypatch.setattr(kind, "file", refuse)
    with_two = type(
        "WithTwo", (Kit,), {"id": "two", "page": "fcp", "parts": (Part("edl", ".edl", "x"), Part("srt", ".srt", "y"))}
    )
    out = io.BytesIO()
    notes = with_two(with_two.options_type()).write(Material.of(conversation()), out)
    assert opened(out.getvalue()).namelist() == ["talk.srt", HOW_TO]
    assert "talk.edl is not inside: There are too many events." in notes.warnings


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidOption, match="not a frame rate"):
        exporter.render(conversation(), "kit_resolve", {"rate": "fast"})


@given(names | names.map(lambda name: name * 30))
def test_files_are_named_in_letters_that_every_system_takes(name: str) -> None:
    found = stem(Material.of(make_transcript(("S1", 0, 1, "a"), name=name)))
    assert found
    assert found == found.strip(" .")
    assert not set('\\/:*?"<>|') & set(found)
    assert len(found.encode()) <= 180
