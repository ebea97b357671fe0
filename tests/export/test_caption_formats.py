"""ASS, LRC, Audacity labels and the finer points of SRT and WebVTT, as independent readers see them."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pysubs2
import pytest
import webvtt
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript, Turn
from audapolis.export.captions import CaptionOptions, lay_out
from audapolis.export.material import Material
from audapolis.export.text import clean
from audapolis.export.webvtt.checking import check_cues
from hypothesis import assume, given, settings

from tests.builders import conversation, make_transcript
from tests.export.test_subtitles import milliseconds
from tests.strategies import transcripts

exporter = AdvancedExporter()
needs_ffprobe = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")


def written(transcript: Transcript, format_id: str, **options: object) -> str:
    exported = exporter.render(transcript, format_id, options)  # type: ignore[arg-type]
    assert exported.report.problems == ()
    return exported.content.decode()


def doubtful() -> Transcript:
    """A sentence whose second word is hardly believed and whose third is half believed."""
    transcript = make_transcript(("S1", 1, 5, "sure doubtful likely sure"), duration_s=9)
    [segment] = transcript.segments
    words = tuple(replace(w, confidence=c) for w, c in zip(segment.words, (0.9, 0.2, 0.6, 0.95), strict=True))
    return replace(transcript, segments=(replace(segment, words=words),))


# ASS


@settings(max_examples=30)
@given(transcripts())
def test_an_ass_reader_finds_the_same_captions(transcript: Transcript) -> None:
    captions = lay_out(transcript, CaptionOptions())
    assume(all(caption.end_ms < 36_000_000 for caption in captions))  # pysubs2 reads one digit of hours
    found = pysubs2.SSAFile.from_string(written(transcript, "ass"), format_="ass")
    for event, caption in zip(found, captions, strict=True):
        assert abs(event.start - caption.start_ms) <= 5
        assert abs(event.end - caption.end_ms) <= 15
    names = {
        clean(transcript.speaker_name(caption.speaker)).replace(",", ";") for caption in captions if caption.speaker
    }
    assert {event.name for event in found} <= names | {""}


def test_every_speaker_has_a_style_in_ass() -> None:
    found = pysubs2.SSAFile.from_string(written(conversation(), "ass"), format_="ass")
    assert {event.style for event in found} == {"Speaker 1", "Speaker 2"} <= set(found.styles)
    assert found.styles["Speaker 1"].primarycolor != found.styles["Speaker 2"].primarycolor


def test_karaoke_lasts_as_long_as_its_caption() -> None:
    for event in pysubs2.SSAFile.from_string(written(conversation(), "ass", karaoke=True), format_="ass"):
        sung = sum(int(length) for length in re.findall(r"\{\\k(\d+)\}", event.text))
        assert sung == (event.end - event.start) // 10


@needs_ffprobe
def test_braces_and_backslashes_stay_visible_in_ass(tmp_path: Path) -> None:
    transcript = make_transcript(("S1", 0, 4, r"{\b1}bold \N not {a}"), duration_s=9)
    file, target = tmp_path / "x.ass", tmp_path / "x.srt"
    file.write_text(written(transcript, "ass"))
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(file), str(target)], check=True)
    shown = target.read_text().replace("\u2060", "").replace("\\", "")
    assert "b1" in shown
    assert "bold" in shown
    assert "{a}" in shown
    assert len(re.findall("-->", shown)) == 1


def test_ass_goes_beyond_ten_hours() -> None:
    late = make_transcript(("S1", 400_000.25, 400_003, "Late."), duration_s=400_010)
    assert "Dialogue: 0,111:06:40.25," in written(late, "ass")


def test_doubtful_words_have_colours_in_ass_and_srt() -> None:
    assert r"{\1c&H006060FF&}doubtful{\1c}" in written(doubtful(), "ass", confidence="colours")
    text = written(doubtful(), "srt", confidence="colours", speakers=False)
    assert 'sure <font color="#FF6060">doubtful</font> <font color="#FFD166">likely</font> sure' in text
    assert "font" not in written(doubtful(), "srt")


# LRC


def test_lrc_lines_carry_their_times_and_words_theirs() -> None:
    transcript = make_transcript(("S1", 61, 62, "aaaa bbbb"), ("S1", 6000, 6001, "late"), duration_s=6010)
    lines = written(transcript, "lrc", speakers=False).splitlines()
    assert lines[:3] == ["[ti:talk.wav]", "[length:100:10]", "[by:Audapolis]"]
    assert lines[3] == "[01:01.00]aaaa bbbb"
    assert lines[-1] == "[100:00.00]late"
    timed = written(transcript, "lrc", speakers=False, word_times=True)
    assert "[01:01.00]<01:01.00>aaaa <01:01.50>bbbb" in timed


@settings(max_examples=30)
@given(transcripts())
def test_lrc_times_never_fall_and_no_text_looks_like_one(transcript: Transcript) -> None:
    stamps = re.findall(r"^\[(\d+):(\d\d)\.(\d\d)\]", written(transcript, "lrc"), flags=re.MULTILINE)
    times = [(int(minutes) * 60 + int(seconds)) * 100 + int(hundredths) for minutes, seconds, hundredths in stamps]
    assert times == sorted(times)


# Audacity


@settings(max_examples=30)
@given(transcripts())
def test_audacity_labels_are_the_segments(transcript: Transcript) -> None:
    rows = [line.split("\t") for line in written(transcript, "audacity", speakers=False).splitlines()]
    expected = sorted((round(max(0.0, s.start_s), 6), clean(s.text)) for s in transcript.segments)
    assert sorted((float(start), text) for start, _, text in rows) == expected


def test_audacity_labels_can_be_words_or_speakers() -> None:
    talk = conversation()
    assert len(written(talk, "audacity", level="words").splitlines()) == len(talk.words)
    turned = replace(talk, turns=(Turn(0.4, 6.1, "S1"), Turn(6.3, 14.1, "S2")))
    assert written(turned, "audacity", level="speakers") == (
        "0.400000\t6.100000\tAnna & Söhne\n6.300000\t14.100000\tBob <b>\n"
    )


# WebVTT


def test_vtt_marks_doubtful_words_with_classes_that_it_styles() -> None:
    text = written(doubtful(), "vtt", confidence="classes")
    assert "sure <c.conf-low>doubtful</c> <c.conf-medium>likely</c> sure" in text
    assert text.index("STYLE\n::cue(.conf-low)") < text.index("-->")
    found = webvtt.from_string(text)
    assert [html.unescape(cue.text) for cue in found] == ["sure doubtful likely sure"]
    assert len(found.styles) == 1


def test_vtt_says_what_it_was_made_from_and_where_speakers_sit() -> None:
    hostile = make_transcript(("S1", 0, 1, "Hi."), ("S2", 2, 3, "Ho."), names=("a --> b", "c"), name="x --> y.wav")
    text = written(hostile, "vtt", metadata=True, regions=True, speaker_colours=True)
    header = text[: text.index("\n1\n")]
    assert header.startswith("WEBVTT\n\nNOTE\nRecording: x - -> y.wav\n")
    assert "-->" not in header
    assert "REGION\nid:left" in header
    assert "region:left align:left\n<v.speaker-1 a --&gt; b>Hi.</v>" in text
    assert "region:right align:right\n<v.speaker-2 c>Ho.</v>" in text
    assert [html.unescape(cue.text) for cue in webvtt.from_string(text)] == ["Hi.", "Ho."]


@needs_ffprobe
@settings(max_examples=8, deadline=None)
@given(transcript=transcripts())
def test_ffprobe_and_a_vtt_reader_agree_on_notes_and_word_times(
    tmp_path_factory: pytest.TempPathFactory, transcript: Transcript
) -> None:
    # ffmpeg 5 gives up at the first STYLE or REGION block, so these stay off here; browsers are tried elsewhere.
    everything = {"metadata": True, "word_times": True}
    file = tmp_path_factory.mktemp("vtt") / "x.vtt"
    file.write_text(written(transcript, "vtt", **everything))
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "packet=pts_time", str(file)]
    packets = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["packets"]
    cues = webvtt.from_string(file.read_text())
    assert [round(float(packet["pts_time"]) * 1000) for packet in packets] == [milliseconds(cue.start) for cue in cues]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("WEBVT\n\n1\n00:00:00.000 --> 00:00:01.000\na\n", "does not begin"),
        ("WEBVTT\n\n1\n00:00:00.000 -> 00:00:01.000\na\n", "not a number"),
        ("WEBVTT\n\n1\n00:00:02.000 --> 00:00:01.000\na\n", "out of order"),
        ("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\na < b\n", "raw markup"),
        ("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\na & b\n", "raw markup"),
        ("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\n<v A>a\n", "not closed"),
        ("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\n<c.x>a</v>\n", "not closed"),
        ("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\na\n\nSTYLE\n::cue {}\n", "after the first cue"),
        ("WEBVTT\n\nNOTE a --> b\n\n1\n00:00:00.000 --> 00:00:01.000\na\n", "arrow"),
    ],
)
def test_the_check_of_vtt_finds_what_players_would_stumble_over(file: str, problem: str) -> None:
    found = list(check_cues(BytesIO(file.encode()), Material.of(conversation())))
    assert any(problem in each for each in found), found
