"""`audapolis models`, typed as a user types it, against a real hub on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audapolis.cli import main

from ..catalog.conftest import TINY
from ..catalog.hubserver import HubServer, serving_hub


@pytest.fixture
def hub(tiny_whisper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with serving_hub() as server:
        server.hold(TINY, tiny_whisper)
        monkeypatch.setenv("AUDAPOLIS_MODELS__ENDPOINT", server.url)
        monkeypatch.setenv("AUDAPOLIS_DATA_DIR", str(tmp_path))
        yield server


def models(*arguments: str | Path) -> int:
    return main(["models", *map(str, arguments)])


def listed(capfd: pytest.CaptureFixture[str]) -> Any:
    capfd.readouterr()
    assert models("list", "--json") == 0
    return json.loads(capfd.readouterr().out)


def test_a_model_is_pulled_listed_and_removed(hub: HubServer, capfd: pytest.CaptureFixture[str]) -> None:
    assert models("pull", "tiny") == 0
    said = capfd.readouterr().err
    assert "Fetching tiny (2 MB) from https://huggingface.co/Systran/faster-whisper-tiny." in said
    assert "tiny is on this machine (2 MB)." in said
    found = listed(capfd)
    assert [model["name"] for model in found["installed"]] == ["tiny"]
    assert models() == 0
    [row] = [line for line in capfd.readouterr().out.splitlines() if line.startswith("tiny ")]
    assert row.split()[1] == "yes"
    assert models("remove", "tiny") == 0
    assert listed(capfd)["installed"] == []


@pytest.mark.slow
def test_a_model_is_imported_and_used_by_its_alias(
    hub: HubServer, capfd: pytest.CaptureFixture[str], tiny_whisper: Path
) -> None:
    assert models("import", tiny_whisper, "--name", "mine", "--language", "en") == 0
    said = capfd.readouterr().err
    assert "mine is on this machine" in said
    assert "It works; it heard:" in said
    assert "--engine whisper --model mine" in said
    assert models("alias", "daily", "mine") == 0
    assert models("alias", "mine", "--default-for", "en") == 0
    found = listed(capfd)
    assert (found["aliases"], found["defaults"]) == ({"daily": "mine"}, {"en": "mine"})
    assert models("alias", "daily", "--clear") == 0
    assert models("alias", "--default-for", "en", "--clear") == 0
    assert listed(capfd)["aliases"] == {}


@pytest.mark.slow
def test_all_models_are_verified_and_measured(hub: HubServer, capfd: pytest.CaptureFixture[str]) -> None:
    assert models("pull", "tiny") == 0
    assert models("verify") == 0
    assert "tiny: whole. It works" in capfd.readouterr().err
    assert models("bench", "tiny") == 0
    assert "s of work per second of speech" in capfd.readouterr().err
    assert listed(capfd)["installed"][0]["realtime_factor"] > 0


def test_offline_nothing_is_said_to_be_fetched(
    hub: HubServer, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDAPOLIS_MODELS__OFFLINE", "true")
    assert models("pull", "tiny") == 1
    said = capfd.readouterr().err
    assert "nothing may be fetched" in said
    assert "Fetching" not in said
    assert models("verify") == 0
    assert "No models are on this machine" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pull"], 2, "Try: audapolis models pull small"),
        (["pull", "smal"], 2, "Did you mean 'small'?"),
        (["pull", "base"], 1, "no 'Systran/faster-whisper-base' that is open to everybody"),
        (["remove", "small"], 2, "audapolis models pull small"),
        (["remove", "pocketsphinx-en-us"], 2, "built in"),
        (["import", "/nothing"], 2, "There is no '/nothing'"),
        (["alias", "one"], 2, "typed differently"),
        (["alias", "a", "b", "c"], 2, "typed differently"),
        (["list", "more"], 2, "typed differently"),
    ],
)
def test_mistakes_get_a_message_and_a_code(
    hub: HubServer, capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert models(*arguments) == code
    said = capfd.readouterr().err
    assert message in said
    assert "Traceback" not in said
