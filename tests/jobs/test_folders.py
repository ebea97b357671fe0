from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from audapolis.errors import AudapolisError, Conflict, NotFound, UnsupportedMedia
from audapolis.jobs.folders import JobFolders, check_source


def test_a_data_folder_has_one_user_at_a_time_and_the_refusal_names_it(tmp_path: Path) -> None:
    first, second = JobFolders(tmp_path), JobFolders(tmp_path)
    home = first.open()
    with pytest.raises(Conflict, match=f"process {os.getpid()}"):
        second.open(patience_s=0.1)
    first.close()
    assert second.open() == home
    second.close()


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from audapolis.jobs.folders import JobFolders\n"
    code += "folders = JobFolders(Path(sys.argv[1])); folders.open(); print('locked', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        folders = JobFolders(tmp_path)
        with pytest.raises(Conflict):
            folders.open(patience_s=0.0)
        other.kill()
        other.wait()
        folders.open(patience_s=0.0)
        folders.close()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("talk.MP4", "source.mp4"),
        ("../../etc/passwd", "source.bin"),
        ("line\nbreak 🎙.wav", "source.wav"),
        ("x" * 200 + ".flac", "source.flac"),
        ("odd.a/b", "source.bin"),
        ("long.abcdefghijklmn", "source.bin"),
    ],
)
def test_an_upload_is_moved_and_named_safely(tmp_path: Path, name: str, kept: str) -> None:
    upload = tmp_path / "upload.bin"
    upload.write_bytes(b"sound")
    target = JobFolders(tmp_path / "data").adopt("some-job", upload, name)
    assert target == tmp_path / "data" / "media" / "some-job" / kept
    assert target.read_bytes() == b"sound"
    assert not upload.exists()


def test_sweeping_removes_only_what_no_job_needs(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path)
    folders.open()
    done, unfinished, gone = (str(uuid.uuid4()) for _ in range(3))
    for root in (folders.media_root, folders.work_root):
        for name in (done, unfinished, gone, "not-ours"):
            (root / name).mkdir()
    folders.sweep(known=[done, unfinished], unfinished=[unfinished])
    assert {path.name for path in folders.media_root.iterdir()} == {done, unfinished, "not-ours"}
    assert {path.name for path in folders.work_root.iterdir()} == {unfinished, "not-ours"}
    folders.close()


def test_a_data_folder_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AudapolisError, match=r"data folder .* can't be used.*AUDAPOLIS_DATA_DIR"):
        JobFolders(tmp_path / "file" / "data").open()


def test_what_can_not_be_a_recording_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        check_source(tmp_path / "none.wav")
    with pytest.raises(UnsupportedMedia):
        check_source(tmp_path)
