"""Samples rolled up and packed: nothing is lost but what rolling up takes."""

from __future__ import annotations

import numpy as np
import pytest
from audapolis.analytics.history.cells import (
    DAY_MS,
    HOUR,
    HOUR_MS,
    LEVELS,
    MINUTE,
    MINUTE_MS,
    NOTHING,
    RAW,
    Cells,
    Level,
    coarsest,
    milliseconds,
    spans,
)
from hypothesis import given
from hypothesis import strategies as st

START = 1_700_000_000_000 // (7 * DAY_MS) * (7 * DAY_MS)
FIGURES = st.floats(-1e9, 1e9)


def samples(span_ms: int) -> st.SearchStrategy[list[tuple[int, float]]]:
    return st.lists(st.tuples(st.integers(START, START + span_ms - 1), FIGURES), min_size=1, max_size=60)


def same(one: Cells, two: Cells) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(two, name)) for name in ("at", "count", "total", "low", "high")
    )


@given(st.data(), st.sampled_from(LEVELS))
def test_a_block_is_unpacked_as_it_was_packed(data: st.DataObject, level: Level) -> None:
    some = data.draw(samples(level.block_ms))
    cells = Cells.of(*zip(*some, strict=True))
    if level is not RAW:
        cells = cells.rolled(level.width_ms)
    assert same(Cells.unpack(level, START, cells.pack(level)), cells)


@given(samples(DAY_MS), st.sampled_from([1, 1000, MINUTE_MS, HOUR_MS]))
def test_rolling_up_keeps_count_sum_least_and_greatest(some: list[tuple[int, float]], width_ms: int) -> None:
    rolled = Cells.of(*zip(*some, strict=True)).rolled(width_ms)
    for n, at in enumerate(rolled.at.tolist()):
        own = [value for moment, value in some if at <= moment < at + width_ms]
        assert (rolled.count[n], rolled.low[n], rolled.high[n]) == (len(own), min(own), max(own))
        assert rolled.total[n] == pytest.approx(sum(own), rel=1e-9, abs=1e-3)
    assert rolled.count.sum() == len(some)


@given(st.integers(0, 10**8), st.integers(1, 10**8), st.sampled_from(LEVELS))
def test_a_period_is_cut_into_parts_that_cut_no_cell(since_ms: int, duration_ms: int, level: Level) -> None:
    parts = list(spans(since_ms, since_ms + duration_ms, level))
    assert len(parts) <= 5
    end = since_ms
    for part, begin, end_of_part in parts:
        assert begin == end
        assert begin < end_of_part
        assert part.number <= level.number
        assert begin % part.width_ms == end_of_part % part.width_ms == 0
        end = end_of_part
    assert end == since_ms + duration_ms
    most = max(part.number for part, _, _ in parts)
    assert most == level.number or duration_ms < 2 * LEVELS[most + 1].width_ms


def test_the_coarsest_level_that_a_step_allows_is_read() -> None:
    assert [coarsest(step) for step in (0, 1, MINUTE_MS - 1)] == [RAW] * 3
    assert [coarsest(step) for step in (MINUTE_MS, HOUR_MS - 1)] == [MINUTE] * 2
    assert [coarsest(step) for step in (HOUR_MS, 100 * DAY_MS)] == [HOUR] * 2


def test_nothing_joined_and_rolled_is_nothing() -> None:
    assert len(Cells.joined([NOTHING, NOTHING]).rolled(1000)) == 0


def test_a_moment_that_is_written_in_milliseconds_is_kept_as_written() -> None:
    assert [milliseconds(1_700_000_000 + n / 1000) for n in range(1000)] == [1_700_000_000_000 + n for n in range(1000)]


def test_steady_figures_take_little_room() -> None:
    at = [START + n * 10_000 for n in range(360)]
    assert len(Cells.of(at, [16e9] * 360).pack(RAW)) < 100
    noise = np.random.default_rng(1).normal(1, 0.1, 360).tolist()
    assert len(Cells.of(at, noise).pack(RAW)) < 8.5 * 360


@pytest.mark.parametrize("level", LEVELS)
def test_a_damaged_block_is_noticed(level: Level) -> None:
    block = Cells.of([START, START + 1], [1.0, 2.0]).rolled(level.width_ms).pack(level)
    with pytest.raises(ValueError, match="damaged"):
        Cells.unpack(level, START, b"\0" * len(block))
    with pytest.raises(ValueError, match="damaged"):
        Cells.unpack(level, START, block[:-1])
    if level is RAW:
        with pytest.raises(ValueError, match="cut short"):
            Cells.unpack(HOUR, START, block)
