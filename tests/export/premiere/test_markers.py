"""Premiere Pro's table of markers, read back as a spreadsheet does."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.formats.premiere_markers import table
from audapolis.export.material import Material

from tests.builders import conversation, make_transcript
from tests.export.editors.cases import CASES, Case
from tests.export.editors.readers import frame_of, labels_a_day

exporter = AdvancedExporter()
matrix = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rate}, {case.kind}")
HEAD = ["Marker Name", "Description", "In", "Out", "Duration", "Marker Type"]


def read(content: bytes, separator: str = "\t", encoding: str = "utf-8") -> list[list[str]]:
    head, *rows = csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=separator)
    assert head == HEAD
    return rows


@matrix
@pytest.mark.parametrize(("separator", "encoding"), [("tab", "utf-8"), ("comma", "utf-16")])
def test_every_marker_is_a_row_to_the_frame(case: Case, separator: str, encoding: str) -> None:
    options = {**case.options, "separator": separator, "encoding": encoding}
    exported = exporter.render(case.material, "premiere_markers", options)
    assert exported.report.problems == ()
    timeline = case.timeline
    base = timeline.timebase
    day = labels_a_day(base.nominal, drop_frame=base.drop_frame)
    rows = read(exported.content, {"tab": "\t", "comma": ","}[separator], encoding)
    for row, marker in zip(rows, timeline.markers, strict=True):
        assert row[:2] == [f"'{marker.name}" if marker.name.startswith("=") else marker.name, marker.note]
        start, end, length = (frame_of(label, base.nominal) for label in row[2:5])
        assert start == (timeline.start_frame + marker.start) % day
        assert (end - start) % day == length == marker.frames
        assert all((";" in label) is base.drop_frame and not {":", ";"} <= set(label) for label in row[2:5])
        assert row[5] == "Comment"


def test_what_a_spreadsheet_would_run_gets_an_apostrophe() -> None:
    transcript = make_transcript(("S1", 0, 1, "=SUM(A1)"), names=("@Ann",))
    assert read(exporter.render(transcript, "premiere_markers").content)[0][:2] == ["'@Ann", "'=SUM(A1)"]
    as_is = exporter.render(transcript, "premiere_markers", {"formulas": "as_is"}).content
    assert read(as_is)[0][:2] == ["@Ann", "=SUM(A1)"]


def test_midnight_is_warned_of() -> None:
    case = Case("25", "over 24 hours")
    warnings = exporter.render(case.material, "premiere_markers", case.options).report.warnings
    assert any("past 24 hours" in warning for warning in warnings)


def test_quotes_and_commas_survive() -> None:
    transcript = make_transcript(("S1", 0, 1, 'He said "no, no"'), names=("Ann, Dr.",))
    exported = exporter.render(transcript, "premiere_markers", {"separator": "comma"})
    assert read(exported.content, ",")[0][:2] == ["Ann, Dr.", 'He said "no, no"']


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [("\tComment", "", "5 columns"), ("01:00:03:18", "later", "no timecode"), ("Marker Name", "Name", "names of its")],
)
def test_the_check_finds_what_is_wrong(before: str, after: str, told: str) -> None:
    transcript = conversation()
    text = exporter.render(replace(transcript), "premiere_markers").content.decode()
    broken = text.replace(before, after, 1).encode()
    assert any(told in problem for problem in table(io.BytesIO(broken), Material.of(transcript)))
