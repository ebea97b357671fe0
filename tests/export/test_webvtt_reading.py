"""WebVTT after the standard's own parsing rules: the reader by cases, and our files by the reader."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import pytest
import webvtt
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript, TranslatedSegment
from audapolis.export.captions import CaptionOptions, lay_out
from audapolis.export.captions.lint import lint
from audapolis.export.text import clean
from hypothesis import given, settings

from tests.builders import make_transcript
from tests.export.test_subtitles import milliseconds
from tests.export.webvtt_reading import Cue, Node, cue_text, read, timestamp
from tests.strategies import transcripts

exporter = AdvancedExporter()
_T = "00:00.000 --> 00:01.000"


def cues_of(text: str) -> list[Cue]:
    file = read(text)
    assert file is not None
    return file.cues


def written(transcript: Transcript, **options: object) -> str:
    return exporter.render(transcript, "vtt", options).content.decode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "WEBVT", "WEBVTTx\n", " WEBVTT\n", "webvtt\n", "\nWEBVTT\n", "\ufeff\ufeffWEBVTT\n"]
)
def test_a_file_without_its_signature_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WEBVTT", []),
        ("\ufeffWEBVTT\n\n" + _T + "\na", ["a"]),
        ("WEBVTT a title\n\n" + _T + "\na", ["a"]),
        ("WEBVTT\tx\r\n\r\n" + _T + "\r\na\r\n", ["a"]),
        ("WEBVTT\r\r" + _T + "\ra\r", ["a"]),
        ("WEBVTT\nkind: x\n\n" + _T + "\na", ["a"]),
        ("WEBVTT\n" + _T + "\na", ["a"]),
        ("WEBVTT\n\nid\n" + _T + "\na\nb\n", ["a\nb"]),
        ("WEBVTT\n\n" + _T + "\n", [""]),
        ("WEBVTT\n\n" + _T + "\na\n" + _T + "\nb", ["a", "b"]),
        ("WEBVTT\n\none\ntwo\n" + _T + "\na", ["a"]),
        ("WEBVTT\n\nNOTE x\ny\n\n" + _T + "\na", ["a"]),
        ("WEBVTT\n\nSTYLE\n::cue {}\n\n" + _T + "\na", ["a"]),
        ("WEBVTT\n\n\n\n\n" + _T + "\na\n\n\n\n" + _T + "\nb", ["a", "b"]),
        ("WEBVTT\n\n00:01 --> 00:02\na", []),
        ("WEBVTT\n\n" + _T.replace(".", ",") + "\na", []),
        ("WEBVTT\n\n" + _T.replace(" ", "") + "\na", ["a"]),
        ("WEBVTT\n\n" + _T + "\na\0b", ["a\ufffdb"]),
    ],
)
def test_files_are_cut_into_cues(text: str, expected: list[str]) -> None:
    assert [cue.raw for cue in cues_of(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00.000", 0),
        ("59:59.999", 3_599_999),
        ("100:00:00.000", 360_000_000),
        ("1000:00:00.001", 3_600_000_001),
        ("60:00.000", None),
        ("00:60.000", None),
        ("0:00.000", None),
        ("00:00.00", None),
        ("00:00.0000", None),
        ("1:00:00.000", None),
        ("00:00:00:000", None),
    ],
)
def test_times_have_one_form(text: str, expected: int | None) -> None:
    assert timestamp(text) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a &amp; &lt;b&gt;", "a & <b>"),
        ("&amp;lt;", "&lt;"),
        ("<b>a</b>c", "ac"),
        ("<x>a</x>", "a"),
        ("<>a", "a"),
        ("<b>a</i>c", "ac"),
        ("a</b>", "a"),
        ("a <b", "a "),
        ("<rt>a</rt>", "a"),
        ("<ruby>a<rt>b</ruby>c", "abc"),
        ("<v.x A\n B>a", "a"),
        ("<00:00:01.000>a", "a"),
        ("<1>a", "a"),
    ],
)
def test_markup_is_no_text(raw: str, expected: str) -> None:
    assert cue_text(raw).text == expected


def test_spans_have_classes_and_annotations() -> None:
    [voice] = cue_text("<v.loud.red  Ann &amp;\tBob >a<c.x>b</c></v>c").inside[:1]
    assert isinstance(voice, Node)
    assert (voice.classes, voice.annotation, voice.text) == (["loud", "red"], "Ann & Bob", "ab")


def test_styles_and_regions_count_before_the_first_cue_only() -> None:
    block = "STYLE\n::cue {}\n\nREGION\nid:x\n\n"
    before, after = read(f"WEBVTT\n\n{block}{_T}\na"), read(f"WEBVTT\n\n{_T}\na\n\n{block}")
    assert before is not None
    assert after is not None
    assert (before.styles, before.regions) == (["::cue {}"], [{"id": "x"}])
    assert (after.styles, after.regions) == ([], [])


@settings(max_examples=30)
@given(transcripts())
def test_our_files_say_the_same_to_the_standard_and_to_a_reader(transcript: Transcript) -> None:
    everything = {"metadata": True, "regions": True, "speaker_colours": True, "confidence": "classes"}
    text = written(transcript, word_times=True, **everything)
    captions, cues, others = lay_out(transcript, CaptionOptions()), cues_of(text), webvtt.from_string(text)
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(c.start_ms, c.end_ms) for c in captions]
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [
        (milliseconds(o.start), milliseconds(o.end)) for o in others
    ]
    assert [cue.tree.text for cue in cues] == ["\n".join(caption.texts) for caption in captions]
    for cue, caption in zip(cues, captions, strict=True):
        name = " ".join(clean(transcript.speaker_name(caption.speaker)).split())
        assert [span.annotation for span in cue.tree.spans("v")] == ([name] if name else [])
        assert all(cue.start_ms < time < cue.end_ms for time in cue.tree.times())
        assert cue.tree.times() == sorted(set(cue.tree.times()))


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@settings(max_examples=8, deadline=None)
@given(transcript=transcripts())
def test_ffprobe_agrees_with_the_standard(tmp_path_factory: pytest.TempPathFactory, transcript: Transcript) -> None:
    # Without styles and regions: ffmpeg 5 gives up at the first of them.
    file = tmp_path_factory.mktemp("vtt") / "x.vtt"
    file.write_text(written(transcript, metadata=True, word_times=True))
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "packet=pts_time", str(file)]
    packets = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["packets"]
    assert [round(float(packet["pts_time"]) * 1000) for packet in packets] == [
        cue.start_ms for cue in cues_of(file.read_text())
    ]


@pytest.mark.parametrize("wanted", ["de", "DE", " de ", "de_CH"])
def test_a_translation_bears_the_tag_of_its_own_track(wanted: str) -> None:
    transcript = make_transcript(("S1", 1, 3, "Yes."), duration_s=9)
    lines = (TranslatedSegment(transcript.segments[0].id, "Ja & <nein>."),)
    [cue] = cues_of(written(replace(transcript, translations={"de-CH": lines}), second_language=wanted))
    assert [(span.annotation, span.text) for span in cue.tree.spans("lang")] == [("de-CH", "Ja & <nein>.")]


def test_speakers_sit_at_their_sides_even_where_regions_are_not_known() -> None:
    talk = make_transcript(("S1", 0, 2, "Hi."), ("S2", 3, 5, "Ho."), duration_s=9)
    assert [cue.settings for cue in cues_of(written(talk, regions=True))] == [
        {"region": "left", "align": "left"},
        {"region": "right", "align": "right"},
    ]


def test_each_language_is_held_against_its_own_line_length() -> None:
    japanese = replace(make_transcript(("S1", 1, 7, "あ い う え"), duration_s=20), language="ja")
    english = (TranslatedSegment(japanese.segments[0].id, "This is a longer line of English."),)
    both = replace(japanese, translations={"en": english})
    options = CaptionOptions(profile="netflix", second_language="en")
    captions = lay_out(both, options)
    assert lint(captions, options.limits(both), options.limits(both, "en")) == ()
    assert [found.limit for found in lint(captions, options.limits(both))] == [13]
    assert exporter.render(both, "srt", {"profile": "netflix", "second_language": "en"}).report.warnings == ()
