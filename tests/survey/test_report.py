"""The capability report."""

from __future__ import annotations

from pathlib import Path

from audapolis.domain.capability import Capability
from audapolis.survey.advice import recommend
from audapolis.survey.report import Report, decoding, devices, library_versions, not_built_yet, report, store

from .machines import CARD, KNOWN, machine

ENGINES = [
    Capability("best", "speech", False, reason="Its weights are missing.", remedy="Pull them."),
    Capability("draft", "speech", True, "offline"),
    Capability("other", "speakers", False, reason="No reason.", remedy="None."),
]
LIBAV = {"libavcodec": "62.1.2", "libavformat": "62.0.0"}


def report_of(*capabilities: Capability) -> Report:
    there = machine()
    good = recommend(there, KNOWN, offline=False)
    return report("1.2.3", there, LIBAV, capabilities, models=[], conflicts=[], recommended=good)


def test_what_is_used_instead_is_added_where_there_is_something(tmp_path: Path) -> None:
    found = report_of(*ENGINES, decoding(LIBAV), store(tmp_path, "sqlite:///x"), *not_built_yet())
    assert found.healthy
    assert found.used["speech"] == "draft"
    assert "speakers" not in found.used
    instead = {each.name: each.instead for each in found.capabilities}
    assert instead["best"] == "draft"
    assert instead["draft"] == instead["other"] == ""
    assert "ended" in instead["live"]


def test_without_an_engine_libav_or_a_store_nothing_is_healthy(tmp_path: Path) -> None:
    there = [ENGINES[1], decoding(LIBAV), store(tmp_path, "sqlite:///x")]
    assert report_of(*there).healthy
    for missing in range(3):
        assert not report_of(*(each for i, each in enumerate(there) if i != missing)).healthy
    assert "pip install" in decoding({}).remedy


def test_a_data_folder_that_can_not_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    found = store(tmp_path / "file" / "data", "sqlite:///x")
    assert not found.available
    assert "AUDAPOLIS_DATA_DIR" in found.remedy


def test_devices_are_the_gpus_and_the_processor() -> None:
    without = devices(machine(), "")
    assert [(each.name, each.available) for each in without] == [("cuda", False), ("cpu", True)]
    assert without[0].reason == "No NVIDIA driver is at hand."
    assert [each.available for each in devices(machine(gpus=(CARD,)), "")] == [True, True]
    broken = devices(machine(gpus=(CARD,)), "libcublas.so.12")[0]
    assert not broken.available
    assert "libcublas.so.12" in broken.reason
    assert "audapolis[gpu]" in broken.remedy


def test_libraries_of_extras_are_told_only_where_they_are() -> None:
    versions = library_versions()
    assert versions["numpy"]
    assert versions.get("torch") != ""
