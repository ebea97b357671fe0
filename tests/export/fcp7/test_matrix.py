"""Every rate with every kind of content through Final Cut Pro 7 XML: a reader of our own, and OpenTimelineIO's."""

from __future__ import annotations

from fractions import Fraction

import opentimelineio as otio
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.timeline.model import Timeline

from tests.export.editors.cases import CASES, Case
from tests.export.fcp7.reading import Item, Sequence, read

exporter = AdvancedExporter()
matrix = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rate}, {case.kind}")


def written(case: Case, **options: str) -> bytes:
    exported = exporter.render(case.material, "xmeml", {**case.options, **options})
    assert exported.report.problems == ()
    return exported.content


def heard(timeline: Timeline) -> list[tuple[int, int, int, int, str, str, str]]:
    """What every first channel plays: frames of the sequence, of the recording, who, what and from where."""
    return [
        (c.start, c.end, c.source_start, c.source_end, c.speaker, c.text, c.media.location)
        for c in timeline.clips
        if c.media
    ]


@matrix
@pytest.mark.parametrize("tracks", ["speakers", "single"])
def test_our_reader_finds_every_clip_file_and_marker_to_the_frame(case: Case, tracks: str) -> None:
    timeline, sequence = case.timeline, read(written(case, tracks=tracks))
    base = timeline.timebase
    assert (sequence.rate, sequence.frames, sequence.start_frame) == (base.rate, timeline.frames, timeline.start_frame)
    assert (sequence.drop_frame, sequence.name, sequence.size) == (base.drop_frame, timeline.name, timeline.size)
    first = next(kind for kind in ("video", "audio") if sequence.items(kind))
    notes = {item.start: item.note for kind in ("video", "audio") for item in sequence.items(kind) if item.note}
    found = [
        (i.start, i.end, i.first, i.last, i.name, notes.get(i.start, ""), sequence.files[i.file].location)
        for i in sequence.items("audio")
    ]
    assert found == heard(timeline)
    shown = [c.start for c in timeline.clips if c.media and c.media.has_video]
    assert [item.start for item in sequence.items("video")] == shown
    assert first == ("video" if shown else "audio")
    assert [(m.start, m.frames, m.name, m.comment) for m in sequence.markers] == [
        (m.start, m.frames, m.name, m.note) for m in timeline.markers
    ]
    assert_files(sequence, timeline)


def assert_files(sequence: Sequence, timeline: Timeline) -> None:
    for found, medium in zip(sequence.files.values(), timeline.media, strict=True):
        assert (found.name, found.location) == (medium.name, medium.location)
        assert (found.rate, found.frames, found.start_frame) == (
            medium.timebase.rate,
            medium.frames,
            medium.start_frame,
        )
        assert (found.drop_frame, found.has_video) == (medium.timebase.drop_frame, medium.has_video)
        assert (found.channels, found.sample_rate_hz) == (medium.channels, medium.sample_rate_hz)
    assert sorted(sequence.masters.values()) == sorted(sequence.files)


@matrix
def test_tracks_are_exploded_and_links_go_both_ways(case: Case) -> None:
    sequence = read(written(case))
    items = {item.id: item for track in sequence.tracks for item in track.items}
    assert len(items) == sum(len(track.items) for track in sequence.tracks)
    for track in sequence.tracks:
        assert len({item.name for item in track.items}) == 1
        assert track.name == track.items[0].name
        if track.kind == "audio":
            assert track.exploded[1] == max(sequence.files[item.file].channels for item in track.items)
            assert {item.channel for item in track.items} == {track.exploded[0] + 1}
            assert track.output == track.exploded[0] % 2 + 1
    for item in items.values():
        assert_linked(item, items, sequence)


def assert_linked(item: Item, items: dict[str, Item], sequence: Sequence) -> None:
    file = sequence.files[item.file]
    assert 0 <= item.first < item.last <= item.duration == file.frames
    assert item.rate == file.rate
    expected = file.channels + file.has_video
    assert len(item.links) == (expected if expected > 1 else 0)
    for name, kind, track, place in item.links:
        other = items[name]
        assert (other.kind, other.track, other.place) == (kind, track, place)
        assert other.links == item.links
        assert (other.start, other.end, other.first, other.last, other.file) == (
            item.start,
            item.end,
            item.first,
            item.last,
            item.file,
        )


@matrix
def test_markers_on_clips_count_in_the_recording(case: Case) -> None:
    timeline, sequence = case.timeline, read(written(case, markers_on="clips"))
    assert sequence.markers == ()
    base = timeline.timebase.rate
    found = sorted(
        (item.start / base + (mark.start - item.first) / item.rate, mark.comment, item.rate)
        for track in sequence.tracks
        for item in track.items
        for mark in item.markers
    )
    expected = sorted((m.start / base, m.note) for m in timeline.markers if silent_at(timeline, m.start) is False)
    assert len(found) == len(expected)
    for (place_s, text, rate), (wanted_s, wanted) in zip(found, expected, strict=True):
        assert text == wanted
        assert abs(place_s - wanted_s) <= (0 if rate == base else Fraction(1, 2) / rate)


def silent_at(timeline: Timeline, frame: int) -> bool | None:
    return next((clip.media is None for clip in timeline.clips if clip.start <= frame < clip.end), None)


@matrix
def test_opentimelineio_reads_the_same(case: Case) -> None:
    timeline = case.timeline
    rate = float(timeline.timebase.rate)
    read_back = otio.adapters.read_from_string(written(case, tracks="single").decode(), "fcp_xml")
    (found,) = read_back if isinstance(read_back, otio.schema.SerializableCollection) else [read_back]
    assert found.name == timeline.name
    assert found.global_start_time.rescaled_to(rate).value == timeline.start_frame
    clips = list(found.audio_tracks()[0].find_clips())
    expected = [clip for clip in timeline.clips if clip.media]
    assert len(clips) == len(expected)
    for clip, wanted in zip(clips, expected, strict=True):
        medium = wanted.media
        assert medium
        assert clip.name == wanted.speaker
        place = clip.range_in_parent().start_time.rescaled_to(rate).value
        assert round(place, 6) == wanted.start
        own = float(medium.timebase.rate)
        start = clip.source_range.start_time.rescaled_to(own).value
        assert round(start, 4) == medium.start_frame + wanted.source_start
        assert clip.media_reference.name == medium.name
    marks = [(m.marked_range.start_time.value, m.comment) for m in found.tracks.markers]
    assert [place for place, _ in marks] == [m.start for m in timeline.markers]
