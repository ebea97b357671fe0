"""`.audapolis` files: written whole and deterministic, read back safely."""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import stat
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.document import Document
from audapolis.domain.transcript import Transcript
from audapolis.errors import AudapolisError, InvalidDocument, InvalidOption, NotFound, TooLarge
from audapolis.export import reading
from audapolis.export.formats.audapolis import HARD_TO_PLAY, NO_MEDIA
from audapolis.export.reading import extract_source, open_archive, open_material
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript

exporter = AdvancedExporter()
DOCUMENT = json.dumps(
    {
        "version": 3,
        "metadata": {"display_video": False, "display_speaker_names": True},
        "content": [
            {"type": "paragraph_start", "speaker": "A", "language": "en", "uuid": "1"},
            {"type": "text", "text": "Hi.", "source": "s", "sourceStart": 1, "length": 1, "conf": 1, "uuid": "2"},
            {"type": "paragraph_break", "uuid": "3"},
        ],
    }
)


def of_media(transcript: Transcript, media: Path) -> Transcript:
    digest = hashlib.sha256(media.read_bytes()).hexdigest()
    return replace(transcript, recording=replace(transcript.recording, sha256=digest))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    file = tmp_path / "talk äöü.wav"
    file.write_bytes(os.urandom(3_000_000))
    return file


def archive(tmp_path: Path, **entries: str | bytes) -> Path:
    file = tmp_path / "x.audapolis"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in entries.items():
            out.writestr(name, content)
    return file


def test_document_and_media_come_back_as_they_went_in(tmp_path: Path, media: Path) -> None:
    transcript = of_media(conversation(), media)
    written = exporter.write(transcript, tmp_path / "t.audapolis", "audapolis", media=media)
    assert NO_MEDIA not in written.report.warnings
    assert written.size_bytes == written.path.stat().st_size
    opened = open_archive(written.path)
    assert opened.document == Document.from_transcript(transcript)
    assert opened.sources == {transcript.recording.sha256: 3_000_000}
    assert opened.missing == ()
    extract_source(written.path, transcript.recording.sha256, tmp_path / "again.wav")
    assert (tmp_path / "again.wav").read_bytes() == media.read_bytes()


def test_a_stream_and_a_file_get_the_same_bytes_every_time(tmp_path: Path, media: Path) -> None:
    transcript = of_media(conversation(), media)
    first = exporter.render(transcript, "audapolis", media=media).content
    os.utime(media, (0, 0))
    exporter.write(transcript, tmp_path / "t.audapolis", "audapolis", media=media)
    assert (tmp_path / "t.audapolis").read_bytes() == first


def test_the_zip_is_one_that_others_read(tmp_path: Path, media: Path) -> None:
    transcript = of_media(conversation(), media)
    with zipfile.ZipFile(io.BytesIO(exporter.render(transcript, "audapolis", media=media).content)) as found:
        assert found.testzip() is None
        assert found.namelist() == ["document.json", f"sources/{transcript.recording.sha256}"]
        assert json.loads(found.read("document.json"))["version"] == 3


def test_without_media_the_document_says_what_is_missing(tmp_path: Path) -> None:
    written = exporter.write(conversation(), tmp_path / "t.audapolis", "audapolis")
    assert written.report.warnings == (NO_MEDIA,)
    assert open_archive(written.path).missing == (conversation().recording.sha256,)


def test_media_the_desktop_app_may_not_play_is_named(tmp_path: Path) -> None:
    media = tmp_path / "talk.mkv"
    media.write_bytes(b"x")
    assert exporter.render(of_media(conversation(), media), "audapolis", media=media).report.warnings == (HARD_TO_PLAY,)


def test_other_media_than_the_transcripts_is_refused_and_leaves_no_file(tmp_path: Path, media: Path) -> None:
    with pytest.raises(InvalidOption, match="not the recording"):
        exporter.write(conversation(), tmp_path / "t.audapolis", "audapolis", media=media)
    assert [file.name for file in tmp_path.iterdir()] == [media.name]


def test_media_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.wav"):
        exporter.render(conversation(), "audapolis", media=tmp_path / "gone.wav")


