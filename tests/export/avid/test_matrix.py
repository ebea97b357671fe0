"""Every rate with every kind of content through Avid's formats, read back by readers that share no code with them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote

import opentimelineio as otio
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.export.timeline.model import Clip, Timeline

from tests.export.avid.reading import ReadAaf, frame_of, read_aaf, read_ale, read_markers, read_subcap
from tests.export.editors.cases import CASES, Case

exporter = AdvancedExporter()
matrix = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rate}, {case.kind}")


def written(case: Case, format_id: str, **options: str) -> bytes:
    exported = exporter.render(case.material, format_id, {**case.options, **options})
    assert exported.report.problems == ()
    return exported.content


def played(timeline: Timeline, speaker: str | None, channel: int) -> list[Clip]:
    """The clips of a track: of a speaker, or with None the picture."""
    return [
        clip
        for clip in timeline.clips
        if clip.media
        and (clip.media.has_video if speaker is None else clip.speaker == speaker and channel < clip.media.channels)
    ]


def tracks(timeline: Timeline) -> list[tuple[str | None, int]]:
    """What has to be there: the picture, then each speaker's channels."""
    widths = dict.fromkeys(timeline.speakers, 1)
    for clip in timeline.clips:
        if clip.media:
            widths[clip.speaker] = max(widths[clip.speaker], clip.media.channels)
    sounds = [(speaker, channel) for speaker, width in widths.items() for channel in range(width)]
    return [*([(None, 0)] if timeline.has_video else []), *sounds]


