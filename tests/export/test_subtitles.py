"""SRT and VTT as independent readers see them."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pysubs2
import pytest
import webvtt
from audapolis.domain.transcript import Transcript
from audapolis.export.captions import CaptionOptions, lay_out
from audapolis.export.formats.srt import Srt, SrtOptions
from audapolis.export.formats.vtt import Vtt, VttOptions
from audapolis.export.text import clean, clock
from hypothesis import given, settings

from tests.builders import conversation, make_transcript
from tests.strategies import transcripts

needs_ffprobe = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")


def srt(transcript: Transcript, **options: object) -> str:
    return Srt(SrtOptions(**options)).text(transcript)  # type: ignore[arg-type]


def vtt(transcript: Transcript, **options: object) -> str:
    return Vtt(VttOptions(**options)).text(transcript)  # type: ignore[arg-type]


def milliseconds(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return round((int(hours) * 60 + int(minutes)) * 60_000 + float(seconds) * 1000)


def packets(path: Path) -> list[tuple[int, int]]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "packet=pts_time,duration_time", str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["packets"]
    return [
        (round(float(p["pts_time"]) * 1000), round((float(p["pts_time"]) + float(p["duration_time"])) * 1000))
        for p in found
    ]


@settings(max_examples=30)
@given(transcripts())
def test_a_vtt_reader_finds_the_same_cues(transcript: Transcript) -> None:
    captions = lay_out(transcript, CaptionOptions())
    found = webvtt.from_string(vtt(transcript))
    assert [(milliseconds(c.start), milliseconds(c.end)) for c in found] == [(c.start_ms, c.end_ms) for c in captions]
    assert [html.unescape(cue.text) for cue in found] == ["\n".join(c.texts) for c in captions]
    names = [clean(transcript.speaker_name(caption.speaker)) for caption in captions]
    assert [html.unescape(cue.voice or "") for cue in found] == names


@settings(max_examples=30)
@given(transcripts())
def test_a_cue_holds_no_raw_markup_but_ours(transcript: Transcript) -> None:
    for cue in vtt(transcript, word_times=True).split("\n\n")[1:]:
        number, times, *lines = cue.strip("\n").split("\n")
        assert number.isdecimal()
        assert times.count("-->") == 1
        text = re.sub(r"^<v ([^<>]*)>(.*)</v>$", r"\2", "\n".join(lines), flags=re.DOTALL)
        text = re.sub(r"<\d\d+:\d\d:\d\d\.\d\d\d>", "", text)
        assert "<" not in text
        assert ">" not in text
        assert not re.search(r"&(?!(amp|lt|gt);)", text)


@settings(max_examples=30)
@given(transcripts())
def test_an_srt_reader_finds_the_same_captions(transcript: Transcript) -> None:
    captions = lay_out(transcript, CaptionOptions(), labels=True)
    found = pysubs2.SSAFile.from_string(srt(transcript), format_="srt", keep_unknown_html_tags=True)
    in_reach = [c for c in captions if c.end_ms < 360_000_000]
    assert [(e.start, e.end) for e in found][: len(in_reach)] == [(c.start_ms, c.end_ms) for c in in_reach]
    assert len(found) == len(captions)


@needs_ffprobe
@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_ffprobe_reads_the_same_times_beyond_100_hours(kind: str, tmp_path: Path) -> None:
    transcript = make_transcript(("S1", 1.5, 3, "Early."), ("S1", 400_000.25, 400_003, "Late."), duration_s=400_010)
    file = tmp_path / f"x.{kind}"
    file.write_text(srt(transcript) if kind == "srt" else vtt(transcript))
    assert packets(file) == [(1500, 3000), (400_000_250, 400_003_000)]


@needs_ffprobe
def test_ffmpeg_shows_the_text_with_all_its_markup_visible(tmp_path: Path) -> None:
    transcript = make_transcript(("S1", 0, 4, r"<i>a</i> & b < c {\an8}d --> e"), names=("<b>",), duration_s=9)
    for kind, text in (("srt", srt(transcript)), ("vtt", vtt(transcript))):
        source, target = tmp_path / f"x.{kind}", tmp_path / f"{kind}.ass"
        source.write_text(text)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(source), str(target)], check=True)
        event = target.read_text().splitlines()[-1]
        event = re.sub(r"[\\\u200b\u2060]", "", event)
        assert r"<i>a</i> & b < c" in event
        assert "an8}d --> e" in event


def test_clock_times_have_as_many_hours_as_needed() -> None:
    assert [clock(ms) for ms in (0, 3_599_999, 359_999_999, 360_000_000, 3_600_000_001)] == [
        "00:00:00.000",
        "00:59:59.999",
        "99:59:59.999",
        "100:00:00.000",
        "1000:00:00.001",
    ]


def test_word_times_stand_before_their_words() -> None:
    text = vtt(make_transcript(("S1", 1, 2, "aaaa bbbb"), duration_s=5), word_times=True)
    assert "<v Speaker 1>aaaa <00:00:01.500>bbbb</v>" in text


def test_speakers_can_be_left_out() -> None:
    assert "Anna" not in srt(conversation(), speakers=False)
    assert "<v" not in vtt(conversation(), speakers=False)


def test_nothing_said_makes_empty_files() -> None:
    assert srt(make_transcript()) == ""
    assert vtt(make_transcript()) == "WEBVTT\n"


def test_options_change_what_counts_as_lost() -> None:
    plain = Vtt(VttOptions()).left_out(conversation())
    timed = Vtt(VttOptions(word_times=True, speakers=False)).left_out(conversation())
    assert "Times of single words are left out." in plain
    assert "Times of single words are left out." not in timed
    assert "Who speaks is left out." in timed
    assert "Who speaks is left out." not in plain
    assert "Who speaks is left out." in Srt(SrtOptions(speakers=False)).left_out(conversation())