def test_large_media_is_copied_through_not_held(tmp_path: Path) -> None:
    media = tmp_path / "large.wav"
    with media.open("wb") as file:
        file.truncate(128 * 2**20)
    transcript = make_transcript(("S1", 0, 1, "Hi."))
    transcript = replace(transcript, recording=replace(transcript.recording, sha256=""))
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    written = exporter.write(transcript, tmp_path / "t.audapolis", "audapolis", media=media)
    assert written.size_bytes > 128 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 32 * 1024


def test_a_document_opens_as_a_transcript_for_any_export(tmp_path: Path) -> None:
    exporter.write(conversation(), tmp_path / "t.audapolis", "audapolis")
    opened = exporter.open(tmp_path / "t.audapolis")
    recording = opened.transcript.recording
    assert exporter.render(opened, "txt").content == exporter.render(conversation(), "txt").content
    assert recording.duration_s == pytest.approx(16.25)
    assert recording.name == "t.audapolis"


def test_transcript_json_opens_as_what_it_was(tmp_path: Path) -> None:
    exporter.write(conversation(), tmp_path / "t.json", "json")
    assert open_material(tmp_path / "t.json").transcript == conversation()


@pytest.mark.parametrize(
    "name", ["../evil", "sources/../../evil", "/etc/passwd", "..\\evil", "C:\\evil", "sources\\..\\x"]
)
def test_names_that_point_outside_are_refused(tmp_path: Path, name: str) -> None:
    file = archive(tmp_path, **{"document.json": DOCUMENT, name: "x"})
    with pytest.raises(InvalidDocument, match="outside"):
        open_archive(file)


def test_links_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.audapolis"
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("document.json", DOCUMENT)
        info = zipfile.ZipInfo("sources/s")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(info, "/etc/passwd")
    with pytest.raises(InvalidDocument, match="outside"):
        open_archive(file)


def test_zip_bombs_are_refused(tmp_path: Path) -> None:
    file = archive(tmp_path, **{"document.json": DOCUMENT, "sources/s": bytes(50_000_000)})
    with pytest.raises(TooLarge, match="unpack"):
        open_archive(file)


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ENTRIES", 2)
    file = archive(tmp_path, **{"document.json": DOCUMENT, "sources/a": "1", "sources/b": "2"})
    with pytest.raises(TooLarge, match="3 files"):
        open_archive(file)


def test_transcripts_over_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT_BYTES", 10)
    (tmp_path / "t.json").write_text("[" * 11)
    with pytest.raises(TooLarge):
        open_material(tmp_path / "t.json")


def test_what_else_lies_in_the_zip_is_left_alone(tmp_path: Path) -> None:
    file = archive(
        tmp_path, **{"document.json": DOCUMENT, "sources/": "", "sources/s": "x", "notes/a.txt": "y", "b": "z"}
    )
    assert open_archive(file).sources == {"s": 1}


def test_names_used_twice_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.audapolis"
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("document.json", DOCUMENT)
        with pytest.warns(UserWarning, match="Duplicate"):
            out.writestr("document.json", DOCUMENT)
    with pytest.raises(InvalidDocument, match="twice"):
        open_archive(file)


def test_a_zip_without_a_document_is_refused(tmp_path: Path) -> None:
    for file in (archive(tmp_path, other="x"), archive(tmp_path)):
        with pytest.raises(InvalidDocument, match=r"document\.json"):
            open_material(file)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    for read in (open_material, open_archive):
        for path in (tmp_path / "none", tmp_path):
            with pytest.raises(NotFound):
                read(path)
    with pytest.raises(NotFound, match="no recording"):
        extract_source(archive(tmp_path, **{"document.json": DOCUMENT}), "s", tmp_path / "out")


@settings(max_examples=80)
@given(place=st.integers(0, 2_000), value=st.integers(0, 255), keep=st.floats(0.5, 1))
def test_damage_anywhere_never_escapes_the_error_tree(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, keep: float
) -> None:
    data = bytearray(exporter.render(conversation(), "audapolis").content)
    data[place % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.audapolis"
    path.write_bytes(data[: int(len(data) * keep)])
    with suppress(AudapolisError):
        open_material(path)
