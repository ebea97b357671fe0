from __future__ import annotations

from audapolis.jobs.queue import AGEING_S, after_loss, quarantine_error, rank
from audapolis.jobs.record import JobState
from hypothesis import given
from hypothesis import strategies as st

moments = st.floats(0, 4e9)
priorities = st.integers(-100, 100)


@given(priorities, moments, priorities, moments, moments)
def test_the_constant_rank_orders_two_jobs_as_their_ageing_urgencies_would_at_any_time(
    one: int, one_at: float, other: int, other_at: float, now: float
) -> None:
    urgency_gap = (one + (now - one_at) / AGEING_S) - (other + (now - other_at) / AGEING_S)
    if abs(urgency_gap) > 1e-3:
        assert (rank(one, one_at) < rank(other, other_at)) == (urgency_gap > 0)


@given(priorities, moments, st.integers(1, 20))
def test_however_urgent_new_jobs_are_an_old_one_is_overtaken_only_for_a_while(
    priority: int, queued_at: float, steps: int
) -> None:
    later = queued_at + steps * AGEING_S + 1
    assert rank(priority, queued_at) < rank(priority + steps, later)


def test_the_third_crash_in_a_row_quarantines() -> None:
    assert after_loss(2, 0, 3) is JobState.QUEUED
    assert after_loss(3, 0, 3) is JobState.QUARANTINED


def test_four_server_deaths_weigh_as_much_as_a_crash() -> None:
    assert after_loss(2, 3, 3) is JobState.QUEUED
    assert after_loss(2, 4, 3) is JobState.QUARANTINED


def test_the_error_of_a_quarantined_job_says_what_happened_and_what_to_do() -> None:
    error = quarantine_error(3, "its process was ended by SIGKILL")
    assert "3 times" in error.message
    assert "SIGKILL" in error.message
    assert "Retry" in error.hint
