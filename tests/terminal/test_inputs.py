"""Files, folders and patterns become recordings."""

import wave
from pathlib import Path

import pytest
from audapolis.errors import InvalidOption, NotFound
from audapolis.terminal.inputs import expand, is_recording, looks_like_media


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings among other things, two levels deep."""
    for name in ("b.mp3", "a.wav", "sub/c.ogg", ".hidden/d.wav", ".e.wav", "notes.txt", "sub/deeper/f.MKV"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"just some text")
    with wave.open(str(tmp_path / "no extension"), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(bytes(320))
    return tmp_path


def _names(paths: tuple[Path, ...], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


def test_a_folder_gives_its_recordings_in_order_and_passes_over_hidden_ones(folder: Path) -> None:
    found = expand([str(folder)], folders=True)
    assert _names(found.files, folder) == ["a.wav", "b.mp3", "no extension", "sub/c.ogg", "sub/deeper/f.MKV"]
    assert not found.problems


def test_a_folder_is_refused_where_files_are_wanted_and_batch_is_named(folder: Path) -> None:
    found = expand([str(folder), str(folder / "a.wav")], folders=False)
    assert _names(found.files, folder) == ["a.wav"]
    [(typed, error)] = found.problems
    assert typed == str(folder)
    assert isinstance(error, InvalidOption)
    assert "batch" in error.hint


def test_a_pattern_gives_the_recordings_it_matches(folder: Path) -> None:
    assert _names(expand([f"{folder}/*"], folders=False).files, folder) == ["a.wav", "b.mp3", "no extension"]
    deep = expand([f"{folder}/**/*.[omM]*"], folders=True)
    assert set(_names(deep.files, folder)) == {"b.mp3", "sub/c.ogg", "sub/deeper/f.MKV"}


def test_a_pattern_or_folder_without_recordings_is_a_problem(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = expand([f"{folder}/*.flac", str(tmp_path / "empty"), ""], folders=True)
    assert not found.files
    assert all(isinstance(error, NotFound) for _, error in found.problems)
    assert len(found.problems) == 3


def test_a_file_whose_name_looks_like_a_pattern_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "talk [1]*.wav"
    path.write_bytes(b"x")
    assert expand([str(path)], folders=False).files == (path,)


def test_the_same_file_named_twice_counts_once(folder: Path) -> None:
    found = expand([f"{folder}/a.wav", f"{folder}/sub/../a.wav", f"{folder}/*.wav", str(folder)], folders=True)
    assert _names(found.files, folder).count("a.wav") == 1


def test_a_missing_file_is_left_to_whoever_opens_it() -> None:
    assert expand(["/nowhere/at all.wav", "x" * 300], folders=True).files[0] == Path("/nowhere/at all.wav")


@pytest.mark.speech
def test_content_tells_real_recordings_whatever_their_names(speech_dir: Path) -> None:
    files = [path for name in ("formats", "video") for path in (speech_dir / name).iterdir() if path.is_file()]
    media = [path for path in files if path.suffix not in {".json", ".txt", ".raw", ".md", ".rttm"}]
    assert media
    unknown = [path.name for path in media if not is_recording(path)]
    assert not unknown


def test_text_and_archives_are_not_taken_for_recordings() -> None:
    for head in (b"", b"RIFF....WEBPVP8 ", b"%PDF-1.7", b"PK\x03\x04", b"\x89PNG\r\n", b"\xff\xfeh\0i\0", b"Go, hello"):
        assert not looks_like_media(head)
        assert not looks_like_media(head.ljust(256))
