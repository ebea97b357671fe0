"""The doctor's report."""

from pathlib import Path

from audapolis.domain.capability import Capability, used_instead
from audapolis.terminal.doctor import as_text, examine

ENGINES = [
    Capability("best", "speech", False, reason="Its weights are missing.", remedy="Pull them."),
    Capability("draft", "speech", True, "offline"),
    Capability("other", "speakers", False, reason="No reason.", remedy="None."),
]
LIBAV = {"libavcodec": "62.1.2", "libavformat": "62.0.0"}


def test_what_is_used_instead_is_told_with_reason_and_remedy(tmp_path: Path) -> None:
    found = examine("1.2.3", tmp_path / "not" / "yet", LIBAV, ENGINES)
    assert found.healthy
    assert found.used["speech"] == "draft"
    assert "speakers" not in found.used
    text = as_text(found)
    for said in ("Its weights are missing.", "Used instead: draft.", "Pull them.", "libavcodec 62.1.2"):
        assert said in text


def test_without_an_engine_or_libav_nothing_is_healthy(tmp_path: Path) -> None:
    assert not examine("1", tmp_path, LIBAV, ENGINES[:1]).healthy
    assert not examine("1", tmp_path, {}, ENGINES).healthy
    assert "pip install" in as_text(examine("1", tmp_path, {}, ENGINES))


def test_a_data_folder_that_can_not_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    found = examine("1", tmp_path / "file" / "data", LIBAV, ENGINES)
    assert not found.healthy
    assert "AUDAPOLIS_DATA_DIR" in as_text(found)


def test_the_best_available_of_the_same_kind_is_used_instead() -> None:
    assert used_instead(ENGINES[0], ENGINES) == ENGINES[1]
    assert used_instead(ENGINES[1], ENGINES) is None
    assert used_instead(ENGINES[2], ENGINES) is None
