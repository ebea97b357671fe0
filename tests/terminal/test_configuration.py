"""The settings on a terminal."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from audapolis.config import load_configuration
from audapolis.terminal.configuration import as_json, as_text

TOKEN = "a-token-nobody-may-see"


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(
        'preset = "enhanced"\n[server]\nmin_free_bytes = 5\n[models.aliases]\n"a b" = "x \\"y\\""\n'
        '[jobs]\ndatabase_url = "postgresql://me:hush@host/jobs"\n'
    )
    monkeypatch.setenv("AUDAPOLIS_SERVER__TOKEN", TOKEN)
    return file


def test_what_is_shown_is_a_configuration_file_that_means_the_same(configured: Path, tmp_path: Path) -> None:
    there = load_configuration(config_file=configured, data_dir=tmp_path)
    again = tmp_path / "again.toml"
    again.write_text(as_text(there.describe(), origin=False))
    # What is hidden is not in it; the token comes from the environment again.
    wanted = there.settings.model_copy(update={"jobs": there.settings.jobs.model_copy(update={"database_url": None})})
    assert load_configuration(config_file=again).settings == wanted


def test_the_origin_of_each_value_is_told(configured: Path, tmp_path: Path) -> None:
    text = as_text(load_configuration(config_file=configured, data_dir=tmp_path).describe(), origin=True)
    rows = {line.split()[0]: line for line in text.splitlines()}
    assert rows["server.min_free_bytes"].endswith(f"file {configured}")
    assert rows["server.token"].endswith("environment AUDAPOLIS_SERVER__TOKEN")
    assert rows["models.defaults"].endswith("preset enhanced")
    assert rows["data_dir"].endswith("command line")
    assert rows["server.port"].endswith("default")


@pytest.mark.parametrize("origin", [True, False])
def test_secrets_are_never_shown(configured: Path, tmp_path: Path, origin: bool) -> None:
    there = load_configuration(config_file=configured, data_dir=tmp_path)
    told = as_text(there.describe(), origin=origin) + str(as_json(there.describe())) + repr(there.settings)
    assert TOKEN not in told
    assert "hush" not in told
    assert "(hidden)" in told


def test_the_table_for_programs_has_layer_and_effect(configured: Path, tmp_path: Path) -> None:
    told = as_json(load_configuration(config_file=configured, data_dir=tmp_path).describe())["settings"]
    assert told["server.min_free_bytes"] == {
        "value": 5,
        "layer": "file",
        "where": str(configured),
        "effect": "at once",
    }
    assert told["data_dir"]["value"] == str(tmp_path)


def test_every_line_is_toml() -> None:
    tomllib.loads(as_text(load_configuration().describe(), origin=False))
