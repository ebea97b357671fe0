"""Timelines for editors, read back by others."""

from __future__ import annotations

import json
import os
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import opentimelineio as otio
import pytest
from audapolis.domain.recording import Recording
from audapolis.domain.timecode import Timebase, timebase_of
from audapolis.errors import InvalidDocument, UnknownName, UnsupportedMedia
from audapolis.export import desktop_timeline
from audapolis.export.desktop_timeline import ADAPTERS, convert
from hypothesis import given, settings
from hypothesis import strategies as st

Item = dict[str, Any]


def item(
    speaker: str, start_s: float, length_s: float, *, video: bool = False, source: str = "media/a b&ü.wav"
) -> Item:
    return {
        "speaker": speaker,
        "source_file": source,
        "source_length": 60.0,
        "has_video": video,
        "source_start": start_s,
        "length": length_s,
    }


AUDIO = [item("Ann", 1.0, 2.0), item("Bob <1>", 10.0, 0.5), item("Ann", 20.0, 1.5)]
VIDEO = [
    item("Ann", 1.0, 2.0, video=True, source="v.mp4"),
    item("Bob", 0, 1),
    item("Ann", 3.0, 1.0, video=True, source="v.mp4"),
]
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
items = st.builds(
    item,
    texts,
    st.floats(0, 5000).map(lambda v: round(v, 6)),
    st.floats(0, 30),
    video=st.booleans(),
    source=st.sampled_from(["media/a", "media/b", "/abs/ü &.mov"]),
)
timebases = st.sampled_from(
    [timebase_of(r) for r in ("25", "23.976", "29.97", "30", "59.94")] + [timebase_of("29.97", drop_frame=True)]
)


@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=40, deadline=None)
@given(st.lists(items, max_size=12), timebases, texts)
def test_no_timeline_makes_a_writer_fail(adapter: str, cuts: list[Item], timebase: Timebase, name: str) -> None:
    first = convert(name, adapter, cuts, timebase=timebase)
    assert convert(name, adapter, cuts, timebase=timebase) == first
    assert first[1] == ADAPTERS[adapter].extension


def in_micros(seconds: Fraction) -> Fraction:
    """The whole microsecond nearest to a time: so exact are clips."""
    return Fraction(round(seconds * 10**6), 10**6)


@settings(max_examples=40)
@given(st.lists(items, max_size=40), timebases)
def test_opentimelineio_reads_every_boundary_to_the_frame(cuts: list[Item], timebase: Timebase) -> None:
    content, _ = convert("x", "otio_json", cuts, timebase=timebase)
    timeline = otio.adapters.read_from_string(content.decode(), "otio_json")
    total = sum((Fraction(cut["length"]) for cut in cuts), Fraction(0))
    starts = sorted(
        round(clip.range_in_parent().start_time.value)
        for track in timeline.audio_tracks()
        for clip in track.find_clips()
    )
    expected, position = [], Fraction(0)
    for cut in cuts:
        start, position = timebase.frames(in_micros(position)), position + Fraction(cut["length"])
        if timebase.frames(in_micros(position)) > start:
            expected.append(start)
    assert starts == expected
    for track in timeline.tracks:
        assert track.duration().value == timebase.frames(in_micros(total))
        for clip in track.find_clips():
            assert clip.available_range().contains(clip.source_range.start_time)
            assert clip.source_range.end_time_exclusive() <= clip.available_range().end_time_exclusive()


def without_colour(record: Item) -> Item:
    """OpenTimelineIO 0.18 added a colour to everything; earlier versions don't know it."""
    return {key: value for key, value in record.items() if key != "color"}


def test_tracks_belong_to_speakers() -> None:
    content, extension = convert("Talk", "otio_json", VIDEO)
    timeline = otio.adapters.read_from_string(content.decode(), "otio_json")
    assert extension == "otio"
    assert timeline.name == "Talk"
    assert [(track.name, track.kind) for track in timeline.tracks] == [
        ("Ann video", "Video"),
        ("Ann audio", "Audio"),
        ("Bob audio", "Audio"),
    ]
    ann = timeline.tracks[1]
    assert [(type(i).__name__, i.duration().value) for i in ann] == [("Clip", 60), ("Gap", 30), ("Clip", 30)]
    assert ann[0].media_reference.target_url == "v.mp4"
    again = json.loads(otio.adapters.write_to_string(timeline, "otio_json"), object_hook=without_colour)
    assert again == json.loads(content)


