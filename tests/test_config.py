from __future__ import annotations

from pathlib import Path

import pytest
from audapolis.config import load_settings
from audapolis.errors import InvalidOption


def test_the_defaults_listen_on_loopback_only() -> None:
    assert load_settings().server.host == "127.0.0.1"


def test_nested_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDAPOLIS_SERVER__PORT", "8123")
    monkeypatch.setenv("AUDAPOLIS_JOBS__WORKERS", "3")
    settings = load_settings()
    assert (settings.server.port, settings.jobs.workers) == (8123, 3)
    assert settings.server.host == "127.0.0.1"


def test_a_wrong_value_is_refused_with_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDAPOLIS_SPEECH__THRESHOLD", "7")
    with pytest.raises(InvalidOption, match="AUDAPOLIS_SPEECH__THRESHOLD"):
        load_settings()


def test_the_job_store_is_a_file_in_the_data_folder_unless_a_url_is_given(tmp_path: Path) -> None:
    assert load_settings(data_dir=tmp_path).database_url == f"sqlite:///{tmp_path}/jobs.sqlite"
    jobs = {"database_url": "postgresql://x/y"}
    assert load_settings(jobs=jobs).database_url == "postgresql://x/y"
