"""What a job's time went into, and what it would gain."""

from __future__ import annotations

import pytest
from audapolis.analytics.critical_path import Ran, critical_path, total_if
from hypothesis import given
from hypothesis import strategies as st

JOB = [
    Ran("queue", 0.0, 10.0),
    Ran("decode", 10.0, 12.0),
    Ran("speech", 12.0, 13.0),
    Ran("diarize", 13.0, 43.0),
    Ran("transcribe", 13.0, 33.0),
    Ran("merge", 43.0, 44.0),
]


def test_the_path_leads_through_the_longer_of_two_stages_side_by_side() -> None:
    assert critical_path(JOB) == {"queue": 10.0, "decode": 2.0, "speech": 1.0, "diarize": 30.0, "merge": 1.0}


def test_the_path_of_nothing_is_empty() -> None:
    assert critical_path([]) == {}
    assert total_if([], {}) == 0.0


def test_a_stage_beside_a_longer_one_saves_nothing() -> None:
    assert total_if(JOB, {"transcribe": 0.0}) == pytest.approx(44.0)


def test_a_stage_saves_only_as_much_as_the_one_beside_it_allows() -> None:
    assert total_if(JOB, {"diarize": 0.0}) == pytest.approx(34.0)


def test_a_stage_that_is_twice_as_fast_saves_half_of_it() -> None:
    assert total_if(JOB, {"diarize": 0.5}) == pytest.approx(34.0)
    assert total_if(JOB, {"queue": 0.5}) == pytest.approx(39.0)


def test_stages_that_took_no_time_do_no_harm() -> None:
    instant = [Ran("probe", 0.0, 0.0), Ran("decode", 0.0, 0.0), Ran("speech", 0.0, 3.0)]
    assert critical_path(instant)["speech"] == 3.0
    assert total_if(instant, {"speech": 0.0}) == 0.0


def test_a_beginning_told_a_moment_early_still_counts_as_after() -> None:
    runs = [Ran("decode", 0.0, 2.0), Ran("speech", 1.999, 3.0)]
    assert list(critical_path(runs)) == ["decode", "speech"]


runs = st.lists(
    st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    min_size=1,
    max_size=9,
).map(lambda spans: [Ran(f"stage {i}", began, ended) for i, (began, ended) in enumerate(spans)])


@given(runs)
def test_nothing_changed_takes_as_long_as_it_took(given_runs: list[Ran]) -> None:
    took = max(run.ended_at for run in given_runs) - min(run.began_at for run in given_runs)
    assert total_if(given_runs, {}) == pytest.approx(took, abs=0.01)


@given(runs)
def test_the_path_is_no_longer_than_the_whole(given_runs: list[Ran]) -> None:
    took = max(run.ended_at for run in given_runs) - min(run.began_at for run in given_runs)
    path = critical_path(given_runs)
    assert sum(path.values()) <= took + 0.05
    assert all(seconds >= 0 for seconds in path.values())


@given(runs, st.integers(0, 8))
def test_a_faster_stage_never_makes_it_longer(given_runs: list[Ran], chosen: int) -> None:
    stage = given_runs[chosen % len(given_runs)].stage
    assert total_if(given_runs, {stage: 0.0}) <= total_if(given_runs, {}) + 0.01
