from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from audapolis.audio.sources import check_readable, fingerprint, shown
from audapolis.errors import NotFound, UnsupportedMedia


def test_the_fingerprint_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(os.urandom(300_000))
    assert fingerprint(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file 'gone\.wav'"):
        check_readable(tmp_path / "gone.wav")
    with pytest.raises(NotFound):
        fingerprint(tmp_path / "gone.wav")


def test_a_file_below_a_file_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    with pytest.raises(NotFound):
        check_readable(tmp_path / "a.wav" / "b.wav")


def test_a_folder_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="is a folder") as caught:
        check_readable(tmp_path)
    assert "batch" in caught.value.hint


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp3"
    path.touch()
    with pytest.raises(UnsupportedMedia, match="is empty"):
        check_readable(path)


@pytest.mark.timeout(5)
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)
    with pytest.raises(UnsupportedMedia, match="not a regular file"):
        check_readable(path)


def test_a_device_is_refused() -> None:
    with pytest.raises(UnsupportedMedia, match="not a regular file"):
        check_readable(Path("/dev/zero"))


def test_a_file_one_may_not_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(b"x")
    path.chmod(0)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)  # root may read everything
    try:
        with pytest.raises(UnsupportedMedia, match="may not read"):
            check_readable(path)
    finally:
        os.seteuid(was)


@pytest.mark.parametrize("name", ["x" * 300 + ".wav", "a\0b.wav"])
def test_an_impossible_name_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound, match="can't be a file's name"):
        check_readable(tmp_path / name)


def test_a_circle_of_links_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(NotFound):
        check_readable(tmp_path / "a")


def test_names_in_messages_stay_short_and_on_one_line() -> None:
    assert shown(Path("/x/a\nb\x1b[31m.wav")) == "'a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m.wav'"
    assert len(shown(Path("y" * 250))) < 120
    assert shown(Path("/x/会議 😀.wav")) == "'会議 😀.wav'"
