"""Translated files as they are found: subtitles, tables and transcripts, in any encoding."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.codec import to_json
from audapolis.errors import InvalidDocument, NotFound, TooLarge
from audapolis.translations import files
from audapolis.translations.base import Cue
from audapolis.translations.decoding import decoded
from audapolis.translations.files import TranslatedFile, read_file
from audapolis.translations.subtitles import clock_s, read_srt, read_vtt
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript


def read(tmp_path: Path, content: str | bytes, name: str = "film.de.srt", language: str = "de") -> TranslatedFile:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, language)


SRT = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Guten</i> Morgen\r\nalle!\r\n\r\n"
    "2\r\n00:00:03,0 --> 00:00:04,25\r\nJa.\r\n"
)
CUES = [Cue(1.0, 2.5, ("Guten Morgen", "alle!")), Cue(3.0, 4.25, ("Ja.",))]


def test_subrip_is_read() -> None:
    assert read_srt(SRT) == CUES


@pytest.mark.parametrize(
    "text",
    [
        SRT.replace(",", "."),
        SRT.replace("1\r\n00", "00").replace("2\r\n00", "00"),
        SRT.replace("\r\n\r\n2", "\r\n2"),
        SRT.replace(" --> ", "-->"),
        SRT.replace("Morgen\r\n", "Morgen\r\n\r\n"),
        SRT.replace("02,500", "02,500  X1:40 X2:600 Y1:20 Y2:50"),
        SRT.replace("Ja.", "{\\an8}Ja."),
        "\n\n" + SRT,
    ],
)
def test_subrip_is_read_although_it_is_not_quite_right(text: str) -> None:
    assert read_srt(text) == CUES


def test_webvtt_is_read_without_its_markup() -> None:
    text = (
        "WEBVTT - Title\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot shown\n\n"
        "intro\n00:01.000 --> 00:02.500 align:start\n<v Anna>Guten <00:00:01.500><c.x>Morgen</c>\nalle!</v>\n\n"
        "NOTE neither\n\n100:00:03.000 --> 100:00:04.250\n1 &lt; 2 &amp; 3\n"
    )
    assert read_vtt(text) == [
        Cue(1.0, 2.5, ("Guten Morgen", "alle!")),
        Cue(360003.0, 360004.25, ("1 < 2 & 3",)),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("83.5", 83.5),
        ("83,5", 83.5),
        ("1:23.5", 83.5),
        ("00:01:23,500", 83.5),
        ("", None),
        ("soon", None),
        ("-1", None),
    ],
)
def test_times_are_read_as_people_write_them(text: str, seconds: float | None) -> None:
    assert clock_s(text) == seconds


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "segment,translation\nseg-1,Hallo\nseg-2,\nseg-3,'=SUMME\n"),
        ("t.csv", "Segment;start_s;end_s;text;DE\r\nseg-1;1;2;Hello;Hallo\r\nseg-3;3;4;sum;=SUMME\r\n"),
        ("t.tsv", "id\tDe-ch\ttext\nseg-1\tHallo\tHello\nseg-3\t=SUMME\tsum\n"),
    ],
)
def test_tables_are_read_by_the_names_of_their_columns(tmp_path: Path, name: str, text: str) -> None:
    cues = read(tmp_path, text, name).cues
    assert [(cue.segment, cue.text) for cue in cues] == [("seg-1", "Hallo"), ("seg-3", "=SUMME")]


def test_tables_may_go_by_times(tmp_path: Path) -> None:
    cues = read(tmp_path, 'start,end,text\n0:01,2.5,"Guten, Morgen"\n', "t.csv").cues
    assert cues == (Cue(1.0, 2.5, ("Guten, Morgen",)),)


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", "start,text\n1,x\n", "start,end,text\nsoon,later,x\n", 'segment,text\n"x' + "y" * 200_000]
)
def test_tables_that_make_no_sense_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read(tmp_path, text, "t.csv")
    assert "columns" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = SRT.replace("Ja.", "Größe, naïve – „gut“.")
    found = read(tmp_path, text.encode(encoding))
    assert found.cues[1].text == "Größe, naïve – „gut“."
    assert bool(found.warnings) is (encoding == "cp1252")


@pytest.mark.parametrize(
    ("language", "page", "text"), [("ru", "cp1251", "Привет"), ("pl", "cp1250", "Żółć"), ("ja", "cp932", "こんにちは")]
)
def test_old_code_pages_go_by_the_language(language: str, page: str, text: str) -> None:
    assert decoded(text.encode(page), language) == (text, page)


@pytest.mark.parametrize("format_id", ["srt", "vtt", "json"])
def test_our_own_exports_are_read_back(tmp_path: Path, format_id: str) -> None:
    content = AdvancedExporter().render(make_transcript(("S1", 1.0, 2.0, "Hallo du.")), format_id).content
    [cue] = read(tmp_path, content, f"x.{format_id}").cues
    assert (cue.start_s, round(cue.end_s)) == (1.0, 2)
    assert cue.text.removeprefix("Speaker 1: ") == "Hallo du."


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "x.srt"), (b"WEBVTT\n", "x.vtt"), (b"\0\1\2\3" * 100, "x.srt"), (b"{}", "x.json")]
)
def test_files_without_text_are_refused(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(InvalidDocument):
        read(tmp_path, content, name)


def test_files_that_are_absent_or_enormous_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        read_file(tmp_path / "none.srt", "de")
    monkeypatch.setattr(files, "MAX_BYTES", 3)
    with pytest.raises(TooLarge):
        read(tmp_path, SRT)


@given(st.binary(max_size=300), st.sampled_from(["x.srt", "x.csv", "x.vtt"]))
def test_rubbish_is_refused_or_read_but_never_breaks_anything(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    try:
        read(tmp_path_factory.getbasetemp(), data, name)
    except InvalidDocument as error:
        assert error.hint or error.message  # noqa: PT017 - either outcome is right


def test_damaged_subtitles_never_break_the_reader() -> None:
    rng = random.Random(7)
    whole = SRT + to_json(conversation()).decode()[:300]
    for _ in range(200):
        at = rng.randrange(len(whole))
        text = (
            whole[:at] + rng.choice(["", "-->", "\n", "00:00:01,000 --> ", "<", "é"]) + whole[at + rng.randrange(9) :]
        )
        read_srt(text)
        read_vtt("WEBVTT\n\n" + text)
