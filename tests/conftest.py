"""Fixtures that every test may use."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no test fetches gigabytes; those of fetching have a hub of their own
os.environ["AUDAPOLIS_CACHE__ENABLED"] = "false"  # each test does its own work; those of reuse say otherwise
_ANALYTICS_DIR = tempfile.mkdtemp(prefix="audapolis-tests-")
atexit.register(shutil.rmtree, _ANALYTICS_DIR, ignore_errors=True)
os.environ["AUDAPOLIS_ANALYTICS__DIR"] = _ANALYTICS_DIR  # commands under test don't write into the user's history

SPEECH_DIR = Path(__file__).parents[2] / "shared" / "speech" / "open"


@pytest.fixture(scope="session")
def speech_dir() -> Path:
    """Real recordings with truth; they are not part of the project."""
    if not SPEECH_DIR.is_dir():
        pytest.skip(f"the speech recordings are not at {SPEECH_DIR}")
    return SPEECH_DIR


@pytest.fixture(scope="session")
def conversation() -> Path:
    """The sample conversation of two speakers that ships with the project."""
    return Path(__file__).parents[1] / "samples" / "conversation.flac"


@pytest.fixture(scope="session")
def tiny_whisper() -> Path:
    """A real, very small Whisper in CTranslate2's format; it knows 61 English and 24 German words."""
    return Path(__file__).parent / "models" / "tiny-whisper"


@pytest.fixture(scope="session")
def sherpa_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real, very small speaker model for sherpa-onnx; it tells the voices of `engines/acoustic/voices.py` apart."""
    from .models.speakers_onnx import make_sherpa_model

    return make_sherpa_model(tmp_path_factory.mktemp("sherpa") / "tiny-sherpa")


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetching models is not forbidden; what comes of it is up to the test."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