@pytest.mark.parametrize("cuts", [AUDIO, VIDEO], ids=["audio", "video"])
def test_opentimelineio_reads_the_fcp_xml_as_the_same_clips(cuts: list[Item]) -> None:
    timeline = otio.adapters.read_from_string(convert("Talk", "fcp_xml", cuts)[0].decode(), "fcp_xml")
    found = sorted(
        (clip.range_in_parent().start_time.value, clip.source_range.start_time.value, clip.duration().value, clip.name)
        for track in timeline.audio_tracks()
        for clip in track.find_clips()
    )
    expected, position = [], 0
    for cut in cuts:
        expected.append((position, cut["source_start"] * 30, cut["length"] * 30, cut["speaker"]))
        position += round(cut["length"] * 30)
    assert found == expected


@settings(max_examples=40)
@given(st.lists(items, min_size=1, max_size=12), timebases)
def test_fcp_xml_keeps_its_structure(cuts: list[Item], timebase: Timebase) -> None:
    tree = ET.fromstring(convert("x", "fcp_xml", cuts, timebase=timebase)[0])
    (sequence,) = tree.iter("sequence")
    clips = {clip.attrib["id"]: clip for clip in sequence.iter("clipitem")}
    assert len(clips) == sum(1 for _ in sequence.iter("clipitem"))
    files = [file for file in tree.iter("file") if len(file)]
    assert len({file.attrib["id"] for file in files}) == len(files)
    assert {file.attrib["id"] for file in tree.iter("file")} == {file.attrib["id"] for file in files}
    for clip in clips.values():
        number = {key: int(clip.findtext(key, "")) for key in ("start", "end", "in", "out", "duration")}
        assert 0 <= number["in"] < number["out"] <= number["duration"]
        assert number["end"] - number["start"] == number["out"] - number["in"]
        for link in clip.findall("link"):
            other = clips[link.findtext("linkclipref", "")]
            assert clip.attrib["id"] in [back.findtext("linkclipref") for back in other.findall("link")]
            kind = link.findtext("mediatype", "")
            tracks = sequence.findall(f"./media/{kind}/track")
            track = tracks[int(link.findtext("trackindex", "")) - 1]
            assert track.findall("clipitem")[int(link.findtext("clipindex", "")) - 1] is other


def seconds(text: str) -> Fraction:
    assert text.endswith("s")
    return Fraction(text[:-1])


@settings(max_examples=40)
@given(st.lists(items, min_size=1, max_size=12), timebases)
def test_fcpxml_times_are_whole_frames_and_the_spine_has_no_gaps(cuts: list[Item], timebase: Timebase) -> None:
    tree = ET.fromstring(convert("x", "fcpx_xml", cuts, timebase=timebase)[0])
    assets = {asset.attrib["id"]: asset for asset in tree.iter("asset")}
    (sequence,) = tree.iter("sequence")
    (spine,) = tree.iter("spine")
    begin = position = seconds(sequence.attrib["tcStart"])
    for clip in spine:
        offset, start, duration = (seconds(clip.attrib[key]) for key in ("offset", "start", "duration"))
        for time in (offset, start, duration):
            assert (time * timebase.rate).denominator == 1
        assert offset == position
        asset = assets[clip.attrib["ref"]]
        assert start + duration <= seconds(asset.attrib["start"]) + seconds(asset.attrib["duration"])
        position += duration
    assert seconds(sequence.attrib["duration"]) == position - begin
    assert sequence.attrib["tcFormat"] == ("DF" if timebase.drop_frame else "NDF")


def test_edl_events_are_read_back() -> None:
    content, extension = convert("Talk", "cmx_3600", [{**cut, "has_video": True} for cut in AUDIO])
    assert extension == "edl"
    timeline = otio.adapters.read_from_string(content.decode(), "cmx_3600", rate=30)
    clips = list(timeline.video_tracks()[0].find_clips())
    assert [(c.source_range.start_time.value, c.duration().value) for c in clips] == [(30, 60), (300, 15), (600, 45)]


def test_edl_looks_as_editors_expect() -> None:
    lines = convert("Talk", "cmx_3600", AUDIO[:1])[0].decode().split("\r\n")
    assert lines == [
        "TITLE: Talk",
        "FCM: NON-DROP FRAME",
        "",
        "001  A_BU     A     C        00:00:01:00 00:00:03:00 01:00:00:00 01:00:02:00",
        "* FROM CLIP NAME: a b&ü.wav",
        "* SOURCE FILE: media/a b&ü.wav",
        "* COMMENT: SPEAKER Ann",
        "",
    ]


