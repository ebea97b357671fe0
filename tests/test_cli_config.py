"""`audapolis config` and the options that name settings, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUDAPOLIS_")}
    own = {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
    return subprocess.run(
        [sys.executable, "-m", "audapolis", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**kept, **own, **environment},
    )


def test_the_settings_are_printed_as_a_file_a_table_and_json(tmp_path: Path) -> None:
    told: Any = json.loads(run(tmp_path, "config", "--json", "--preset", "basic").stdout)
    assert told["settings"]["models.offline"] == {
        "value": True,
        "layer": "preset",
        "where": "basic",
        "effect": "next job",
    }
    assert "offline = true  # preset basic" in run(tmp_path, "config", "show", "--preset", "basic").stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("--preset", "bacis"), {}, "did you mean basic?"),
        (("--config", "/no/such.toml"), {}, "/no/such.toml can't be read: no such file"),
        ((), {"AUDAPOLIS_JOBS__WORKER": "2"}, "did you mean AUDAPOLIS_JOBS__WORKERS?"),
        (("--verbose",), {"AUDAPOLIS_SERVER__TOKEN": "hush-hush"}, "AUDAPOLIS_SERVER__TOKEN is wrong"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback_or_a_secret(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    done = run(tmp_path, "config", *arguments, **environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert "hush-hush" not in done.stderr
    assert done.stdout == ""


def test_a_variable_that_is_no_setting_is_noticed(tmp_path: Path) -> None:
    done = run(tmp_path, "config", "--origin", AUDAPOLIS_SERVER_PORT="1")
    assert done.returncode == 0
    assert "did you mean AUDAPOLIS_SERVER__PORT?" in done.stderr
