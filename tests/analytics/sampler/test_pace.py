"""How often is looked: the rule holds whatever happens."""

from __future__ import annotations

from collections import deque
from statistics import fmean

import pytest
from audapolis.analytics.facts import Sample
from audapolis.analytics.sampler.pace import (
    CALM_ROUNDS,
    IDLE_ROUNDS,
    LITTLE,
    MUCH,
    SHARE,
    Mood,
    Pace,
    affordable_s,
    mood,
    next_pace,
)
from hypothesis import given
from hypothesis import strategies as st

MOODS = st.lists(st.builds(Mood, st.floats(0, 1), st.booleans()), max_size=60)
EVERY_S = st.floats(1, 3600)


def walk(pace: Pace, *moods: Mood) -> Pace:
    for each in moods:
        pace = next_pace(pace, each)
    return pace


CALM = Mood(0.0, idle=False)
BETWEEN = Mood((LITTLE + MUCH) / 2, idle=False)
LIVELY = Mood(MUCH, idle=False)
IDLE = Mood(0.0, idle=True)


@given(EVERY_S, MOODS)
def test_the_interval_stays_between_a_fifth_and_six_times_what_was_asked_for(every_s: float, moods: list[Mood]) -> None:
    pace = Pace.of(every_s)
    for each in moods:
        pace = next_pace(pace, each)
        assert max(1.0, every_s / 5) <= pace.interval_s <= every_s * 6 or pace.interval_s == every_s


@given(EVERY_S, MOODS)
def test_much_change_makes_looks_frequent_at_once_whatever_was_before(every_s: float, moods: list[Mood]) -> None:
    pace = walk(Pace.of(every_s), *moods, LIVELY)
    assert pace.interval_s == pace.fastest_s


@given(EVERY_S, MOODS)
def test_work_ends_a_long_rest_at_once(every_s: float, moods: list[Mood]) -> None:
    assert walk(Pace.of(every_s), *moods, CALM).interval_s <= every_s


@given(EVERY_S, MOODS)
def test_seldom_means_that_nothing_has_happened_for_some_looks(every_s: float, moods: list[Mood]) -> None:
    pace = walk(Pace.of(every_s), *moods)
    if pace.interval_s > every_s:
        assert len(moods) > IDLE_ROUNDS
        assert all(each.idle and each.change < LITTLE for each in moods[-IDLE_ROUNDS - 1 :])


@given(EVERY_S, st.lists(st.sampled_from([BETWEEN, CALM]), max_size=40))
def test_frequent_looks_end_only_after_some_calm_ones_in_a_row(every_s: float, moods: list[Mood]) -> None:
    pace, calm = next_pace(Pace.of(every_s), LIVELY), 0
    for each in moods:
        pace = next_pace(pace, each)
        calm = calm + 1 if each == CALM else 0
        if calm >= CALM_ROUNDS:
            break
        assert pace.interval_s == pace.fastest_s
    else:
        return
    assert pace.interval_s == every_s


def test_change_between_the_thresholds_alters_nothing() -> None:
    assert walk(Pace.of(10), *[BETWEEN] * 20).interval_s == 10
    assert walk(Pace.of(10), LIVELY, *[BETWEEN] * 20).interval_s == 2


def test_an_idle_machine_is_looked_at_ever_less_often() -> None:
    pace, intervals = Pace.of(10), []
    for _ in range(9):
        pace = next_pace(pace, IDLE)
        intervals.append(pace.interval_s)
    assert intervals == [10, 10, 10, 20, 40, 60, 60, 60, 60]


@pytest.mark.parametrize(("every_s", "fastest"), [(10, 2), (60, 12), (3, 1), (1, 1), (0.2, 0.2)])
def test_the_fastest_is_a_fifth_but_not_below_a_second(every_s: float, fastest: float) -> None:
    assert Pace.of(every_s).fastest_s == fastest


@given(st.lists(st.floats(0, 0.5), min_size=10, max_size=200), st.floats(1, 60))
def test_looking_costs_no_more_than_its_share_of_a_core(costs_s: list[float], interval_s: float) -> None:
    last: deque[float] = deque(maxlen=10)
    passed_s = 0.0
    for cost_s in costs_s:
        last.append(cost_s)
        passed_s += affordable_s(interval_s, fmean(last))
    assert sum(costs_s[:-9]) <= SHARE * passed_s * (1 + 1e-9)  # the last few are paid for by the intervals to come


def share(value: float) -> list[Sample]:
    return [Sample("cpu.utilisation", 0.0, value)]


def memory(used: float, available: float) -> list[Sample]:
    return [Sample("memory.used_bytes", 0.0, used), Sample("memory.available_bytes", 0.0, available)]


def gpu_memory(used: float) -> list[Sample]:
    label = (("device", "cuda:0"),)
    return [Sample("gpu.memory_used_bytes", 0.0, used, label), Sample("gpu.memory_bytes", 0.0, 80.0, label)]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([], share(0.9), 0.0),
        (share(0.9), [], 0.0),
        (share(0.9), share(0.2), 0.7),
        (memory(40, 60), memory(65, 35), 0.25),
        (gpu_memory(8), gpu_memory(48), 0.5),
        ([Sample("disk.written_bytes_s", 0.0, 1.0)], [Sample("disk.written_bytes_s", 1.0, 1e9)], 0.0),
    ],
)
def test_change_is_that_of_the_share_that_changed_most(
    before: list[Sample], after: list[Sample], change: float
) -> None:
    assert mood(before, after).change == pytest.approx(change)


@pytest.mark.parametrize(
    ("sample", "idle"),
    [
        (Sample("cpu.utilisation", 0.0, 0.01), True),
        (Sample("cpu.utilisation", 0.0, 0.3), False),
        (Sample("process.cpu", 0.0, 0.2, (("role", "helper"),)), False),
        (Sample("workers.busy", 0.0, 1), False),
        (Sample("workers.alive", 0.0, 4), True),
        (Sample("queue.depth", 0.0, 1, (("kind", "batch"),)), False),
        (Sample("gpu.utilisation", 0.0, 0.9, (("device", "cuda:0"),)), False),
        (Sample("memory.used_bytes", 0.0, 1e9), True),
    ],
)
def test_idle_means_no_work_of_ours_nor_of_others(sample: Sample, idle: bool) -> None:
    assert mood([], [sample]).idle == idle
