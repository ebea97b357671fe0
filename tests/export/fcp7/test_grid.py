"""Rates that Final Cut Pro 7 XML can't say: what is written instead lies at the same times."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.recording import VideoFacts
from audapolis.export.editors.fcp7.grid import conformed, nearest
from audapolis.export.timeline.building import TimelineOptions, build
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.editors.cases import PARTS, Case
from tests.export.fcp7.reading import read
from tests.export.timeline.builders import Part, cut, source

exporter = AdvancedExporter()
ODD = ("12.5", "10000001/400000", "14000/469", "15.36", "1/2")


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        ("25", "25"),
        ("30000/1001", "30000/1001"),
        ("10000001/400000", "25"),
        ("2996/100", "30000/1001"),
        ("25/2", "25"),
        ("1/2", "1"),
        ("15.36", "15"),
        ("1/7", "1"),
    ],
)
def test_a_multiple_or_the_nearest_rate_is_written(rate: str, written: str) -> None:
    assert nearest(Fraction(rate)) == Fraction(written)


@pytest.mark.parametrize("rate", ODD)
@pytest.mark.parametrize("other", ["25", "15.36"])
def test_every_edge_stays_within_a_frame_of_its_time(rate: str, other: str) -> None:
    sources = [source(n, picture=VideoFacts(r, None, False, 640, 480)) for n, r in (("a.mov", rate), ("b.mov", other))]
    material = cut([*PARTS, Part("b.mov", 1.1, 3.3, "Other.", "Ann")], sources)
    exported = exporter.render(material, "xmeml")
    assert exported.report.problems == ()
    assert any("knows no" in warning for warning in exported.report.warnings)
    timeline, sequence = build(material, TimelineOptions()), read(exported.content)
    frame_s = 1 / sequence.rate + timeline.timebase.frame_s
    found = {item.note: item for item in sequence.items("video") if item.note}
    said = [clip for clip in timeline.clips if clip.media and clip.text in found]
    assert len(said) == len(found) >= 3
    for clip in said:
        assert clip.media
        item, own = found[clip.text], clip.media.timebase
        assert abs(item.start / sequence.rate - timeline.timebase.seconds(clip.start)) <= frame_s
        assert abs(item.end / sequence.rate - timeline.timebase.seconds(clip.end)) <= frame_s
        assert abs(item.first / item.rate - own.seconds(clip.source_start)) <= 1 / item.rate
    for mark, marker in zip(sequence.markers, timeline.markers, strict=True):
        assert abs(mark.start / sequence.rate - timeline.timebase.seconds(marker.start)) <= 1 / sequence.rate


def test_what_the_format_can_say_is_left_alone() -> None:
    timeline = Case("29.97 DF", "mixed rates").timeline
    assert conformed(timeline) is timeline


@settings(max_examples=40, deadline=None)
@given(rate=st.fractions(Fraction(1, 2), 300, max_denominator=5000), shift=st.integers(0, 10**6))
def test_no_rate_tears_the_timeline_apart(rate: Fraction, shift: int) -> None:
    parts = [replace(part, start_s=part.start_s + shift / 10**4) for part in PARTS]
    material = cut(parts, [source("a.mov", picture=VideoFacts(str(rate), None, False, 640, 480))])
    timeline = conformed(build(material, TimelineOptions()))
    reached = 0
    for clip in timeline.clips:
        assert clip.start == reached < clip.end
        reached = clip.end
        assert clip.media is None or 0 <= clip.source_start < clip.source_end <= clip.media.frames
