"""Which templates are taken, and how they become export formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.cli import main
from audapolis.domain.codec import to_json
from audapolis.domain.events import Event, FormatRendered
from audapolis.errors import InvalidTemplate, UnknownName
from audapolis.export.templates.shelf import Draft
from audapolis.template_desk import TemplateDesk

from tests.builders import conversation

LINES = (
    "{% for s in segments %}\n{{ s.start_s | clock }} {{ s.speaker | speaker_name('?') }}: {{ s.text }}\n{% endfor %}\n"
)


@pytest.fixture
def desk(tmp_path: Path) -> TemplateDesk:
    return TemplateDesk(tmp_path)


def test_a_saved_template_is_an_export_format(desk: TemplateDesk) -> None:
    assert desk.save("lines", Draft(LINES, "md", "One line each.")).warning == ""
    exporter = AdvancedExporter(desk.shelf)
    made = exporter.render(conversation(), "template:lines", {"newline": "crlf", "case": "upper"})
    assert made.extension == "md"
    assert made.media_type == "text/markdown; charset=utf-8"
    assert made.content.decode().split("\r\n")[0] == (
        "00:00:00.500 Anna & Söhne: GOOD MORNING, AND WELCOME TO THE SHOW ABOUT TRAINS."
    )
    assert exporter.formats()[-1].id == "template:lines"
    assert exporter.formats()[-1].description == "One line each."


def test_unknown_templates_are_refused_with_the_nearest(desk: TemplateDesk) -> None:
    desk.save("lines", Draft(LINES))
    with pytest.raises(UnknownName, match="Did you mean 'lines'"):
        AdvancedExporter(desk.shelf).render(conversation(), "template:line")
    with pytest.raises(UnknownName):
        AdvancedExporter().render(conversation(), "template:lines")


@pytest.mark.parametrize("source", ["{% for", "{{ nothing }}", "{{ ''.__class__ }}", "{{ [1] * 10**9 }}"])
def test_what_is_wrong_for_every_transcript_is_not_saved(desk: TemplateDesk, source: str) -> None:
    with pytest.raises(InvalidTemplate):
        desk.save("bad", Draft(source))
    assert list(desk.shelf.list()) == []


def test_what_only_the_sample_lacks_is_saved_with_a_warning(desk: TemplateDesk) -> None:
    saved = desk.save("french", Draft("{% for s in segments %}{{ s.translations.fr }}{% endfor %}"))
    assert "no 'fr' here; there are: de" in saved.warning
    assert desk.shelf.get("french").version == 1


def test_previews_show_the_sample_or_a_transcript_and_are_cut(desk: TemplateDesk) -> None:
    assert "welcome to “Rails & Roads”" in desk.preview(Draft(LINES)).text
    assert "the show about trains" in desk.preview(Draft(LINES), conversation()).text
    long = desk.preview(Draft("{% for i in range(99999) %}xxxxx{% endfor %}"))
    assert long.cut
    assert len(long.text) == 256 * 1024


def test_a_template_that_breaks_on_a_transcript_writes_no_file(desk: TemplateDesk, tmp_path: Path) -> None:
    desk.save("french", Draft("{{ segments[0].translations.fr }}"))
    with pytest.raises(InvalidTemplate, match="Line 1"):
        AdvancedExporter(desk.shelf).write(conversation(), tmp_path / "x.txt", "template:french")
    assert [path.name for path in tmp_path.iterdir()] == ["french"]


def test_templates_are_added_previewed_and_used_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("AUDAPOLIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    Path("lines.md.j2").write_text(LINES)
    Path("talk.json").write_bytes(to_json(conversation()))
    assert main(["templates", "add", "lines", "lines.md.j2", "--description", "Lines."]) == 0
    assert main(["templates"]) == 0
    assert b"lines     1        .md" in capsysbinary.readouterr().out
    assert main(["templates", "preview", "lines", "--on", "talk.json"]) == 0
    preview = capsysbinary.readouterr().out
    assert main(["export", "talk.json", "-f", "template:lines", "-o", "a.md"]) == 0
    assert main(["export", "talk.json", "--template", "lines.md.j2", "-o", "b.md"]) == 0
    assert Path("a.md").read_bytes() == Path("b.md").read_bytes() == preview
    Path("lines.md.j2").write_text("{% for %}")
    assert main(["templates", "add", "lines", "lines.md.j2"]) == 2
    assert main(["export", "talk.json", "--template", "lines.md.j2", "-o", "c.md"]) == 2
    assert not Path("c.md").exists()
    assert main(["templates", "restore", "lines", "--version", "1"]) == 0
    assert main(["templates", "remove", "lines"]) == 0
    assert main(["templates", "show", "lines"]) == 2
    assert main(["templates", "add", "lines"]) == 2


def test_a_template_s_name_is_not_told_with_its_files(desk: TemplateDesk) -> None:
    told: list[Event] = []
    desk.save("for-anna", Draft(LINES, "md", "One line each."))
    AdvancedExporter(desk.shelf, told.append).render(conversation(), "template:for-anna")
    assert [event.format for event in told if isinstance(event, FormatRendered)] == ["template"]