def test_many_short_cuts_do_not_drift() -> None:
    cuts = [item("A", 0.0, 0.1001) for _ in range(3_000)]
    timeline = json.loads(convert("x", "otio_json", cuts)[0])
    frames = sum(c["source_range"]["duration"]["value"] for c in timeline["tracks"]["children"][0]["children"])
    assert frames == round(300.3 * 30)


def test_adapters_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'fcp_xml'"):
        convert("x", "fcp_xm", AUDIO)


@pytest.mark.parametrize("adapter", ["AAF", "aaf", "fcpx_xml", "xges", "kdenlive", "mlt", "ale"])
@pytest.mark.parametrize("cuts", [AUDIO, VIDEO, []], ids=["audio", "video", "nothing"])
def test_adapters_that_failed_upstream_answer(adapter: str, cuts: list[Item]) -> None:
    content, extension = convert("Talk", adapter, cuts)
    assert content
    assert extension == ADAPTERS[adapter].extension


def test_aaf_is_opened_by_opentimelineio(tmp_path: Path) -> None:
    path = tmp_path / "talk.aaf"
    path.write_bytes(convert("Talk", "AAF", AUDIO)[0])
    timeline = otio.adapters.read_from_file(str(path))
    clips = sorted(
        (round(clip.range_in_parent().start_time.value), round(clip.duration().value))
        for track in timeline.audio_tracks()
        for clip in track.find_clips()
    )
    assert clips == [(0, 60), (60, 15), (75, 45)]


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """A second and a half at 25 frames a second, from 10:00:00:00 on."""
    path = tmp_path / "talk & ü.mov"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=s=64x48:r=25:d=1.5"]
    command += ["-f", "lavfi", "-i", "sine=d=1.5", "-timecode", "10:00:00:00", "-c:v", "mpeg4", str(path)]
    subprocess.run(command, check=True)
    return path


def test_recordings_on_this_machine_are_cut_at_their_own_rate(movie: Path) -> None:
    cuts = [item("Ann", 0.4, 0.6, video=True, source=str(movie)), item("Bob", 0.2, 0.2, video=True, source=str(movie))]
    timeline = otio.adapters.read_from_string(convert("Talk", "otio_json", cuts)[0].decode(), "otio_json")
    clips = list(timeline.video_tracks()[0].find_clips()) + list(timeline.video_tracks()[1].find_clips())
    found = [(c.source_range.start_time.value, c.source_range.start_time.rate, c.duration().value) for c in clips]
    assert found == [(900_010, 25, 15), (900_005, 25, 5)]
    assert otio.url_utils.filepath_from_url(clips[0].media_reference.target_url) == str(movie)
    events = convert("Talk", "cmx_3600", cuts)[0].decode()
    assert "10:00:00:10 10:00:01:00 01:00:00:00 01:00:00:15" in events


def test_each_recording_is_looked_into_once_and_only_files_are(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = desktop_timeline.examined

    def counting(path: Path, name: str) -> Recording:
        seen.append(str(path))
        return real(path, name)

    monkeypatch.setattr(desktop_timeline, "examined", counting)
    monkeypatch.chdir(movie.parent)
    pipe = movie.parent / "pipe"
    os.mkfifo(pipe)
    others = [movie.name, f"file://{movie}", "http://127.0.0.1/x.mov", str(pipe), str(movie.parent), "a\0b", ""]
    cuts = [item("Ann", 0, 1, video=True, source=source) for source in [str(movie), str(movie), *others]]
    convert("Talk", "otio_json", cuts)
    assert seen == [str(movie)]


def test_no_request_makes_this_machine_look_into_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []
    cuts = []
    for number in range(2 * desktop_timeline.MAX_EXAMINED):
        path = tmp_path / f"{number}.txt"
        path.write_text("no recording")
        cuts.append(item("Ann", 0, 1, source=str(path)))

    def refusing(path: Path, _name: str) -> Recording:
        seen.append(path)
        raise UnsupportedMedia("Not a recording.")

    monkeypatch.setattr(desktop_timeline, "examined", refusing)
    assert convert("Talk", "cmx_3600", cuts)[0].count(b" C        ") == len(cuts)
    assert len(seen) == desktop_timeline.MAX_EXAMINED


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"length": -1}, "items.0.length"),
        ({"length": float("nan")}, "items.0.length"),
        ({"source_start": "soon"}, "items.0.source_start"),
        ({"source_length": 1e300}, "items.0.source_length"),
        ({"speaker": None}, "items.0.speaker"),
    ],
)
def test_wrong_items_are_refused_with_their_place(change: Item, place: str) -> None:
    with pytest.raises(InvalidDocument, match=place):
        convert("x", "otio_json", [{**AUDIO[0], **change}])
