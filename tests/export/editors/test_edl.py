"""Edit lists in their details; `test_matrix` reads every kind of them back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import opentimelineio as otio
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.timecode import Timebase
from audapolis.export.edl.reels import reel_names
from audapolis.export.timeline.model import Media
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import VIDEO, make_transcript
from tests.export.editors.cases import PARTS, Case
from tests.export.editors.readers import comment, read_edl
from tests.export.timeline.builders import RATES, Part, cut, source, video
from tests.strategies import names

exporter = AdvancedExporter()
MEDIUM = Media(1, "", "", "", False, Timebase(Fraction(25)), 0, 1, Fraction(1), True, 0, 0, 48_000, 1)


@given(st.lists(names, min_size=1, max_size=30))
def test_reels_are_eight_plain_letters_and_no_two_alike(found: list[str]) -> None:
    media = [replace(MEDIUM, index=n, id=str(n), name=name) for n, name in enumerate(found, start=1)]
    reels = reel_names(media)
    assert len(set(reels.values())) == len(media)
    assert all(1 <= len(reel) <= 8 and reel.isascii() and reel == reel.upper() for reel in reels.values())
    assert not {"BL", "AX"} & set(reels.values())


def test_reels_come_from_file_names() -> None:
    wanted = {
        "Interview & Ünï #1.mov": "INTERVIE",
        "interview 2.mov": "INTERVI2",
        "bl.wav": "BL2",
        "مقابلة.wav": "REEL0004",
    }
    media = [replace(MEDIUM, index=n, id=name, name=name) for n, name in enumerate(wanted, start=1)]
    assert reel_names(media) == wanted


def test_an_edit_list_looks_as_editors_expect() -> None:
    transcript = make_transcript(("S1", 0.5, 2.0, "Hello | you."), names=("Ann",), name="Talk é.mov", video=VIDEO)
    content = exporter.render(transcript, "edl").content.decode()
    assert content.split("\r\n") == [
        "TITLE: Talk é",
        "FCM: DROP FRAME",
        "",
        "001  TALK_E   B     C        00:59:30;00 00:59:32;15 00:59:30;00 00:59:32;15",
        "* FROM CLIP NAME: Talk é.mov",
        "* SOURCE FILE: Talk é.mov",
        "* COMMENT: SPEAKER Ann",
        "* LOC: 00:59:30;15 BLUE    Ann: Hello | you.",
        "",
    ]
    plain = exporter.render(transcript, "edl", {"ascii": True}).content
    assert plain.isascii()
    assert b"TITLE: Talk e" in plain


def test_inserted_silence_is_black() -> None:
    sources = [source("a.mov", picture=video("25"))]
    _, events = read_edl(exporter.render(cut(PARTS, sources), "edl").content, 25)
    black = events[2]
    assert (black.reel, black.channels, black.source_in) == ("BL", "B", 0)
    assert {event.channels for event in events if event.reel != "BL"} == {"AA/V"}
    sound = exporter.render(cut(PARTS, [source("a.wav", channels=1)]), "edl").content
    assert {event.channels for event in read_edl(sound, 30)[1]} == {"A"}


def test_code_changes_are_announced() -> None:
    sources = [
        source("df.mov", picture=video("29.97 DF", "01:00:00:00")),
        source("ndf.mov", picture=video("29.97 NDF")),
    ]
    parts = [Part("df.mov", 60, 1, "a"), Part("ndf.mov", 60, 1, "b"), Part("df.mov", 90, 1, "c")]
    lines = exporter.render(cut(parts, sources), "edl").content.decode().split("\r\n")
    modes = [line for line in lines if line.startswith("FCM") or line[:1].isdigit()]
    kinds = [line if line.startswith("FCM") else line.split()[1] for line in modes]
    ndf, df = "FCM: NON-DROP FRAME", "FCM: DROP FRAME"
    assert kinds == [df, "DF", ndf, "NDF", df, "DF"]
    assert "01:00:59;28" in modes[1]
    assert "00:00:59:28" in modes[3]


@pytest.mark.parametrize("rate", list(RATES))
def test_the_cmx_reader_of_opentimelineio_agrees(rate: str) -> None:
    case = Case(rate, "video")
    timeline = case.timeline
    content = exporter.render(case.material, "edl", case.options).content.decode()
    read = otio.adapters.read_from_string(content, "cmx_3600", rate=float(timeline.timebase.rate))
    (track,) = read.video_tracks()
    found = [
        (round(clip.source_range.start_time.value), round(clip.duration().value), clip.name)
        for clip in track.find_clips()
        if clip.metadata["cmx_3600"]["reel"] != "BL"
    ]
    assert found == [
        (clip.media.start_frame + clip.source_start, clip.frames, clip.media.name)
        for clip in timeline.clips
        if clip.media
    ]
    assert sum(round(clip.duration().value) for clip in track.find_clips()) == timeline.frames


def test_long_lists_go_on_counting_and_say_so() -> None:
    parts = [Part("a.wav", n % 500, 1, f"w{n}", "Ann" if n % 2 else "Bob") for n in range(1200)]
    exported = exporter.render(cut(parts, [source("a.wav")]), "edl")
    _, events = read_edl(exported.content, 30)
    assert [event.number for event in events] == list(range(1, 1201))
    assert any("1200 events" in warning for warning in exported.report.warnings)
    assert exported.report.problems == ()


def test_other_rates_are_warned_of_and_named() -> None:
    case = Case("29.97 NDF", "mixed rates")
    warnings = exporter.render(case.material, "edl", case.options).report.warnings
    assert any("'b.mov' has another rate" in warning for warning in warnings)
    assert "An edit list doesn't say its rate: import this one at 29.97 frames a second." in warnings


def test_no_comment_breaks_out_of_its_line() -> None:
    material = cut([Part("a\r\nb.wav", 0, 1, "x\r\n001  HACK", "A\nB")], [source("a\r\nb.wav")])
    _, events = read_edl(exporter.render(material, "edl").content, 30)
    assert len(events) == 1
    assert comment(events[0], "FROM CLIP NAME:") == "a b.wav"
