from __future__ import annotations

import errno
import pickle

import pytest
from audapolis.errors import Cancelled, ModelMissing
from audapolis.jobs.record import JobError, JobState, LeaseLost


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ModelMissing("No weights.", hint="Pull them."), "model_missing", "No weights."),
        (OSError(errno.ENOSPC, "No space left on device"), "storage_full", "disk is full"),
        (MemoryError(), "out_of_memory", "memory"),
        (ZeroDivisionError("division by zero"), "internal_error", "ZeroDivisionError: division by zero"),
    ],
)
def test_every_exception_becomes_an_error_people_can_read(error: Exception, code: str, words: str) -> None:
    described = JobError.of(error)
    assert described.code == code
    assert words in described.message
    assert described.hint


def test_only_queued_and_running_jobs_have_not_ended() -> None:
    assert {state for state in JobState if not state.ended} == {JobState.QUEUED, JobState.RUNNING}


def test_a_lost_lease_unwinds_like_a_cancellation_and_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(LeaseLost(id="x")))
    assert isinstance(error, Cancelled)
    assert type(error) is LeaseLost
