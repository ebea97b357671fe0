from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from audapolis.analytics.digests import KEY, Digests


def test_a_digest_is_twelve_hex_digits_and_the_same_each_time_and_after_a_restart(tmp_path: Path) -> None:
    digests = Digests(tmp_path)
    assert re.fullmatch("[0-9a-f]{12}", digests.of("127.0.0.1"))
    assert digests.of("127.0.0.1") == digests.of("127.0.0.1") == Digests(tmp_path).of("127.0.0.1")
    assert digests.of("127.0.0.1") != digests.of("127.0.0.2")


def test_on_another_machine_the_same_text_has_another_digest(tmp_path: Path) -> None:
    assert Digests(tmp_path / "one").of("x") != Digests(tmp_path / "other").of("x")


def test_any_text_has_a_digest(tmp_path: Path) -> None:
    digests = Digests(tmp_path)
    assert len({digests.of(text) for text in ("", "\n", "ü", "😀", "\udc80", "x" * 10_000)}) == 6


def test_the_key_is_made_with_the_first_digest_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    digests = Digests(folder)
    assert not folder.exists()
    digests.of("x")
    assert [path.name for path in folder.iterdir()] == [KEY]
    assert (folder / KEY).stat().st_mode & 0o777 == 0o600
    assert len((folder / KEY).read_bytes()) == 32


def test_all_who_begin_at_the_same_time_get_the_same_key(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    made: list[str] = []

    def make() -> None:
        digests = Digests(tmp_path)
        barrier.wait()
        made.append(digests.of("x"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY]


def test_so_do_processes(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from audapolis.analytics.digests import Digests\n"
    code += "print(Digests(Path(sys.argv[1])).of('x'))"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = {process.communicate()[0].strip() for process in running}
    assert said == {Digests(tmp_path).of("x")}


@pytest.mark.parametrize("content", [b"", b"too short", b"x" * 33])
def test_a_damaged_key_gives_no_digests_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / KEY).write_bytes(content)
    digests = Digests(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert digests.of("x") == digests.of("y") == ""
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "damaged" in caplog.text


def test_a_folder_that_can_not_be_made_gives_no_digests(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    assert Digests(tmp_path / "a file" / "folder").of("x") == ""
