"""The door to jobs, with real worker processes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from audapolis.config import Settings
from audapolis.domain.events import (
    Event,
    JobCancelled,
    JobEvent,
    JobFailed,
    JobFinished,
    JobProgressed,
    JobQueued,
    JobStarted,
    WorkerEnded,
)
from audapolis.domain.options import TranscribeOptions
from audapolis.errors import Conflict, NotFound
from audapolis.jobs.record import Job, JobState
from audapolis.tasks import TaskManager

from .jobs.runners import ChunkRunner, Script, executions, fast_settings

OPTIONS = TranscribeOptions(language="en")


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TaskManager]:
    with TaskManager(fast_settings(tmp_path_factory.mktemp("data")), ChunkRunner) as started:
        yield started


def submit(manager: TaskManager, folder: Path, script: Script | None = None, **more: object) -> Job:
    source = (script or Script()).write(folder / f"{time.time_ns()}.json")
    return manager.submit(source, name="talk.wav", options=OPTIONS, **more)  # type: ignore[arg-type]


def wait_until_running(manager: TaskManager, job: Job) -> None:
    until = time.monotonic() + 20
    while manager.get(job.id).state is JobState.QUEUED:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_submitted_recording_becomes_a_transcript(manager: TaskManager, tmp_path: Path) -> None:
    job = submit(manager, tmp_path, Script(chunks=3))
    assert job.state is JobState.QUEUED
    assert job.options == OPTIONS
    done = manager.wait(job.id, 30)
    assert (done.state, done.progress, done.attempt, done.error) == (JobState.DONE, 1.0, 1, None)
    transcript = manager.transcript(job.id)
    assert [word.text for word in transcript.words] == ["word0", "word1", "word2"]
    assert manager.find_transcript(transcript.id) == done
    assert manager.list()[-1] == done
    assert executions(done) == [0, 1, 2]


def test_a_listener_hears_the_whole_life_of_a_job_in_order(manager: TaskManager, tmp_path: Path) -> None:
    heard: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError("a listener's own fault")

    ends = [manager.subscribe(broken), manager.subscribe(heard.append)]
    job = submit(manager, tmp_path, Script(chunks=6, chunk_s=0.2))
    manager.wait(job.id, 30)
    until = time.monotonic() + 5
    while not any(isinstance(event, JobFinished) for event in heard) and time.monotonic() < until:
        time.sleep(0.01)
    for end in ends:
        end()
    names = [type(event).__name__ for event in heard]
    assert names[:4] == ["JobQueued", "JobStarted", "StageStarted", "StageFinished"]
    assert names[-1] == "JobFinished"
    progress = [event.progress for event in heard if isinstance(event, JobProgressed)]
    assert len(progress) >= 2
    assert progress == sorted(progress)


def test_an_upload_is_taken_over_and_deleted_with_its_job(manager: TaskManager, tmp_path: Path) -> None:
    upload = Script().write(tmp_path / "upload")
    job = manager.submit(upload, name="Mein Film.MOV", options=OPTIONS, owns_source=True)
    assert not upload.exists()
    manager.wait(job.id, 30)
    media = manager.media(job.id)
    assert media.name == "source.mov"
    manager.delete(job.id)
    assert not media.exists()
    assert not media.parent.exists()
    with pytest.raises(NotFound):
        manager.get(job.id)


def test_a_file_that_is_not_ours_stays_where_it_is(manager: TaskManager, tmp_path: Path) -> None:
    job = submit(manager, tmp_path)
    manager.wait(job.id, 30)
    assert manager.media(job.id) == Path(job.source)
    manager.delete(job.id)
    assert Path(job.source).exists()


def test_media_that_was_moved_away_is_not_found(manager: TaskManager, tmp_path: Path) -> None:
    job = submit(manager, tmp_path)
    manager.wait(job.id, 30)
    Path(job.source).unlink()
    with pytest.raises(NotFound, match="gone"):
        manager.media(job.id)


def test_a_missing_file_is_refused_at_submission(manager: TaskManager, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        manager.submit(tmp_path / "none.wav", name="x", options=OPTIONS)


def test_bad_media_fail_at_once_with_their_reason_and_can_be_retried(manager: TaskManager, tmp_path: Path) -> None:
    heard: list[Event] = []
    end = manager.subscribe(heard.append)
    job = submit(manager, tmp_path, Script(deeds={"1": "refuse"}))
    failed = manager.wait(job.id, 30)
    end()
    assert (failed.state, failed.attempt) == (JobState.FAILED, 1)
    assert failed.error is not None
    assert (failed.error.code, failed.error.hint) == ("unsupported_media", "Give another file.")
    assert [event.error for event in heard if isinstance(event, JobFailed)] == ["unsupported_media"]
    with pytest.raises(Conflict, match="no sound"):
        manager.transcript(job.id)
    Path(job.source).write_text(json.dumps({"chunks": 3}))
    manager.retry(job.id)
    done = manager.wait(job.id, 30)
    assert (done.state, done.attempt) == (JobState.DONE, 2)
    assert executions(done) == [0, 1, 1, 2]


def test_a_bug_is_a_failure_of_the_job_and_not_of_the_worker(manager: TaskManager, tmp_path: Path) -> None:
    pids = manager.worker_pids
    failed = manager.wait(submit(manager, tmp_path, Script(deeds={"0": "bug"})).id, 30)
    assert failed.error is not None
    assert failed.error.code == "internal_error"
    assert "KeyError" in failed.error.message
    assert manager.worker_pids == pids


def test_a_running_job_is_cancelled_within_two_seconds_and_goes_on_when_retried(
    manager: TaskManager, tmp_path: Path
) -> None:
    heard: list[Event] = []
    end = manager.subscribe(heard.append)
    job = submit(manager, tmp_path, Script(chunks=4, chunk_s=0.6))
    while "transcribe/0" not in [run.key for run in manager.stage_runs(job.id)]:
        time.sleep(0.05)
    pids, began = manager.worker_pids, time.monotonic()
    assert manager.cancel(job.id).state is JobState.RUNNING
    assert manager.wait(job.id, 10).state is JobState.CANCELLED
    assert time.monotonic() - began < 2
    assert manager.worker_pids == pids
    assert manager.cancel(job.id).state is JobState.CANCELLED
    manager.retry(job.id)
    done = manager.wait(job.id, 30)
    end()
    assert done.state is JobState.DONE
    assert executions(done).count(0) == 1
    assert [type(e) for e in heard if isinstance(e, JobCancelled | JobFinished)] == [JobCancelled, JobFinished]


def test_waiting_jobs_are_cancelled_at_once_and_run_by_priority(manager: TaskManager, tmp_path: Path) -> None:
    order: list[str] = []
    end = manager.subscribe(lambda event: order.append(event.job_id) if isinstance(event, JobStarted) else None)
    busy = submit(manager, tmp_path, Script(chunks=1, chunk_s=1.0))
    wait_until_running(manager, busy)
    low, high, unwanted = (submit(manager, tmp_path, priority=priority) for priority in (0, 7, 9))
    assert manager.cancel(unwanted.id).state is JobState.CANCELLED
    assert manager.wait(low.id, 30).state is JobState.DONE
    end()
    assert order == [busy.id, high.id, low.id]
    with pytest.raises(Conflict, match="already ended: it is done"):
        manager.cancel(low.id)


def test_deleting_a_running_job_stops_it_and_leaves_no_files(manager: TaskManager, tmp_path: Path) -> None:
    upload = Script(chunks=50, chunk_s=0.2).write(tmp_path / "upload.wav")
    job = manager.submit(upload, name="x.wav", options=OPTIONS, owns_source=True)
    wait_until_running(manager, job)
    manager.delete(job.id)
    with pytest.raises(NotFound):
        manager.get(job.id)
    data_dir = Path(job.source).parents[2]
    assert not list(data_dir.glob(f"*/{job.id}"))


def test_waiting_for_a_job_gives_up_after_its_time(manager: TaskManager, tmp_path: Path) -> None:
    job = submit(manager, tmp_path, Script(chunks=1, chunk_s=20.0))
    began = time.monotonic()
    assert not manager.wait(job.id, 0.1).state.ended
    assert time.monotonic() - began < 10
    manager.wait(job.id, 30)


def test_many_threads_may_submit_and_look_at_the_same_time(manager: TaskManager, tmp_path: Path) -> None:
    jobs: list[Job] = []

    def use() -> None:
        for _ in range(3):
            jobs.append(submit(manager, tmp_path, Script(chunks=1, chunk_s=0.001)))
            manager.list()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {manager.wait(job.id, 30).state for job in jobs} == {JobState.DONE}
    assert all(executions(job) == [0] for job in jobs)


def test_a_second_manager_on_the_same_data_folder_is_refused(manager: TaskManager) -> None:
    settings: Settings = manager._settings
    with pytest.raises(Conflict, match="already uses the data folder"):
        TaskManager(settings, ChunkRunner).start()


def test_a_manager_that_is_not_started_says_so(tmp_path: Path) -> None:
    idle = TaskManager(fast_settings(tmp_path), ChunkRunner)
    idle.stop()
    with pytest.raises(Conflict, match="not running"):
        idle.list()
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_manager_puts_running_jobs_back_and_the_next_one_finishes_them(tmp_path: Path) -> None:
    settings = fast_settings(tmp_path / "data")
    heard: list[Event] = []
    with TaskManager(settings, ChunkRunner) as first:
        job = submit(first, tmp_path, Script(chunks=5, chunk_s=0.3))
        while "transcribe/1" not in [run.key for run in first.stage_runs(job.id)]:
            time.sleep(0.02)
        first.subscribe(heard.append)
        began = time.monotonic()
    assert time.monotonic() - began < 2.5
    assert isinstance([event for event in heard if isinstance(event, JobEvent)][-1], JobQueued)
    assert isinstance(heard[-1], WorkerEnded)
    assert heard[-1].orderly
    with TaskManager(settings, ChunkRunner) as second:
        done = second.wait(job.id, 30)
        assert (done.state, done.attempt) == (JobState.DONE, 2)
        assert [run.what for run in second.stage_runs(job.id) if run.key == "probe"] == ["started", "saved", "resumed"]
    counts = executions(done)
    assert [counts.count(index) for index in range(5)].count(1) >= 4
    assert max(counts.count(index) for index in range(5)) <= 2
