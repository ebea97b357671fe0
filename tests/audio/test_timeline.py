from __future__ import annotations

import pytest
from audapolis.audio.timeline import GO_ON, Placement, Timeline
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.floats(-0.04, 0.04), min_size=1, max_size=200), st.floats(0.001, 2.0))
def test_small_differences_mean_nothing(jitter: list[float], length_s: float) -> None:
    timeline = Timeline()
    places = [timeline.place(index * length_s + off_s, length_s) for index, off_s in enumerate(jitter)]
    assert places == [GO_ON] * len(jitter)
    assert timeline.end_s == pytest.approx(len(jitter) * length_s)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 1)), max_size=60))
def test_time_written_never_strays_from_the_timestamps(frames: list[tuple[float, float]]) -> None:
    timeline = Timeline()
    written_s = 0.0
    for start_s, length_s in frames:
        place = timeline.place(start_s, length_s)
        if place.silence_until_s is not None:
            assert place.silence_until_s > written_s
            written_s = place.silence_until_s
        written_s += length_s - place.drop_s
        assert 0 <= place.drop_s <= length_s
        assert written_s == pytest.approx(timeline.end_s)
        assert written_s >= start_s + length_s - 0.1 - 1e-6


def test_a_gap_becomes_silence_up_to_the_next_sound() -> None:
    timeline = Timeline()
    timeline.place(0.0, 1.0)
    assert timeline.place(4.5, 1.0) == Placement(silence_until_s=4.5)
    assert timeline.place(5.5, 1.0) == GO_ON


def test_what_was_heard_already_is_dropped() -> None:
    timeline = Timeline()
    timeline.place(0.0, 2.0)
    assert timeline.place(0.5, 1.0) == Placement(drop_s=1.0)
    assert timeline.place(1.5, 1.0) == Placement(drop_s=0.5)
    assert timeline.place(2.5, 1.0) == GO_ON


def test_drift_is_corrected_once_it_is_a_tenth_of_a_second() -> None:
    timeline = Timeline()
    places = [timeline.place(index * 1.012, 1.0) for index in range(25)]
    assert [index for index, place in enumerate(places) if place != GO_ON] == [9, 18]


@pytest.mark.parametrize(("may_jump", "jump_s"), [(True, 40.0), (True, -40.0), (False, 90_000.0)])
def test_a_clock_that_was_reset_goes_on_at_once(may_jump: bool, jump_s: float) -> None:
    timeline = Timeline(may_jump=may_jump)
    timeline.place(0.0, 50.0)
    assert timeline.place(50.0 + jump_s, 1.0) == GO_ON
    assert timeline.place(51.0 + jump_s, 1.0) == GO_ON
    assert timeline.place(54.0 + jump_s, 1.0).silence_until_s == pytest.approx(54.0)


def test_frames_without_timestamps_follow_each_other() -> None:
    timeline = Timeline(3.0)
    assert timeline.place(None, 1.0) == GO_ON
    assert timeline.end_s == 4.0
