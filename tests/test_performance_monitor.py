"""The door to what happened here: hears, remembers, tells, and never gets in the way."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from audapolis.analytics.span import Period
from audapolis.config import Settings
from audapolis.domain.events import Emit, Event, JobFinished, JobQueued, JobStarted, StageFinished, WorkerStarted
from audapolis.errors import Cancelled, Conflict, UnsupportedMedia
from audapolis.performance_monitor import PerformanceMonitor
from audapolis.settings.groups import AnalyticsSettings


def monitor(folder: Path, **analytics: object) -> PerformanceMonitor:
    return PerformanceMonitor(Settings(data_dir=folder, analytics=AnalyticsSettings(**analytics)))


def work(emit: Emit) -> None:
    emit(StageFinished(stage="decode", wall_s=1.0, audio_s=60.0))


def outcomes(watching: PerformanceMonitor) -> list[tuple[str, str]]:
    watching.settle()
    found = watching.history.frame("jobs", None, ["outcome", "error"])
    return list(zip(found["outcome"], found["error"], strict=True))


def test_work_without_a_queue_is_remembered_as_a_job(tmp_path: Path) -> None:
    heard: list[Event] = []
    with monitor(tmp_path) as watching:
        with watching.job(heard.append) as emit:
            work(emit)
        assert outcomes(watching) == [("done", "")]
        stages = watching.history.frame("stages", None, ["stage"])["stage"]
    assert "decode" in stages
    assert [type(event) for event in heard] == [StageFinished]


def test_work_that_fails_or_is_stopped_is_remembered_as_that(tmp_path: Path) -> None:
    with monitor(tmp_path) as watching:
        with pytest.raises(UnsupportedMedia), watching.job():
            raise UnsupportedMedia("secret.mp3 is no recording.")
        with pytest.raises(Cancelled), watching.job():
            raise Cancelled
        with pytest.raises(ZeroDivisionError), watching.job():
            raise ZeroDivisionError
        assert outcomes(watching) == [("failed", "unsupported_media"), ("cancelled", ""), ("failed", "internal_error")]
    assert b"secret" not in (tmp_path / "analytics" / "history.sqlite").read_bytes()


def test_nothing_is_written_where_it_is_switched_off(tmp_path: Path) -> None:
    with monitor(tmp_path, enabled=False) as watching:
        with watching.job() as emit:
            work(emit)
        with pytest.raises(Conflict, match="switched off"):
            watching.ask("usage", Period(0.0, 1.0))
        with pytest.raises(Conflict):
            watching.remember([])
    assert not (tmp_path / "analytics").exists()


def test_a_history_that_cannot_be_written_harms_no_work(tmp_path: Path) -> None:
    (tmp_path / "analytics").write_text("a file where the folder should be")
    with monitor(tmp_path) as watching:
        with watching.job() as emit:
            work(emit)
        watching.settle()
        assert b"audapolis_events_dropped_total" in watching.exposition.render().body


def test_what_waits_and_works_now_is_told(tmp_path: Path) -> None:
    with monitor(tmp_path) as watching:
        watching.listen(WorkerStarted(pid=7))
        watching.listen(JobQueued(job_id="a"))
        watching.listen(JobStarted(job_id="a", attempt=1, pid=7))
        watching.listen(JobQueued(job_id="b", at=time.time() - 60))
        watching.settle()
        now = watching.now().queue
        assert (dict(now.waiting), now.busy, now.workers) == ({"batch": 1}, 1, 1)
        assert now.oldest_s == pytest.approx(60, abs=30)


def test_news_wake_whoever_waits_for_them(tmp_path: Path) -> None:
    with monitor(tmp_path) as watching:
        before = watching.changed_since(-1, 0.0)
        assert watching.changed_since(before, 0.01) == before
        watching.listen(JobQueued(job_id="a"))
        assert watching.changed_since(before, 10.0) != before


def test_a_server_samples_the_machine(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, analytics=AnalyticsSettings(sample_s=1))
    with PerformanceMonitor(settings, sampling=True) as watching:
        until = time.monotonic() + 20
        while not watching.now().samples and time.monotonic() < until:
            time.sleep(0.05)
        series = {sample.series for sample in watching.now().samples}
        assert {"memory.used_bytes", "process.count", "disk.free_bytes"} <= series
        curves = watching.history.curves("memory.used_bytes", Period(time.time() - 100, time.time() + 100))
    assert curves[0].mean[0] > 0


def test_another_version_leaves_a_mark_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for _ in range(2):
        with PerformanceMonitor(settings, sampling=True) as watching:
            marks = watching.history.frame("changes", None, ["what"], {"what": "version"})
    assert len(marks) == 1


def test_the_report_can_be_had_as_page_and_as_json(tmp_path: Path) -> None:
    with monitor(tmp_path) as watching:
        watching.listen(JobQueued(job_id="a"))
        watching.listen(JobStarted(job_id="a", attempt=1))
        watching.listen(JobFinished(job_id="a"))
        watching.settle()
        period = Period.last(3600.0, time.time() + 10)
        assert watching.report_json(period)["overall"]["jobs"] == 1
        assert watching.report_html(period).startswith(b"<!doctype html>")
