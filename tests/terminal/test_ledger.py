"""A batch's memory."""

from pathlib import Path

import pytest
from audapolis.audio.sources import fingerprint
from audapolis.domain.options import TranscribeOptions
from audapolis.errors import Conflict
from audapolis.terminal.ledger import Ledger

OPTIONS = TranscribeOptions()


def test_what_was_saved_is_remembered(tmp_path: Path) -> None:
    result = tmp_path / "talk.txt"
    with Ledger(tmp_path / "memory") as ledger:
        ledger.submitted("key", "job-1")
        ledger.claim(result, "key")
        ledger.save()
    with Ledger(tmp_path / "memory") as ledger:
        assert ledger.job("key") == "job-1"
        assert ledger.claimed(result, "key")
        assert not ledger.finished(result, "key")
        ledger.written(result, "key")
        assert not ledger.finished(result, "key"), "the file is not there"
        result.write_text("hello")
        assert ledger.finished(result, "key")
        assert not ledger.finished(result, "other key")


def test_the_key_follows_content_and_options_not_the_name(tmp_path: Path) -> None:
    one, same, other = tmp_path / "one.wav", tmp_path / "same.wav", tmp_path / "other.wav"
    one.write_bytes(b"sound")
    same.write_bytes(b"sound")
    other.write_bytes(b"music")
    with Ledger(tmp_path / "memory") as ledger:
        key = ledger.key(one, OPTIONS, fingerprint)
        assert ledger.key(same, OPTIONS, fingerprint) == key
        assert ledger.key(other, OPTIONS, fingerprint) != key
        assert ledger.key(one, TranscribeOptions(diarize=False), fingerprint) != key
        one.write_bytes(b"changed")
        assert ledger.key(one, OPTIONS, fingerprint) != key


def test_unchanged_files_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "one.wav"
    path.write_bytes(b"sound")

    def never(_path: Path) -> str:
        pytest.fail("it was read again")

    with Ledger(tmp_path / "memory") as ledger:
        key = ledger.key(path, OPTIONS, fingerprint)
        ledger.save()
    with Ledger(tmp_path / "memory") as ledger:
        assert ledger.key(path, OPTIONS, never) == key


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"schema": "audapolis.batch/9"}', b'{"schema": "audapolis.batch/1"}']
)
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "batch.json").write_bytes(damage)
    with Ledger(tmp_path) as ledger:
        assert ledger.job("key") is None
        ledger.save()


def test_only_one_batch_at_a_time_holds_it(tmp_path: Path) -> None:
    with Ledger(tmp_path), pytest.raises(Conflict, match="Another batch"), Ledger(tmp_path):
        pass
    with Ledger(tmp_path):
        pass


def test_names_that_are_no_text_are_remembered_too(tmp_path: Path) -> None:
    path = tmp_path / b"\xff\xfe.wav".decode("utf-8", "surrogateescape")
    path.write_bytes(b"sound")
    with Ledger(tmp_path / "memory") as ledger:
        key = ledger.key(path, OPTIONS, fingerprint)
        ledger.claim(path, key)
        ledger.save()
    with Ledger(tmp_path / "memory") as ledger:
        assert ledger.claimed(path, key)
