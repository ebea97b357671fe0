"""A hub that holds the tiny Whisper under names of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audapolis.config import Settings
from audapolis.models import ModelLibrary

from .hubserver import HubServer, serving_hub

TINY = "Systran/faster-whisper-tiny"


@pytest.fixture(autouse=True)
def no_hub_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(tiny_whisper: Path) -> Iterator[HubServer]:
    with serving_hub() as server:
        server.hold(TINY, tiny_whisper)
        yield server


def library_for(folder: Path, endpoint: str, **models: object) -> ModelLibrary:
    return ModelLibrary(Settings.model_validate({"models": {"dir": folder, "endpoint": endpoint, **models}}))


@pytest.fixture
def library(hub: HubServer, tmp_path: Path) -> ModelLibrary:
    return library_for(tmp_path / "models", hub.url)
