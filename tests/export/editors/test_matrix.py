"""Every rate with every kind of content through every writer, read back by readers that share no code with them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.timeline.model import Timeline

from tests.export.editors.cases import CASES, Case
from tests.export.editors.fake_resolve import FakeResolve, run
from tests.export.editors.readers import (
    Marked,
    Played,
    comment,
    frame_of,
    labels_a_day,
    read_edl,
    read_mlt,
    read_otio,
    read_resolve_markers,
    read_xges,
    rejoined,
)
from tests.export.timeline.builders import RATES

exporter = AdvancedExporter()
matrix = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rate}, {case.kind}")


def written(case: Case, format_id: str, **options: str) -> bytes:
    exported = exporter.render(case.material, format_id, {**case.options, **options})
    assert exported.report.problems == ()
    return exported.content


def expected(timeline: Timeline) -> list[Played]:
    return [
        Played(c.start, c.frames, c.media.name, c.source_start / c.media.timebase.rate, c.speaker)
        for c in timeline.clips
        if c.media
    ]


def spoken(timeline: Timeline) -> list[Marked]:
    return [Marked(s.start, s.end - s.start, s.text) for s in timeline.speech]


def nearest(seconds: Fraction, rate: Fraction) -> int:
    return int(seconds * rate + Fraction(1, 2))


@matrix
@pytest.mark.parametrize("profile", ["neutral", "premiere"])
def test_otio(case: Case, profile: str) -> None:
    timeline = case.timeline
    read = read_otio(written(case, "otio", profile=profile))
    assert read.start_frame == timeline.start_frame
    assert read.clips == expected(timeline)
    assert read.markers == spoken(timeline)


@matrix
def test_otio_as_resolve_reads_it(case: Case) -> None:
    timeline = case.timeline
    rate = timeline.timebase.rate
    read = read_otio(written(case, "otio", profile="resolve"), floor_by=float(rate))
    wanted = expected(timeline)
    assert [(c.start, c.frames, c.source, c.speaker) for c in read.clips] == [
        (c.start, c.frames, c.source, c.speaker) for c in wanted
    ]
    for found, clip in zip(read.clips, wanted, strict=True):
        assert abs(found.source_s - clip.source_s) <= (0 if case.kind != "mixed rates" else Fraction(1, 2) / rate)
    assert sorted((m.frames, m.text) for m in read.markers) == sorted((m.frames, m.text) for m in spoken(timeline))
    assert len({m.start for m in read.markers}) == len(timeline.speech)


@matrix
def test_edl(case: Case) -> None:
    timeline = case.timeline
    base = timeline.timebase
    drop_frame, events = read_edl(written(case, "edl"), base.nominal)
    assert drop_frame is base.drop_frame
    assert [e.number for e in events] == list(range(1, len(events) + 1))
    events = rejoined(events) if case.kind == "over 24 hours" else events
    for event, clip in zip(events, timeline.clips, strict=True):
        assert (event.record_in, event.record_out) == (
            timeline.start_frame + clip.start,
            timeline.start_frame + clip.end,
        )
        assert event.source_out - event.source_in == clip.frames
        if clip.media is None:
            assert event.reel == "BL"
            continue
        label = clip.media.timebase.format(clip.media.start_frame)
        if clip.media.timebase.rate == base.rate:
            assert event.source_in == frame_of(label, base.nominal) + clip.source_start
        else:
            same = label.replace(";", ":")[:8] + (";" if base.drop_frame else ":") + "00"
            into_s = clip.source_start / clip.media.timebase.rate
            assert event.source_in == frame_of(same, base.nominal) + nearest(into_s, base.rate)
        assert comment(event, "FROM CLIP NAME:") == " ".join(clip.media.name.split())
        assert comment(event, "COMMENT: SPEAKER") == clip.speaker
        assert ("V" in event.channels or event.channels == "B") is clip.media.has_video
    day = labels_a_day(base.nominal, drop_frame=base.drop_frame)
    locators = [locator for event in events for locator in event.locators]
    assert [frame for frame, _, _ in locators] == [(timeline.start_frame + s.start) % day for s in timeline.speech]
    assert [text.partition(": ")[2] for _, _, text in locators] == [s.text for s in timeline.speech]


@matrix
@pytest.mark.parametrize("text_as", ["name", "note"])
def test_resolve_markers(case: Case, text_as: str) -> None:
    timeline = case.timeline
    base = timeline.timebase
    read = read_resolve_markers(written(case, "resolve_markers", text_as=text_as), base.nominal)
    day = labels_a_day(base.nominal, drop_frame=base.drop_frame)
    moved = 0
    for (start, _, marker), speech in zip(read, timeline.speech, strict=True):
        moved += start != (timeline.start_frame + speech.start) % day
        assert marker.frames == speech.end - speech.start
        assert marker.text.endswith(" ".join(speech.text.replace("|", " ").split()))
    assert moved == (1 if case.kind == "overlap" else 0)


@matrix
def test_resolve_script(case: Case) -> None:
    timeline = case.timeline
    resolve = FakeResolve(rate=float(timeline.timebase.rate))
    made = run(written(case, "resolve_script").decode(), resolve, case.material)
    found = sorted((c.record, c.first, c.frames, " ".join(c.source.split()), c.track) for c in resolve.timeline.clips)
    tracks = {name: number for number, name in enumerate(timeline.speakers, start=1)}
    here = [c for c in timeline.clips if c.media and not c.media.offline]
    assert found == sorted(
        (c.start, c.source_start, c.source_frames, c.media.name, tracks[c.speaker]) for c in here if c.media
    )
    assert resolve.timeline.start_timecode == timeline.label(0)
    assert [note for _, _, _, note, _ in resolve.timeline.markers.values()] == [s.text for s in timeline.speech]
    assert made["markers"] == len(timeline.speech)
    assert made["captions"] >= len(timeline.speech) - 2
    assert len(resolve.timeline.markers) == len(timeline.speech)


@matrix
def test_kdenlive(case: Case) -> None:
    timeline = case.timeline
    rate, clips, markers = read_mlt(written(case, "kdenlive"))
    assert rate == timeline.timebase.rate
    locations = {m.name: m.location for m in timeline.media}
    for found, clip in zip(clips, expected(timeline), strict=True):
        assert (found.start, found.frames, found.speaker) == (clip.start, clip.frames, clip.speaker)
        assert found.source == locations[clip.source]
        assert found.source_s == Fraction(nearest(clip.source_s, rate)) / rate
    assert [m.frames for m in markers] == [s.end - s.start for s in timeline.speech]
    assert [m.text for m in markers] == [f"{s.speaker}: {s.text}" for s in timeline.speech]
    moved = sum(m.start != s.start for m, s in zip(markers, timeline.speech, strict=True))
    assert moved == (1 if case.kind == "overlap" else 0)


@matrix
def test_xges(case: Case) -> None:
    timeline = case.timeline
    rate, clips, markers = read_xges(written(case, "xges"))
    assert rate == timeline.timebase.rate
    for found, clip in zip(clips, [c for c in timeline.clips if c.media], strict=True):
        assert (found.start, found.frames, found.speaker) == (clip.start, clip.frames, clip.speaker)
        assert clip.media
        assert found.source.endswith(clip.media.location)
        assert int(found.source_s * clip.media.timebase.rate) == clip.source_start
    assert [int(Fraction(nanos, 10**9) * rate) for nanos, _ in markers] == [s.start for s in timeline.speech]
    assert [text for _, text in markers] == [f"{s.speaker}: {s.text}" for s in timeline.speech]


def test_the_matrix_is_whole() -> None:
    assert len(CASES) == len(RATES) * 7 == 56
