"""`audapolis report`, as its user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from audapolis.cli import main
from audapolis.config import Settings
from audapolis.domain.events import JobFailed, JobFinished, JobQueued, JobStarted
from audapolis.performance_monitor import PerformanceMonitor
from audapolis.settings.groups import AnalyticsSettings


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which two jobs ended just now."""
    monkeypatch.delenv("AUDAPOLIS_ANALYTICS__DIR")
    with PerformanceMonitor(Settings(data_dir=tmp_path, analytics=AnalyticsSettings())) as monitor:
        for job_id, end in (
            ("a", JobFinished(job_id="a")),
            ("b", JobFailed(job_id="b", error="storage_full", message="")),
        ):
            monitor.listen(JobQueued(job_id=job_id))
            monitor.listen(JobStarted(job_id=job_id, attempt=1))
            monitor.listen(end)
    return tmp_path


def test_the_terminal_tells_what_was_done_and_what_failed(
    data_dir: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["report", "--data-dir", str(data_dir), "--last", "1h", "--zone", "UTC"]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert "2 jobs ended" in out
    assert "storage_full" in out
    assert max(map(len, out.splitlines())) <= 100


def test_programs_get_json(data_dir: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["report", "--data-dir", str(data_dir), "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["overall"]["done"] == 1


def test_a_page_is_written_and_not_over_another_one(data_dir: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    page = data_dir / "report.html"
    command = ["report", "--data-dir", str(data_dir), "--html", "-o", str(page)]
    assert main(command) == 0
    assert page.read_bytes().startswith(b"<!doctype html>")
    assert main(command) == 2
    assert main([*command, "--overwrite"]) == 0
    assert b"Traceback" not in capfdbinary.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ["--last", "soon"],
        ["--last", "7d", "--since", "2026-01-01"],
        ["--since", "yesterday"],
        ["--zone", "Atlantis"],
        ["--since", "2026-02-01", "--until", "2026-01-01"],
        ["--open"],
    ],
)
def test_a_time_that_makes_no_sense_is_refused(
    wrong: list[str], data_dir: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["report", "--data-dir", str(data_dir), *wrong]) == 2
    assert b"Traceback" not in capfdbinary.readouterr().err


def test_where_nothing_is_remembered_the_way_to_change_that_is_told(
    data_dir: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDAPOLIS_ANALYTICS__ENABLED", "false")
    assert main(["report", "--data-dir", str(data_dir)]) == 2
    assert b"AUDAPOLIS_ANALYTICS__ENABLED" in capfdbinary.readouterr().err
