"""Results are written whole or not at all, and never over something unasked."""

import os
from pathlib import Path

import pytest
from audapolis.errors import Conflict, InvalidOption, StorageFull
from audapolis.terminal.writing import Permission, write_result


def test_a_result_is_written_with_its_folder_and_the_users_permissions(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "talk.txt"
    write_result(path, b"hello")
    assert path.read_bytes() == b"hello"
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_result(tmp_path / "link.txt", b"hello")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_bytes() == b"hello"


def test_a_full_device_is_reported_and_stays_a_device() -> None:
    with pytest.raises(StorageFull, match="no room"):
        write_result(Path("/dev/full"), b"hello")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("name", ["file/below.txt", "x" * 300, "folder"])
def test_an_impossible_place_is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidOption):
        write_result(tmp_path / name, b"hello")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_existing_results_need_permission(tmp_path: Path) -> None:
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("old")
    Permission(granted=False, ask=None).check([other])
    Permission(granted=True, ask=None).check([path])
    Permission(granted=False, ask=None).check([Path(os.devnull)])
    with pytest.raises(Conflict, match=r"a\.txt exists") as refused:
        Permission(granted=False, ask=None).check([path, other])
    assert "--overwrite" in refused.value.hint


def test_the_user_is_asked_and_may_allow_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    questions = []
    answers = iter(["n\n", "\n", "yes\n", "a\n"])

    def ask(question: str) -> str:
        questions.append(question)
        return next(answers)

    permission = Permission(granted=False, ask=ask)
    for _ in range(2):
        with pytest.raises(Conflict):
            permission.check([path])
    for _ in range(4):
        permission.check([path])
    assert len(questions) == 4
    assert "a.txt" in questions[0]
