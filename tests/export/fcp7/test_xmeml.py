"""What Final Cut Pro 7 XML has to say besides clips: colours, points, paths, and what its check finds."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.editors.fcp7.checking import structure
from audapolis.export.formats.xmeml import Xmeml, XmemlOptions
from audapolis.export.timeline.building import TimelineOptions, build
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.builders import conversation, make_transcript
from tests.export.editors.cases import PARTS, Case
from tests.export.fcp7.reading import read
from tests.export.timeline.builders import Part, cut, source, video

exporter = AdvancedExporter()
CASE = Case("25", "mixed rates")


def content_of(case: Case = CASE) -> str:
    return exporter.render(case.material, "xmeml", case.options).content.decode()


def problems(text: str) -> list[str]:
    return list(structure(io.BytesIO(text.encode()), CASE.material))


def test_doubtful_segments_have_red_markers_and_speakers_colours_of_their_own() -> None:
    transcript = conversation()
    doubtful = replace(transcript.segments[2], confidence=0.2)
    transcript = replace(transcript, segments=(*transcript.segments[:2], doubtful, *transcript.segments[3:]))
    sequence = read(exporter.render(transcript, "xmeml").content)
    red, blue = "4281740498", "4294741314"
    assert [m.colour for m in sequence.markers] == [blue, blue, red, "", blue]
    assert {item.label for item in sequence.items("audio") if item.name.startswith("Anna")} == {"Cerulean"}
    assert {item.label for item in sequence.items("audio") if item.name.startswith("Bob")} == {"Forest"}


def test_a_marker_of_one_frame_is_a_point() -> None:
    transcript = make_transcript(("S1", 1.0, 1.001, "Ah."), video=video("25"))
    content = exporter.render(transcript, "xmeml").content
    assert [m.frames for m in read(content).markers] == [1]
    assert b"<out>-1</out>" in content


def test_recordings_with_more_than_two_channels_get_a_track_for_each() -> None:
    material = cut(PARTS, [source("a.mov", picture=video("25"), channels=4)])
    sequence = read(exporter.render(material, "xmeml").content)
    speakers = len({part.speaker for part in PARTS})
    assert sum(track.kind == "audio" for track in sequence.tracks) == 4 * speakers
    assert [len(sequence.items("audio", channel)) for channel in (1, 2, 3, 4)] == [4] * 4


def test_rates_that_the_format_cannot_name_are_warned_of() -> None:
    exported = exporter.render(cut(PARTS, [source("a.mov")]), "xmeml", {"rate": "12.5"})
    assert any("no 12.5 frames a second" in warning for warning in exported.report.warnings)
    assert not any(
        "frames a second" in w for w in exporter.render(CASE.material, "xmeml", CASE.options).report.warnings
    )


def test_nothing_at_all_is_a_sequence_too() -> None:
    sequence = read(exporter.render(make_transcript(duration_s=0.0), "xmeml").content)
    assert (sequence.frames, sequence.tracks, sequence.markers) == (0, (), ())


@pytest.mark.parametrize(
    ("pattern", "instead", "told"),
    [
        (r"<end>\d+", "<end>0", "stands on another clip"),
        (r"<out>\d+", "<out>999999", "plays frames"),
        (r"<linkclipref>\S+?<", "<linkclipref>nobody<", "which is not there"),
        (r'id="clipitem-2-a1"', 'id="clipitem-1-a1"', "stands there twice"),
        (r"<clipindex>1<", "<clipindex>7<", "which is not there"),
        (r"(?s)<link>.*?</link>", "", "not linked to itself"),
        (r"(?s)<marker>(.*?)<in>\d+<", r"<marker>\1<in>-5<", "A marker on"),
        (r"<duration>\d+<", "<duration>1<", "of a sequence of 1"),
        (r'(?s)<file id="file-1">.*?</file>', '<file id="file-1"/>', "before it is described"),
        (r"</xmeml>", "", "It is not XML"),
        (r"(?s)<sequence .*</sequence>", "", "no sequence"),
    ],
)
def test_the_check_finds_what_is_wrong(pattern: str, instead: str, told: str) -> None:
    text = content_of()
    assert problems(text) == []
    broken, count = re.subn(pattern, instead, text, count=1)
    assert count == 1
    assert any(told in problem for problem in problems(broken))


@settings(max_examples=40, deadline=None)
@given(names=st.lists(st.text(max_size=12), min_size=1, max_size=3), text=st.text(max_size=30))
def test_any_name_and_text_survives_as_far_as_xml_can_hold_it(names: list[str], text: str) -> None:
    parts = [Part("a.mov", n * 2.0, 1.0, f"x{text}", name) for n, name in enumerate(names)]
    timeline = build(cut(parts, [source("a.mov", picture=video("25"))]), TimelineOptions())
    content = Xmeml(XmemlOptions()).file(timeline)
    sequence = read(content)
    assert [item.name for item in sequence.items("audio")] == [c.speaker or "a.mov" for c in timeline.clips]
    assert [m.comment for m in sequence.markers] == [m.note for m in timeline.markers]
    assert list(structure(io.BytesIO(content), CASE.material)) == []
    assert etree.fromstring(content) is not None
