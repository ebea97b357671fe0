from __future__ import annotations

import pytest
from audapolis.domain.events import Event, JobFinished, StageFinished, StageProgress, StageStarted
from audapolis.stages.progress import SHARES, ProgressEstimator
from hypothesis import given
from hypothesis import strategies as st


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_shares_of_all_stages_sum_to_one() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_a_job_is_complete_when_all_its_stages_are() -> None:
    estimator = ProgressEstimator()
    for stage in SHARES:
        estimator.update(StageStarted(stage=stage))
        last = estimator.update(StageFinished(stage=stage, wall_s=1, audio_s=1))
    assert last.fraction == pytest.approx(1.0)


def test_the_time_left_follows_from_the_pace_so_far() -> None:
    clock = Clock()
    estimator = ProgressEstimator(clock)
    estimator.update(StageStarted(stage="transcribe"))
    clock.now_s = 43.0
    progress = estimator.update(StageProgress(stage="transcribe", done_s=50, total_s=100))
    assert progress.fraction == pytest.approx(0.43)
    assert progress.eta_s == pytest.approx(57.0)


def test_what_came_from_checkpoints_does_not_make_the_rest_look_quick() -> None:
    clock = Clock()
    estimator = ProgressEstimator(clock)
    for stage in ("probe", "decode", "enhance", "speech", "diarize"):
        estimator.update(StageStarted(stage=stage, resumed=True))
        progress = estimator.update(StageFinished(stage=stage, wall_s=0, audio_s=100))
    assert progress.eta_s is None
    clock.now_s = 43.0
    progress = estimator.update(StageProgress(stage="transcribe", done_s=50, total_s=100))
    assert progress.eta_s == pytest.approx(45.0)


events = st.one_of(
    st.builds(StageStarted, stage=st.sampled_from([*SHARES, "other"]), resumed=st.booleans()),
    st.builds(
        StageProgress,
        stage=st.sampled_from(list(SHARES)),
        done_s=st.floats(0, 1e5),
        total_s=st.none() | st.floats(0, 1e5),
    ),
    st.builds(StageFinished, stage=st.sampled_from(list(SHARES)), wall_s=st.just(1.0), audio_s=st.just(1.0)),
    st.builds(JobFinished, job_id=st.just("j")),
)


@given(st.lists(events, max_size=60))
def test_progress_never_falls_and_stays_within_bounds_whatever_happens(happened: list[Event]) -> None:
    estimator = ProgressEstimator()
    last = 0.0
    for event in happened:
        progress = estimator.update(event)
        assert last <= progress.fraction <= 1.0
        assert progress.eta_s is None or progress.eta_s >= 0
        last = progress.fraction
