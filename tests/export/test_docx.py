"""Word documents, opened by python-docx, and by LibreOffice as a person would."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript
from audapolis.export.docx.checking import check_docx
from audapolis.export.docx.styles import SPEAKER_COLOURS
from audapolis.export.losses import Loss
from audapolis.export.material import Material
from audapolis.export.prose import passages
from docx.document import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.builders import VIDEO, conversation, make_transcript
from tests.export.prose_samples import ARABIC, bilingual
from tests.export.test_html import contrast
from tests.strategies import transcripts

exporter = AdvancedExporter()


def opened(transcript: Transcript, **options: str | float | bool) -> Document:
    exported = exporter.render(transcript, "docx", options)
    assert exported.report.problems == ()
    return docx.Document(io.BytesIO(exported.content))


def lines(document: Document) -> list[tuple[str, str]]:
    return [(p.style.name, p.text) for p in document.paragraphs if p.text]


def test_who_speaks_stands_above_what_is_said() -> None:
    document = opened(conversation())
    assert lines(document) == [
        ("Title", "talk.wav"),
        ("Speaker Line", "Anna & Söhne  0:00"),
        ("Speech", "Good morning, and welcome to the show about trains. Today we ask: is 3 < 4 & 5 > 4?"),
        ("Speaker Line", "Bob <b>  0:06"),
        ("Speech", "Yes."),
        ("Speech", "0:09 I would say so --> and I would also say that ünïcode → 😀 works in captions."),
        ("Speaker Line", "Anna & Söhne  0:14"),
        ("Speech", "Thank you."),
    ]
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["Duration", "0:16"]


def test_properties_are_the_transcripts_own() -> None:
    properties = opened(bilingual(), language="fr").core_properties
    assert (properties.title, properties.language, properties.author) == ("talk.wav", "fr", "Audapolis")
    assert properties.created is not None
    assert properties.created.isoformat() == "2026-01-31T12:00:00+00:00"


def test_doubtful_words_have_a_style_of_their_own() -> None:
    document = opened(bilingual(), doubtful_below=0.5)
    runs = [run for p in document.paragraphs if p.style.name == "Speech" for run in p.runs]
    doubtful = [word for run in runs if run.style.name == "Doubtful" for word in run.text.split()]
    assert doubtful == [word.text for word in bilingual().words if word.confidence < 0.5]
    assert not [run for p in opened(bilingual()).paragraphs for run in p.runs if run.style.name == "Doubtful"]
    assert lines(document) == lines(opened(bilingual()))


def test_a_translation_stands_in_a_column_or_below() -> None:
    table = opened(bilingual(), second_language="fr", metadata=False).tables[0]
    assert [cell.text for cell in table.rows[0].cells] == ["", "en", "fr"]
    assert [cell.text for cell in table.rows[2].cells] == ["Bob <b>\n0:06", "Yes.", "Oui."]
    below = lines(opened(bilingual(), second_language="fr", bilingual="below"))
    assert below[below.index(("Speech", "Yes.")) + 1] == ("Translation", "Oui.")
    bare = opened(bilingual(), second_language="fr", metadata=False, speakers=False, timestamps=False).tables[0]
    assert [cell.text for cell in bare.rows[2].cells] == ["Yes.", "Oui."]


def test_text_is_marked_with_language_and_direction() -> None:
    table = opened(bilingual(), second_language="ar", metadata=False).tables[0]
    english, arabic = (cell.paragraphs[0] for cell in table.rows[2].cells[1:])
    assert arabic._p.pPr.find(qn("w:bidi")) is not None
    assert arabic.runs[0].font.rtl
    assert arabic.runs[0]._r.rPr.find(qn("w:lang")).get(qn("w:bidi")) == "ar"
    assert english._p.pPr.find(qn("w:bidi")) is None
    assert english.runs[0]._r.rPr.find(qn("w:lang")).get(qn("w:val")) == "en"
    mirrored = opened(bilingual(), language="ar", second_language="en", metadata=False).tables[0]
    assert mirrored._tbl.tblPr.find(qn("w:bidiVisual")) is not None
    [japanese, *_] = opened(make_transcript(("S1", 0, 1, "はい"), language="ja"), timestamps=False).paragraphs[-1].runs
    assert japanese._r.rPr.find(qn("w:lang")).get(qn("w:eastAsia")) == "ja"


def test_names_in_other_letters_stay_whole_in_text_from_right_to_left() -> None:
    heads = [text for style, text in lines(opened(bilingual(), language="ar")) if style == "Speaker Line"]
    assert heads[1] == "Bob <b>\u200e\u200f  0:06"
    hebrew = make_transcript(("S1", 0, 1, "כן"), names=("דנה",), language="he")
    assert ("Speaker Line", "דנה\u200f  0:00") in lines(opened(hebrew))


def test_timecode_and_paper_are_as_wanted() -> None:
    document = opened(
        make_transcript(("S1", 30.03, 31, "Now."), video=VIDEO), precision="timecode", page="letter", title=False
    )
    assert ("Speaker Line", "Speaker 1  01:00:00;00") in lines(document)
    assert round(document.sections[0].page_width.inches, 2) == 8.5
    assert "Picture" in [row.cells[0].text for row in document.tables[0].rows]


def test_pages_are_numbered() -> None:
    footer = opened(conversation()).sections[0].footer._element.xml
    assert "PAGE" in footer
    assert "NUMPAGES" in footer


def test_speakers_are_dark_enough_to_be_read() -> None:
    assert min(contrast(f"#{colour.lower()}", "#ffffff") for colour in SPEAKER_COLOURS) >= 4.5


def test_losses_are_what_was_not_asked_for() -> None:
    assert set(exporter.render(conversation(), "docx").losses) == {Loss.WORD_TIMES, Loss.CONFIDENCE, Loss.EMBEDDINGS}
    bare = exporter.render(conversation(), "docx", {"metadata": False, "speakers": False, "timestamps": False}).losses
    assert {Loss.PROVENANCE, Loss.SPEAKERS, Loss.SEGMENT_TIMES} <= set(bare)


@settings(max_examples=30, deadline=None)
@given(transcripts(), st.booleans(), st.sampled_from([0.0, 0.5]))
def test_every_paragraph_comes_back(transcript: Transcript, below: bool, doubtful_below: float) -> None:
    track = "fr" if transcript.translations else ""
    document = opened(
        transcript, second_language=track, bilingual="below" if below else "table", doubtful_below=doubtful_below,
        timestamps=False, metadata=False, title=False,
    )  # fmt: skip
    found = passages(transcript, track)
    if track and not below:
        rows = document.tables[0].rows
        assert [[c.text for c in row.cells] for row in rows[1:]] == [[p.name, p.text, p.translation] for p in found]
    else:
        assert [text for style, text in lines(document) if style == "Speech"] == [passage.text for passage in found]
        translations = [text for style, text in lines(document) if style == "Translation"]
        assert translations == [passage.translation for passage in found if passage.translation]


def changed(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The package with some parts changed or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return out.getvalue()


def test_damaged_packages_are_found() -> None:
    content = exporter.render(conversation(), "docx").content
    damaged = [
        b"no zip",
        changed(content, lambda name, part: None if name == "word/styles.xml" else part),
        changed(content, lambda name, part: part[:-9] if name == "word/document.xml" else part),
        changed(content, lambda name, part: part.replace(b"/word/document.xml", b"/word/x.xml")),
    ]
    for broken in damaged:
        assert list(check_docx(io.BytesIO(broken), Material.of(conversation())))
    assert list(check_docx(io.BytesIO(content), Material.of(conversation()))) == []


@pytest.mark.slow
def test_libreoffice_lays_it_out_with_numbered_pages(tmp_path: Path) -> None:
    office = shutil.which("soffice") or pytest.skip("LibreOffice is not installed")
    long = make_transcript(
        *((f"S{n % 3 + 1}", n * 5.0, n * 5.0 + 4, "We talk about trains again.") for n in range(120))
    )
    exporter.write(bilingual(), tmp_path / "two.docx", "docx", {"second_language": "ar", "doubtful_below": 0.5})
    exporter.write(long, tmp_path / "long.docx", "docx")
    command = [office, f"-env:UserInstallation={(tmp_path / 'office').as_uri()}", "--headless", "--convert-to", "pdf"]
    files = [str(tmp_path / name) for name in ("two.docx", "long.docx")]
    subprocess.run([*command, "--outdir", str(tmp_path), *files], check=True, capture_output=True, timeout=240)
    pages = [page.extract_text() for page in PdfReader(tmp_path / "long.pdf").pages]
    assert len(pages) > 3
    assert all(f"{number} / {len(pages)}" in text for number, text in enumerate(pages, start=1))
    assert sum(text.count("We talk about trains again.") for text in pages) == 120
    [page] = PdfReader(tmp_path / "two.pdf").pages
    text = " ".join(page.extract_text().split())
    assert "ünïcode → 😀 works in" in text
    assert {letter for letter in "".join(ARABIC) if letter.isalpha()} <= set(text)
