"""Workers follow changed settings without a job noticing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Transcript
from audapolis.jobs.record import Job, JobState
from audapolis.stages.base import StageContext
from audapolis.tasks import TaskManager

from .runners import ChunkRunner, Script, executions, fast_settings, transcript_of

pytestmark = pytest.mark.slow


class TellingRunner(ChunkRunner):
    """Says which settings it works by."""

    def run(self, job: Job, context: StageContext) -> Transcript:
        super().run(job, context)
        return transcript_of(job, [str(self.settings.speech.threshold)])


def submit(manager: TaskManager, folder: Path, script: Script) -> Job:
    path = folder / f"{time.time_ns()}.json"
    return manager.submit(script.write(path), name="talk.wav", options=TranscribeOptions())


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def told(manager: TaskManager, job: Job) -> float:
    assert manager.wait(job.id, 60).state is JobState.DONE
    return float(json.loads(manager.transcript(job.id).words[0].text))


def test_a_running_job_ends_by_the_old_settings_and_the_next_begins_by_the_new(tmp_path: Path) -> None:
    settings = fast_settings(tmp_path / "data")
    other = settings.model_copy(update={"speech": settings.speech.model_copy(update={"threshold": 0.7})})
    with TaskManager(settings, TellingRunner) as manager:
        running = submit(manager, tmp_path, Script(chunks=8, chunk_s=0.1))
        until(lambda: executions(running))
        waiting = submit(manager, tmp_path, Script(chunks=1))
        [old] = manager.worker_pids
        manager.renew(other)
        assert told(manager, running) == 0.5
        assert manager.get(running.id).attempt == 1
        assert executions(running) == list(range(8))
        assert told(manager, waiting) == 0.7
        assert manager.worker_pids != [old]


def test_workers_can_become_more_and_fewer(tmp_path: Path) -> None:
    with TaskManager(fast_settings(tmp_path / "data"), TellingRunner) as manager:
        manager.renew(fast_settings(tmp_path / "data", workers=3))
        until(lambda: len(manager.worker_pids) == 3)
        jobs = [submit(manager, tmp_path, Script(chunks=2)) for _ in range(4)]
        manager.renew(fast_settings(tmp_path / "data", workers=1))
        assert {told(manager, job) for job in jobs} == {0.5}
        until(lambda: len(manager.worker_pids) == 1)
        assert told(manager, submit(manager, tmp_path, Script(chunks=1))) == 0.5


def test_settings_can_be_changed_before_the_start(tmp_path: Path) -> None:
    manager = TaskManager(fast_settings(tmp_path / "data"), TellingRunner)
    manager.renew(fast_settings(tmp_path / "data", workers=2))
    with manager:
        until(lambda: len(manager.worker_pids) == 2)
