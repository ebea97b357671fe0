"""CSV and TSV, read back by a reader written from RFC 4180, and by SQLite."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript, Word
from audapolis.export.losses import Loss
from audapolis.export.material import Material
from audapolis.export.tables.checking import check_csv, check_tsv
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript, transcript_with
from tests.export.prose_samples import bilingual
from tests.strategies import transcripts

exporter = AdvancedExporter()
LEVELS = ("word", "segment", "speaker")
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


def records(text: str, separator: str = ",") -> list[list[str]]:
    """RFC 4180 as a machine of its own: records end with CR LF, fields in quotes hold anything, quotes are doubled."""
    found: list[list[str]] = [[]]
    field, quoted, at = "", False, 0
    while at < len(text):
        character = text[at]
        if quoted:
            if character == '"' and text[at + 1 : at + 2] == '"':
                field, at = field + '"', at + 1
            elif character == '"':
                quoted = False
            else:
                field += character
        elif character == '"':
            assert not field, "a quote inside a field without quotes"
            quoted = True
        elif character == separator:
            found[-1].append(field)
            field = ""
        elif character == "\r":
            assert text[at + 1] == "\n"
            found[-1].append(field)
            found.append([])
            field, at = "", at + 1
        else:
            field += character
        at += 1
    assert found.pop() == []
    return found


def table(transcript: Transcript, **options: str | bool) -> list[dict[str, str]]:
    exported = exporter.render(transcript, "csv", options)
    assert exported.report.problems == ()
    head, *rows = records(exported.content.decode("utf-8-sig"), SEPARATORS[str(options.get("separator", "comma"))])
    return [dict(zip(head, row, strict=True)) for row in rows]


def saying(*texts: str) -> Transcript:
    words = tuple(Word(float(n), n + 0.5, text, 0.5, "S1") for n, text in enumerate(texts))
    [segment] = make_transcript(("S1", 0, 1, "x")).segments
    return transcript_with([replace(segment, words=words, text=" ".join(texts))], duration_s=len(texts) + 1)


def test_there_is_a_row_for_each_word() -> None:
    rows = table(conversation(), level="word")
    assert len(rows) == 40
    assert rows[0] == {
        "word": "1", "segment": "seg-1", "speaker": "S1", "speaker_name": "Anna & Söhne", "start_s": "0.500",
        "end_s": "0.760", "text": "Good", "confidence": "0.9000",
    }  # fmt: skip


def test_segments_come_with_all_their_translations() -> None:
    row = table(bilingual())[2]
    assert (row["text"], row["text_fr"], row["text_ar"], row["words"]) == ("Yes.", "Oui.", "نعم.", "1")


def test_speakers_come_with_what_they_said_in_all() -> None:
    nobody = replace(conversation().segments[2], id="seg-9", start_s=15.0, end_s=16.0, speaker=None, words=())
    talk = replace(conversation(), segments=(*conversation().segments, nobody))
    first, _, last = table(talk, level="speaker")
    assert (first["name"], first["segments"], first["words"], first["first_s"], first["last_s"]) == (
        "Anna & Söhne", "3", "22", "0.500", "15.000",
    )  # fmt: skip
    assert (last["speaker"], last["name"], last["speech_s"], last["words"]) == ("", "", "1.000", "1")


def test_times_and_numbers_look_as_wanted() -> None:
    transcript = make_transcript(("S1", 360000.5, 360001, "Late."))
    assert table(transcript, times="clock")[0]["start"] == "100:00:00.500"
    [row] = table(transcript, decimals="comma", separator="semicolon")
    assert (row["start_s"], row["confidence"]) == ("360000,500", "0,9000")


def test_excel_gets_its_mark_and_line_ends() -> None:
    content = exporter.render(conversation(), "csv", {"bom": True}).content
    assert content.startswith(b"\xef\xbb\xbfsegment,")
    assert content.count(b"\r\n") == content.count(b"\n") == 6
    assert b"\r" not in exporter.render(conversation(), "csv", {"newline": "lf"}).content


class TestFormulas:
    TALK = saying("=1+1", "+49", "-", "@SUM(A1)", "fine", "'=", "1=1")

    def test_are_made_harmless_and_counted(self) -> None:
        exported = exporter.render(self.TALK, "csv", {"level": "word"})
        assert [row["text"] for row in table(self.TALK, level="word")] == [
            "'=1+1", "'+49", "'-", "'@SUM(A1)", "fine", "'=", "1=1",
        ]  # fmt: skip
        assert exported.report.warnings == (
            "4 cells have an apostrophe before text that a spreadsheet would run as a formula.",
        )
        assert exporter.render(conversation(), "csv").report.warnings == ()

    def test_stay_when_asked_to(self) -> None:
        exported = exporter.render(self.TALK, "tsv", {"level": "word", "formulas": "as_is"})
        assert b"\t=1+1\t" in exported.content
        assert exported.report.warnings == ()

    @settings(max_examples=30)
    @given(st.text(st.sampled_from("=+-@\t\r\n '\"a1,;|"), min_size=1, max_size=8), st.sampled_from(["csv", "tsv"]))
    def test_no_cell_begins_like_one(self, text: str, format_id: str) -> None:
        transcript = make_transcript(("S1", 0, 1, "x"), names=(text,))
        rows = exporter.render(transcript, format_id).content.decode()
        cells = [c for row in read(rows, format_id) for c in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def read(text: str, format_id: str) -> Iterator[list[str]]:
    if format_id == "csv":
        yield from records(text)
    else:
        yield from (line.split("\t") for line in text.removesuffix("\n").split("\n"))


@settings(max_examples=40)
@given(transcripts(), st.sampled_from(LEVELS), st.sampled_from(sorted(SEPARATORS)))
def test_every_cell_comes_back_and_times_to_the_millisecond(transcript: Transcript, level: str, separator: str) -> None:
    rows = table(transcript, level=level, separator=separator, formulas="as_is")
    words = [w for s in transcript.segments for w in s.words if w.text.strip()]
    if level == "word":
        assert [row["text"].split() for row in rows] == [tidy(word.text) for word in words]
        assert all(abs(float(row["start_s"]) - w.start_s) < 0.001 for row, w in zip(rows, words, strict=True))
        assert all(abs(float(row["end_s"]) - w.end_s) < 0.001 for row, w in zip(rows, words, strict=True))
    elif level == "segment":
        assert [row["text"].split() for row in rows] == [tidy(segment.text) for segment in transcript.segments]
        assert [row["segment"] for row in rows] == [segment.id for segment in transcript.segments]
    else:
        assert sum(int(row["words"]) for row in rows) == len(words)


def tidy(text: str) -> list[str]:
    unfit = {*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF}
    return "".join(c for c in text if ord(c) not in unfit).split()


@settings(max_examples=30)
@given(transcripts(), st.sampled_from(LEVELS))
def test_tsv_holds_the_cells_of_csv(transcript: Transcript, level: str) -> None:
    exported = exporter.render(transcript, "tsv", {"level": level})
    assert exported.report.problems == ()
    head, *rows = read(exported.content.decode(), "tsv")
    assert [dict(zip(head, row, strict=True)) for row in rows] == table(transcript, level=level)


def test_sqlite_reads_the_same(tmp_path: Path) -> None:
    sqlite = shutil.which("sqlite3") or pytest.skip("sqlite3 is not installed")
    exporter.write(saying('a "b", c', "d\te", "=f"), tmp_path / "t.csv", "csv", {"level": "word", "newline": "lf"})
    asked = subprocess.run(
        [sqlite, ":memory:", ".mode csv", f".import {tmp_path / 't.csv'} t", ".mode list", "select text from t;"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout == 'a "b", c\nd e\n\'=f\n'


@pytest.mark.parametrize(
    ("level", "lost"),
    [("word", {Loss.TRANSLATIONS}), ("segment", {Loss.WORD_TIMES}),
     ("speaker", {Loss.TEXT, Loss.SEGMENT_TIMES, Loss.WORD_TIMES, Loss.TRANSLATIONS})],
)  # fmt: skip
def test_each_level_loses_what_its_rows_do_not_tell(level: str, lost: set[Loss]) -> None:
    always = {Loss.EMBEDDINGS, Loss.PROVENANCE}
    assert set(exporter.render(bilingual(), "csv", {"level": level}).losses) == lost | always


def test_damaged_tables_are_found() -> None:
    material = Material.of(conversation())
    row = b"word" + b",a" * 7
    assert list(check_csv(io.BytesIO(row + b"\r\n1\r\n"), material)) == ["Row 2 has 1 fields instead of 8."]
    assert list(check_csv(io.BytesIO(b"word,text\r\n"), material)) == ["Row 1 has 2 fields instead of 8."]
    assert list(check_csv(io.BytesIO(b'1;2;3;4;5;6;7;"8\r\n'), material))
    assert list(check_tsv(io.BytesIO(b"a\t" * 7 + b"b\nc\n"), material)) == ["Row 2 has 1 fields instead of 8."]
    assert list(check_csv(io.BytesIO(row + b"\xff\n"), material))
    assert list(check_csv(io.BytesIO(b'1;"2,;";3;4;5;6;7;8\r\n' + b"1;2;3;4;5;6;7;8\r\n"), material)) == []
