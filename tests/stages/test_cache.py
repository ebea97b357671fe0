"""What is remembered from one job to the next."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest
from audapolis.stages.cache import FolderCache, NoCache, forget, key_of

RECORDING = "ab" * 32
DAY_S = 86400.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(root: Path) -> FolderCache:
    return FolderCache(root, max_bytes=1000, max_age_s=DAY_S)


def age(path: Path, days: float) -> None:
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))


def test_what_is_saved_is_found_by_the_next_process(cache: FolderCache, root: Path) -> None:
    cache.of(RECORDING).save("speech-1", b"spans")
    assert FolderCache(root, 1000, DAY_S).of(RECORDING).load("speech-1") == b"spans"


def test_other_keys_and_other_recordings_find_nothing(cache: FolderCache) -> None:
    cache.of(RECORDING).save("speech-1", b"spans")
    assert cache.of(RECORDING).load("speech-2") is None
    assert cache.of("cd" * 32).load("speech-1") is None


def test_a_kept_file_comes_back_whole(cache: FolderCache, tmp_path: Path) -> None:
    (tmp_path / "audio.pcm").write_bytes(b"sound")
    cache.of(RECORDING).keep("decode-1", tmp_path / "audio.pcm")
    (tmp_path / "audio.pcm").unlink()
    assert cache.of(RECORDING).fetch("decode-1", tmp_path / "again.pcm")
    assert (tmp_path / "again.pcm").read_bytes() == b"sound"
    assert not cache.of(RECORDING).fetch("decode-2", tmp_path / "none.pcm")


def test_only_the_owner_can_read_it(cache: FolderCache, root: Path) -> None:
    cache.of(RECORDING).save("speech-1", b"spans")
    for folder in (root, root / RECORDING):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_was_not_used_for_long_goes(cache: FolderCache, root: Path) -> None:
    for key in ("old", "new"):
        cache.of(RECORDING).save(key, b"x")
    age(root / RECORDING / "old", days=2)
    cache.trim()
    assert [path.name for path in (root / RECORDING).iterdir()] == ["new"]


def test_use_keeps_it_young(cache: FolderCache, root: Path) -> None:
    cache.of(RECORDING).save("old", b"x")
    age(root / RECORDING / "old", days=2)
    cache.of(RECORDING).load("old")
    cache.trim()
    assert cache.of(RECORDING).load("old") == b"x"


def test_where_there_is_too_much_the_longest_unused_goes_first(cache: FolderCache, root: Path) -> None:
    for days, key in ((0.3, "a"), (0.2, "b"), (0.1, "c")):
        cache.of(RECORDING).save(key, bytes(600))
        age(root / RECORDING / key, days)
    cache.trim()
    assert [path.name for path in (root / RECORDING).iterdir()] == ["c"]


def test_empty_folders_go_too(cache: FolderCache, root: Path) -> None:
    cache.of(RECORDING).save("old", b"x")
    age(root / RECORDING / "old", days=2)
    cache.trim()
    assert list(root.iterdir()) == []


def test_what_a_killed_process_left_half_written_goes_after_a_while(cache: FolderCache, root: Path) -> None:
    root.mkdir()
    (root / ".new-left").mkdir()
    (root / ".new-at-work").mkdir()
    age(root / ".new-left", days=1)
    cache.trim()
    assert [path.name for path in root.iterdir()] == [".new-at-work"]


def test_a_recording_is_forgotten_at_once_and_alone(cache: FolderCache, root: Path) -> None:
    for recording in (RECORDING, "cd" * 32):
        cache.of(recording).save("speech-1", b"spans")
    forget(root, RECORDING)
    assert cache.of(RECORDING).load("speech-1") is None
    assert cache.of("cd" * 32).load("speech-1") == b"spans"


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = FolderCache(tmp_path / "cache", 1000, DAY_S).of(RECORDING)
    cache.save("speech-1", b"spans")
    assert cache.load("speech-1") is None
    assert "could not be kept" in caplog.text


def test_many_threads_save_the_same_result_without_harm(cache: FolderCache) -> None:
    recording = cache.of(RECORDING)
    threads = [threading.Thread(target=recording.save, args=("speech-1", b"spans")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recording.load("speech-1") == b"spans"


def test_a_key_depends_on_every_part_and_on_nothing_else() -> None:
    key = key_of("speech", {"a": 1, "b": [1, 2]}, "decode-1")
    assert key == key_of("speech", {"b": [1, 2], "a": 1}, "decode-1")
    assert key.startswith("speech-")
    assert len({key, key_of("speech", {"a": 2, "b": [1, 2]}, "decode-1"), key_of("speech", {}, "decode-1")}) == 3


def test_no_cache_remembers_nothing(tmp_path: Path) -> None:
    cache = NoCache()
    cache.save("speech-1", b"spans")
    cache.keep("decode-1", tmp_path)
    assert cache.load("speech-1") is None
    assert not cache.fetch("decode-1", tmp_path / "x")
