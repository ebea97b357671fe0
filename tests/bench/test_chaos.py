from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench.chaos import Report, redone

from ..jobs.runners import Script

REPOSITORY = Path(__file__).parents[2]


def test_work_is_redone_only_if_it_was_saved_before() -> None:
    audit = [("probe", "started"), ("probe", "started"), ("probe", "saved"), ("probe", "resumed")]
    assert list(redone(audit)) == []
    assert list(redone([*audit, ("probe", "started"), ("probe", "saved")])) == ["probe", "probe"]


def test_a_run_passes_only_when_nothing_is_lost_changed_redone_or_left_over() -> None:
    assert Report(files=2, workers=1, seed=1, done=2).passed
    assert not Report(files=2, workers=1, seed=1, done=1).passed
    assert not Report(files=2, workers=1, seed=1, done=2, different=["a"]).passed
    assert not Report(files=2, workers=1, seed=1, done=2, redone=["a: probe"]).passed
    assert not Report(files=2, workers=1, seed=1, done=2, survivors=1).passed


@pytest.mark.slow
def test_jobs_survive_random_kills_of_workers_and_servers(tmp_path: Path) -> None:
    files = [Script(chunks=8, chunk_s=0.1).write(tmp_path / f"{n}.json") for n in range(3)]
    command = [sys.executable, "-m", "bench.chaos", "--files", *map(str, files), "--kills", "5", "--mean-s", "0.4"]
    command += ["--runner", "tests.jobs.runners:ChunkRunner", "--json", str(tmp_path / "report.json")]
    ran = subprocess.run(command, check=False, cwd=REPOSITORY, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["passed"]
    assert sum(report["kills"].values()) >= 2
