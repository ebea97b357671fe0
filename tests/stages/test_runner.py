"""The runner, with small stages that do real work on real threads."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.events import Event, StageFailed, StageFinished, StageStarted
from audapolis.domain.options import TranscribeOptions
from audapolis.errors import Cancelled, UnsupportedMedia
from audapolis.stages.base import Stage, StageContext
from audapolis.stages.runner import run_stages
from audapolis.stages.work import Work


class Memory:
    """Checkpoints in a dict."""

    def __init__(self) -> None:
        self.saved: dict[str, bytes] = {}

    def load(self, key: str) -> bytes | None:
        return self.saved.get(key)

    def save(self, key: str, data: bytes) -> None:
        self.saved[key] = data


class Count(Stage[int]):
    name, after, leaves, result_type = "speech", (), "chunks", int

    def __init__(self) -> None:
        self.runs = 0

    def run(self, work: Any, context: StageContext) -> int:
        self.runs += 1
        return 41 + self.runs


class Meet(Stage[None]):
    """Only ends when its twin runs at the same time."""

    result_type = None

    def __init__(self, name: str, leaves: str, barrier: threading.Barrier) -> None:
        self.name, self.leaves, self.after, self._barrier = name, leaves, ("speech",), barrier  # type: ignore[misc]

    def run(self, work: Any, context: StageContext) -> None:
        self._barrier.wait(timeout=5)


class Fail(Stage[None]):
    name, after, leaves = "diarize", (), "diarized"

    def run(self, work: Any, context: StageContext) -> None:
        raise UnsupportedMedia("No.")


class Wait(Stage[None]):
    name, after, leaves = "transcribe", (), "recognised"

    def run(self, work: Any, context: StageContext) -> None:
        for _ in range(500):
            context.cancel.check()
            time.sleep(0.01)
        raise TimeoutError("nobody stopped me")


@pytest.fixture
def work() -> Work:
    return Work(Path("x.wav"), "x.wav", TranscribeOptions())


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def context(tmp_path: Path, events: list[Event]) -> StageContext:
    return StageContext(tmp_path, emit=events.append, checkpoints=Memory())


def test_a_stage_leaves_its_result_in_the_work_and_tells_that_it_ran(
    work: Work, context: StageContext, events: list[Event]
) -> None:
    run_stages([Count()], work, context)

    assert work.chunks == 42
    assert [type(event) for event in events] == [StageStarted, StageFinished]


def test_a_checkpointed_stage_is_not_run_again(work: Work, context: StageContext, events: list[Event]) -> None:
    stage = Count()
    run_stages([stage], work, context)
    run_stages([stage], work, context)

    assert stage.runs == 1
    assert work.chunks == 42
    assert [e.resumed for e in events if isinstance(e, StageStarted)] == [False, True]


def test_a_checkpoint_that_cannot_be_read_means_doing_the_stage_again(work: Work, context: StageContext) -> None:
    context.checkpoints.save("speech", b'{"from": "another version"}')
    run_stages([Count()], work, context)

    assert work.chunks == 42


def test_stages_that_do_not_need_one_another_run_at_the_same_time(work: Work, context: StageContext) -> None:
    barrier = threading.Barrier(2)
    twins = [Meet("diarize", "diarized", barrier), Meet("transcribe", "recognised", barrier)]

    run_stages([Count(), *twins], work, context)


def test_a_failing_stage_stops_its_siblings_and_its_error_is_the_one_raised(
    work: Work, context: StageContext, events: list[Event]
) -> None:
    began = time.monotonic()
    with pytest.raises(UnsupportedMedia):
        run_stages([Wait(), Fail()], work, context)

    assert time.monotonic() - began < 2
    assert [e.stage for e in events if isinstance(e, StageFailed)] == ["diarize"]


def test_cancelling_stops_a_running_stage_within_two_seconds(work: Work, tmp_path: Path) -> None:
    cancel = CancelToken()
    threading.Timer(0.1, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        run_stages([Wait()], work, StageContext(tmp_path, cancel=cancel))

    assert time.monotonic() - began < 2
