"""The look at the machine and at the settings, as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audapolis.capabilities import Capabilities
from audapolis.config import Settings, load_settings
from audapolis.engines.devices import Device

from .survey.machines import GIB, FixedProbe

pytestmark = pytest.mark.usefixtures("online")

CARD = Device("cuda", 0, "NVIDIA L4", "GPU-1", 24 * GIB, driver="550.54", capability=(8, 9))


def settings(folder: Path, **given: Any) -> Settings:
    return load_settings(data_dir=folder / "data", devices={"run_dir": folder / "run"}, **given)


def messages(wanted: Settings, *cards: Device) -> list[str]:
    return [each.message for each in Capabilities(wanted, FixedProbe(*cards, cores=1)).conflicts()]


def test_the_defaults_fit_a_usual_machine(tmp_path: Path) -> None:
    for preset in (None, "basic"):
        wanted = settings(tmp_path, preset=preset, transcription={"processes": 1})
        found = Capabilities(wanted, FixedProbe()).conflicts()
        assert [each for each in found if "CPU" not in each.message] == []


def test_a_preset_too_large_for_the_machine_is_told(tmp_path: Path) -> None:
    [said] = messages(settings(tmp_path, preset="advanced"))
    assert said.startswith("large-v3 on this CPU: about 0.1x real time")
    assert messages(settings(tmp_path, preset="advanced"), CARD) == []


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_gpu_asked_for_where_none_is_is_told(tmp_path: Path, device: str) -> None:
    assert "GPU" in messages(settings(tmp_path, transcription={"device": device}))[0]


def test_a_model_nobody_knows_is_told(tmp_path: Path) -> None:
    assert any("smal" in said for said in messages(settings(tmp_path, models={"defaults": {"*": "smal"}})))


def test_the_model_of_each_language_is_judged_once(tmp_path: Path) -> None:
    said = messages(settings(tmp_path, models={"defaults": {"de": "medium", "fr": "medium", "*": "large-v3"}}))
    assert [each.split()[0] for each in said] == ["medium", "large-v3"]
    offline = {"defaults": {"de": "medium"}, "offline": True}
    assert "medium is not on this machine" in messages(settings(tmp_path, models=offline))[0]


def test_an_engine_that_is_not_installed_is_told_with_its_remedy(tmp_path: Path) -> None:
    found = Capabilities(settings(tmp_path, diarization={"engine": "pyanote"}), FixedProbe()).conflicts()
    assert [each.settings for each in found] == [("diarization.engine",)]
    assert "pyannote" in found[0].remedy


def test_a_model_on_disk_needs_no_network(tmp_path: Path, tiny_whisper: Path) -> None:
    assert messages(settings(tmp_path, models={"defaults": {"*": str(tiny_whisper)}, "offline": True})) == []


def test_the_report_recommends_a_large_model_for_a_gpu(tmp_path: Path) -> None:
    report = Capabilities(settings(tmp_path), FixedProbe(CARD)).report()
    assert report.recommended.model == "large-v3"
    assert [gpu.name for gpu in report.machine.gpus] == ["NVIDIA L4"]
    assert report.healthy
