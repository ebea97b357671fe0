"""Marker lists and scripts for DaVinci Resolve."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.material import Material
from audapolis.export.resolve import in_resolve
from audapolis.export.resolve.script import runnable
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript
from tests.export.editors.cases import Case
from tests.export.editors.fake_resolve import FakeResolve, run
from tests.export.editors.readers import read_resolve_markers
from tests.strategies import names

exporter = AdvancedExporter()


def test_a_marker_list_looks_as_resolve_writes_it() -> None:
    transcript = make_transcript(("S1", 0.5, 2.0, "3 trains | go."), names=("Ann",))
    lines = exporter.render(transcript, "resolve_markers").content.decode().split("\n")
    assert lines == [
        "TITLE: talk",
        "FCM: NON-DROP FRAME",
        "",
        "001  001      V     C        01:00:00:15 01:00:00:16 01:00:00:15 01:00:00:16  ",
        " |C:ResolveColorBlue |M:Ann: 3 trains go. |D:45",
        "",
        "",
    ]
    noted = exporter.render(transcript, "resolve_markers", {"text_as": "note"}).content.decode()
    assert "\n- 3 trains go. |C:ResolveColorBlue |M:Ann |D:45\n" in noted


def test_markers_that_begin_together_follow_each_other_and_are_reported() -> None:
    lines = [("S1", 1.0, 2.0, "a"), ("S2", 1.0, 3.0, "b"), ("S1", 1.03, 4.0, "c")]
    exported = exporter.render(make_transcript(*lines), "resolve_markers")
    assert [start for start, _, _ in read_resolve_markers(exported.content, 30)] == [108030, 108031, 108032]
    assert any("2 that began together" in warning for warning in exported.report.warnings)


def test_a_script_needs_nothing_but_ascii() -> None:
    content = exporter.render(conversation(), "resolve_script").content
    assert content.isascii()
    compile(content, "script", "exec")


@settings(max_examples=30)
@given(text=st.lists(names, min_size=1, max_size=5), name=names)
def test_no_text_breaks_out_of_a_script(text: list[str], name: str) -> None:
    lines = [("S1", n, n + 0.9, one) for n, one in enumerate(text)]
    transcript = make_transcript(*lines, names=(name,), name="\"\"\"'''\\" + name)
    exported = exporter.render(transcript, "resolve_script")
    assert exported.report.problems == ()
    resolve = FakeResolve()
    run(exported.content.decode(), resolve, Material.of(transcript))
    said = [" ".join("".join(c for c in one if c.isprintable() or c.isspace()).split()) for one in text]
    assert len(resolve.timeline.markers) == sum(1 for one in transcript.segments if one.text.strip()) or not all(said)


def test_an_empty_project_takes_the_settings_of_the_recording() -> None:
    case = Case("29.97 DF", "video")
    resolve = FakeResolve(rate=24.0)
    run(exporter.render(case.material, "resolve_script", case.options).content.decode(), resolve, case.material)
    assert resolve.project.settings == {
        "timelineFrameRate": "29.97",
        "timelineDropFrameTimecode": "1",
        "timelineResolutionWidth": "1920",
        "timelineResolutionHeight": "1080",
    }
    assert resolve.timeline.tracks["video"] == ["Ann", "Bob", "Carla"]


def said_by(script: str, resolve: FakeResolve) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(script, "script", "exec"), {"resolve": resolve, "__name__": "__main__"})
    return out.getvalue()


def test_a_project_with_another_rate_is_left_alone() -> None:
    case = Case("25", "video")
    resolve = FakeResolve(rate=24.0, adopts=False)
    said = said_by(exporter.render(case.material, "resolve_script", case.options).content.decode(), resolve)
    assert "Make a new project with 25 frames per second" in said
    assert resolve.project.timelines == []


def test_media_that_is_not_there_is_named_and_found_beside_the_script(tmp_path: Path) -> None:
    case = Case("25", "video")
    script = exporter.render(case.material, "resolve_script", case.options).content.decode()
    resolve = FakeResolve(rate=25.0)
    said = said_by(script, resolve)
    assert "'a.mov' was not found" in said
    assert "0 of 4 clips were placed." in said
    (tmp_path / "a.mov").touch()
    again = FakeResolve(rate=25.0)
    plan = json.loads(_plan(script))
    assert in_resolve.build(again, plan, [str(tmp_path)])["clips"] == 4


def _plan(script: str) -> str:
    scope: dict[str, str] = {}
    exec(next(line for line in script.splitlines() if line.startswith("PLAN_JSON")), scope)
    return scope["PLAN_JSON"]


def test_a_script_that_python_cannot_read_is_noticed() -> None:
    material = Material.of(conversation())
    content = exporter.render(material, "resolve_script").content
    assert list(runnable(io.BytesIO(content), material)) == []
    assert list(runnable(io.BytesIO(content.replace(b"def ", b"def def ")), material))


def test_without_resolve_the_script_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    script = exporter.render(conversation(), "resolve_script").content.decode()
    exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    assert "run this inside Resolve's console" in capsys.readouterr().out
