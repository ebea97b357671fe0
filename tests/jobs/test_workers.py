"""Worker processes that die, hang, refuse to stop and grow, and servers that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from audapolis.domain.events import Event, ModelLoaded, ModelReleased, WorkerEnded, WorkerLost
from audapolis.domain.options import TranscribeOptions
from audapolis.jobs.record import Job, JobState
from audapolis.jobs.worker import WorkerPlan
from audapolis.tasks import TaskManager

from .conftest import wipe
from .runners import (
    BrokenRunner,
    ChunkRunner,
    PatientRunner,
    PreparedRunner,
    Script,
    SpentRunner,
    executions,
    fast_settings,
)

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]


def submit(manager: TaskManager, folder: Path, script: Script) -> Job:
    source = script.write(folder / f"{time.time_ns()}.json")
    return manager.submit(source, name="talk.wav", options=TranscribeOptions())


def until(true: Callable[[], object], patience_s: float = 20.0) -> None:
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def saved(manager: TaskManager, job: Job, key: str) -> bool:
    return any(run.key == key and run.what == "saved" for run in manager.stage_runs(job.id))


def test_a_job_whose_worker_dies_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    heard: list[Event] = []
    with TaskManager(fast_settings(tmp_path / "data"), ChunkRunner) as manager:
        manager.subscribe(heard.append)
        job = submit(manager, tmp_path, Script(chunks=5, deeds={"3": "die_once"}))
        done = manager.wait(job.id, 30)
        assert (done.state, done.attempt) == (JobState.DONE, 2)
        assert executions(done) == [0, 1, 2, 3, 3, 4]
    losses = [event for event in heard if isinstance(event, WorkerLost)]
    assert [(loss.attempt, loss.reason) for loss in losses] == [(1, "its process was ended by SIGKILL")]


def test_two_servers_share_a_postgresql_database_and_each_runs_its_own_jobs(tmp_path: Path, postgres: str) -> None:
    wipe(postgres)
    settings = [fast_settings(tmp_path / name, database_url=postgres) for name in ("one", "two")]
    with TaskManager(settings[0], ChunkRunner) as one, TaskManager(settings[1], ChunkRunner) as two:
        mine = submit(one, tmp_path, Script(chunks=4, deeds={"2": "die_once"}))
        yours = submit(two, tmp_path, Script(chunks=4))
        assert [two.wait(job.id, 40).state for job in (mine, yours)] == [JobState.DONE, JobState.DONE]
        assert executions(mine) == [0, 1, 2, 2, 3]
        assert [job.id for job in one.list()] == [mine.id, yours.id]
        assert one.transcript(yours.id).words == two.transcript(mine.id).words


def test_a_job_that_kills_its_worker_each_time_is_quarantined_and_others_still_run(tmp_path: Path) -> None:
    with TaskManager(fast_settings(tmp_path / "data"), ChunkRunner) as manager:
        poison = submit(manager, tmp_path, Script(deeds={"1": "die"}))
        good = submit(manager, tmp_path, Script())
        ended = manager.wait(poison.id, 60)
        assert (ended.state, ended.attempt) == (JobState.QUARANTINED, 3)
        assert ended.error is not None
        assert "3 times in a row" in ended.error.message
        assert executions(ended) == [0, 1, 1, 1]
        assert manager.wait(good.id, 30).state is JobState.DONE


def test_a_dead_helper_process_counts_as_a_crash_and_the_job_is_tried_again(tmp_path: Path) -> None:
    with TaskManager(fast_settings(tmp_path / "data"), ChunkRunner) as manager:
        job = submit(manager, tmp_path, Script(deeds={"1": "crash_once"}))
        done = manager.wait(job.id, 30)
        assert (done.state, done.attempt) == (JobState.DONE, 2)


def test_a_job_that_ignores_its_cancellation_is_killed_within_five_seconds(tmp_path: Path) -> None:
    with TaskManager(fast_settings(tmp_path / "data"), ChunkRunner) as manager:
        job = submit(manager, tmp_path, Script(deeds={"0": "deaf"}))
        until(lambda: executions(job))
        began = time.monotonic()
        manager.cancel(job.id)
        assert manager.wait(job.id, 10).state is JobState.CANCELLED
        assert time.monotonic() - began < 5
        assert manager.wait(submit(manager, tmp_path, Script()).id, 30).state is JobState.DONE


def test_a_worker_that_is_frozen_loses_its_job_when_the_lease_ends(tmp_path: Path) -> None:
    with TaskManager(fast_settings(tmp_path / "data", lease_s=2.0), ChunkRunner) as manager:
        heard: list[Event] = []
        manager.subscribe(heard.append)
        job = submit(manager, tmp_path, Script(chunks=4, chunk_s=0.5))
        until(lambda: saved(manager, job, "transcribe/0"))
        os.kill(manager.worker_pids[0], signal.SIGSTOP)
        done = manager.wait(job.id, 30)
        assert (done.state, done.attempt) == (JobState.DONE, 2)
        assert [e.reason for e in heard if isinstance(e, WorkerLost)] == ["it stopped answering"]


def shorten(manager: TaskManager, **plan: object) -> None:
    """Change what workers are told, before they are started."""
    make: Callable[[], WorkerPlan] = manager._plan
    manager._plan = lambda: replace(make(), **plan)  # type: ignore[method-assign,arg-type]


def test_a_job_without_any_progress_is_taken_for_hung(tmp_path: Path) -> None:
    manager = TaskManager(fast_settings(tmp_path / "data", lease_s=1.5, max_attempts=1), ChunkRunner)
    shorten(manager, stall_s=1.0)
    with manager:
        job = submit(manager, tmp_path, Script(deeds={"0": "hang"}))
        ended = manager.wait(job.id, 20)
        assert ended.state is JobState.QUARANTINED
        assert ended.error is not None
        assert "stopped answering" in ended.error.message


@pytest.mark.parametrize("limit", [{"max_jobs": 1}, {"max_rss_bytes": 150 * 2**20}])
def test_a_worn_out_worker_is_replaced_between_jobs(tmp_path: Path, limit: dict[str, int]) -> None:
    manager = TaskManager(fast_settings(tmp_path / "data"), ChunkRunner)
    shorten(manager, **limit)
    with manager:
        until(lambda: manager.worker_pids)
        (first,) = manager.worker_pids
        done = manager.wait(submit(manager, tmp_path, Script(deeds={"0": "fat"})).id, 30)
        assert (done.state, done.attempt) == (JobState.DONE, 1)
        until(lambda: manager.worker_pids not in ([], [first]))
        assert not psutil.pid_exists(first)
        done = manager.wait(submit(manager, tmp_path, Script()).id, 30)
        assert (done.state, done.attempt) == (JobState.DONE, 1)


def test_a_worker_that_used_up_a_gpu_is_replaced_between_jobs(tmp_path: Path) -> None:
    with TaskManager(fast_settings(tmp_path / "data"), SpentRunner) as manager:
        until(lambda: manager.worker_pids)
        (first,) = manager.worker_pids
        for _ in range(2):
            done = manager.wait(submit(manager, tmp_path, Script()).id, 60)
            assert (done.state, done.attempt) == (JobState.DONE, 1)
        until(lambda: manager.worker_pids and first not in manager.worker_pids)


def test_engines_that_can_not_start_fail_each_job_with_the_reason(tmp_path: Path) -> None:
    with TaskManager(fast_settings(tmp_path / "data"), BrokenRunner) as manager:
        failed = manager.wait(submit(manager, tmp_path, Script()).id, 30)
        assert failed.state is JobState.FAILED
        assert failed.error is not None
        assert (failed.error.code, failed.error.hint) == ("engine_unavailable", "Install one.")


def test_what_a_worker_started_goes_with_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with TaskManager(fast_settings(data_dir), PatientRunner) as manager:
        until(lambda: (data_dir / "helper.pid").exists() and (data_dir / "helper.pid").read_text())
        helper = int((data_dir / "helper.pid").read_text())
        assert psutil.pid_exists(helper)
        os.kill(manager.worker_pids[0], signal.SIGKILL)
        until(lambda: is_gone(helper))
        until(lambda: (data_dir / "helper.pid").read_text() not in ("", str(helper)))
        helper = int((data_dir / "helper.pid").read_text())
    until(lambda: is_gone(helper))


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


class Server:
    """A whole server in a process of its own, which can be killed."""

    def __init__(self, data_dir: Path, workers: int = 1) -> None:
        code = "import sys; sys.path.insert(0, '.'); from tests.jobs.runners import main_for_subprocess as main\n"
        code += f"if __name__ == '__main__': main({str(data_dir)!r}, {workers})"
        script = data_dir.parent / "server.py"
        script.write_text(code)
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("up")

    def tree(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_after_the_whole_server_is_killed_nothing_lives_on_and_the_next_one_finishes_the_jobs(
    tmp_path: Path,
) -> None:
    settings = fast_settings(tmp_path / "data")
    with TaskManager(settings, ChunkRunner) as manager:  # only to submit: it is stopped before anything runs
        job = submit(manager, tmp_path, Script(chunks=6, chunk_s=0.4))
    server = Server(tmp_path / "data")
    until(lambda: len(executions(job)) >= 3)
    tree = server.tree()
    assert tree
    server.kill()
    until(lambda: all(is_gone(pid) for pid in tree), 3.0)
    began = time.monotonic()
    with TaskManager(settings, ChunkRunner) as manager:
        assert manager.get(job.id).state is not JobState.DONE
        until(lambda: manager.get(job.id).state is JobState.RUNNING)
        assert time.monotonic() - began < settings.jobs.lease_s + 5
        done = manager.wait(job.id, 30)
        assert done.state is JobState.DONE
        saves = [run.key for run in manager.stage_runs(job.id) if run.what == "saved"]
    assert len(saves) == len(set(saves)), "something was redone that was checkpointed"
    assert len(executions(done)) <= 6 + 2  # the server's death and the manager's stop may each redo one chunk


def test_what_happens_between_jobs_is_told_as_nobody_s(tmp_path: Path) -> None:
    heard: list[Event] = []
    manager = TaskManager(fast_settings(tmp_path / "data"), PreparedRunner)
    manager.subscribe(heard.append)
    with manager:
        until(lambda: any(isinstance(event, ModelLoaded) for event in heard))
        assert manager.wait(submit(manager, tmp_path, Script()).id, 30).state is JobState.DONE
    between = [(type(event), event.job_id) for event in heard if isinstance(event, ModelLoaded | ModelReleased)]
    assert between == [(ModelLoaded, None), (ModelReleased, None)]


def test_a_worker_that_had_to_be_killed_because_it_would_not_stop_is_not_told_as_orderly(tmp_path: Path) -> None:
    heard: list[Event] = []
    with TaskManager(fast_settings(tmp_path / "data", lease_s=15.0), ChunkRunner) as manager:
        manager.subscribe(heard.append)
        job = submit(manager, tmp_path, Script(deeds={"0": "stubborn"}))
        until(lambda: executions(job))
        manager.cancel(job.id)
        assert manager.wait(job.id, 10).state is JobState.CANCELLED
    ends = [event for event in heard if isinstance(event, WorkerEnded)]
    assert (ends[0].orderly, ends[0].reason) == (False, "it did not stop when asked to")
    assert [event.orderly for event in ends[1:]] == [True]