@matrix
def test_pyaaf2_and_opentimelineio_read_every_clip_marker_and_timecode_to_the_frame(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "cut.aaf"
    path.write_bytes(written(case, "aaf"))
    assert_pyaaf2_reads(path, case.timeline)
    assert_opentimelineio_reads(path, case.timeline)


def assert_pyaaf2_reads(path: Path, timeline: Timeline) -> None:
    read = read_aaf(path)
    timebase = timeline.timebase
    assert read.name == timeline.name
    assert read.timecode == (timeline.start_frame, timebase.nominal, timebase.drop_frame)
    assert (read.length, read.rate) == (timeline.frames, timebase.rate)
    assert len(read.tracks) == len(tracks(timeline))
    for track, (speaker, channel) in zip(read.tracks, tracks(timeline), strict=True):
        assert track.kind == ("Picture" if speaker is None else "Sound")
        assert speaker is None or track.name.startswith(speaker)
        assert track.parts == track.length == timeline.frames
        clips = played(timeline, speaker, channel)
        assert [(c.start, c.length, c.media) for c in track.clips] == [
            (c.start, c.frames, c.media.name) for c in clips if c.media
        ]
        for found, clip in zip(track.clips, clips, strict=True):
            assert_source(found, clip, timeline)
    assert_markers(read, timeline)
    used = len(timeline.media)
    assert read.mobs == {"CompositionMob": 1, "MasterMob": used, "SourceMob": 2 * used}


def assert_source(found, clip: Clip, timeline: Timeline) -> None:  # noqa: ANN001
    medium = clip.media
    assert medium
    own, rate = medium.timebase, timeline.timebase.rate
    assert found.source_timecode == (medium.start_frame, own.nominal, own.drop_frame)
    assert (found.source_rate, found.source_length) == (own.rate, medium.frames)
    assert unquote(found.url) == (medium.name if medium.offline else f"file://{medium.location}")
    assert found.label.startswith(clip.speaker[:60])
    off = abs(found.source_start / rate - clip.source_start / own.rate)
    assert off <= (0 if own.rate == rate else Fraction(1, 2) / rate)


def assert_markers(read: ReadAaf, timeline: Timeline) -> None:
    rate = timeline.timebase.rate
    found = sorted((m.position, m.length, m.user, m.comment) for m in read.markers)
    assert found == sorted((m.start, m.frames, m.speaker, m.note) for m in timeline.markers)
    seconds = sorted(Fraction(segment.start_s).limit_denominator(10**6) for segment in timeline.transcript.segments)
    assert [m[0] for m in found] == [int(s * rate + Fraction(1, 2)) for s in seconds]
    slots = {track.slot for track in read.tracks}
    for marker in read.markers:
        assert marker.slot in slots
        assert marker.attributes["_ATN_CRM_COM"] == marker.comment
        assert marker.attributes.get("_ATN_CRM_LENGTH", 1) == marker.length


def assert_opentimelineio_reads(path: Path, timeline: Timeline) -> None:
    rate = float(timeline.timebase.rate)
    read = otio.adapters.read_from_file(str(path), "AAF")
    assert read.global_start_time == otio.opentime.RationalTime(timeline.start_frame, rate)
    found = [track for track in read.tracks if track.kind in ("Video", "Audio")]
    for track, (speaker, channel) in zip(found, tracks(timeline), strict=True):
        expected = played(timeline, speaker, channel)
        clips = list(track.find_clips())
        assert len(clips) == len(expected)
        for clip, wanted in zip(clips, expected, strict=True):
            place = clip.range_in_parent()
            assert (round(place.start_time.rescaled_to(rate).value, 6), clip.duration().rescaled_to(rate).value) == (
                wanted.start,
                wanted.frames,
            )
            medium = wanted.media
            assert medium
            assert clip.name == medium.name
            own = medium.timebase.rate
            source_s = Fraction(medium.start_frame) / own + Fraction(wanted.source_start) / own
            off = abs(clip.source_range.start_time.to_seconds() - float(source_s))
            assert off <= (1e-6 if own == timeline.timebase.rate else 0.5 / rate + 1e-6)
            url = unquote(clip.media_reference.target_url)
            assert url.endswith(medium.name if medium.offline else f"://{medium.location}")
    markers = [
        (round(item.transformed_time(marker.marked_range.start_time, read.tracks).rescaled_to(rate).value, 4), marker)
        for item in [read.tracks, *read.tracks.find_children()]
        for marker in getattr(item, "markers", [])
    ]
    assert sorted((place, marker.name) for place, marker in markers) == sorted(
        (marker.start, marker.note) for marker in timeline.markers
    )


@matrix
def test_marker_list(case: Case) -> None:
    timeline = case.timeline
    rate = timeline.timebase.rate
    lines = read_markers(written(case, "avid_markers"))
    day = frame_of("23:59:59" + (";" if timeline.timebase.drop_frame else ":") + "00", rate) + timeline.timebase.nominal
    found = [(name, (frame_of(place, rate) - timeline.start_frame) % day, text) for name, place, _, _, text in lines]
    assert found == [(marker.speaker, marker.start % day, marker.note) for marker in timeline.markers]
    assert all((";" in place) is timeline.timebase.drop_frame for _, place, *_ in lines)


@matrix
def test_subcap(case: Case) -> None:
    timeline = case.timeline
    timebase = timeline.timebase
    captions = read_subcap(written(case, "avid_subcap"))
    words = " ".join(line for _, _, lines in captions for line in lines).split()
    assert sorted(words) == sorted(word for speech in timeline.speech for word in speech.text.split())
    last = -1
    for start, end, lines in captions:
        places = [frame_of(label, timebase.rate) for label in (start, end)]
        assert all(timebase.format(frame) == label for frame, label in zip(places, (start, end), strict=True))
        if case.kind != "over 24 hours":
            assert last <= places[0] < places[1]
            last = places[1]
        assert timebase.nominal != 24 or int(end[-2:]) not in {2, 7, 12, 17, 22, 27}
        assert 1 <= len(lines) <= 2


@matrix
@pytest.mark.parametrize("timecode", ["source", "sequence"])
def test_log(case: Case, timecode: str) -> None:
    timeline = case.timeline
    rate = timeline.timebase.rate
    facts, rows = read_ale(written(case, "ale", timecode=timecode))
    assert abs(float(facts["FPS"]) - float(rate)) < 0.005
    clips = [c for c in timeline.clips if c.media and (timecode == "sequence" or c.media.timebase.rate == rate)]
    assert len(rows) == len(clips)
    for row, clip in zip(rows, clips, strict=True):
        medium = clip.media
        assert medium
        if timecode == "source":
            timebase, first = medium.timebase, medium.start_frame
            wanted = [first + clip.source_start, first + clip.source_end]
        else:
            timebase = timeline.timebase
            wanted = [timeline.start_frame + clip.start, timeline.start_frame + clip.end]
        found = [frame_of(row[name], timebase.rate) for name in ("Start", "End")]
        assert found == [frame % timebase.frames_per_day for frame in wanted]
        assert (";" in row["Start"]) is timebase.drop_frame
        assert (row["Speaker"], row["Transcript"], row["Source File"]) == (clip.speaker, clip.text, medium.name)
        assert 0 < len(row["Name"]) <= 32


@matrix
def test_script(case: Case) -> None:
    timeline = case.timeline
    text = written(case, "avid_scriptsync", names="none").decode()
    assert sorted(text.split()) == sorted(word for speech in timeline.speech for word in speech.text.split())
