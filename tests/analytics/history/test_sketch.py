"""A sketch's quantiles are at most 1 % off, whatever was counted and however it was put together."""

from __future__ import annotations

import random

import numpy as np
import pytest
from audapolis.analytics.history.sketch import ACCURACY, LEAST, Sketch
from audapolis.errors import InvalidOption
from hypothesis import example, given
from hypothesis import strategies as st

SHARES = (0.0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
DURATIONS = st.lists(
    st.one_of(st.just(0.0), st.floats(1e-6, 1e8), st.floats(0, 20).map(lambda exponent: 1e-6 * 10 ** (exponent * 0.7))),
    min_size=1,
    max_size=300,
)


def within_one_percent(sketch: Sketch, figures: np.ndarray) -> None:
    told = np.array(sketch.quantiles(SHARES), float)
    true = np.quantile(figures, SHARES)
    assert (np.abs(told - true) <= ACCURACY * true * (1 + 1e-9) + LEAST).all()


@given(DURATIONS)
@example([1e-9])
@example([0.0, 1e8])
def test_every_quantile_of_whatever_durations_is_within_one_percent(durations: list[float]) -> None:
    within_one_percent(Sketch.of(durations), np.array(durations))


@given(st.integers(0, 2**32), st.floats(0.2, 3), st.sampled_from(["pareto", "lognormal", "weibull"]))
def test_quantiles_of_heavy_tails_are_within_one_percent(seed: int, shape: float, kind: str) -> None:
    draw = np.random.default_rng(seed)
    figures = {
        "pareto": lambda: draw.pareto(shape, 5000) + 1e-3,
        "lognormal": lambda: draw.lognormal(3, shape, 5000),
        "weibull": lambda: draw.weibull(shape, 5000) + 1e-6,
    }[kind]()
    within_one_percent(Sketch.of(figures), figures)


@given(DURATIONS, DURATIONS, DURATIONS)
def test_merging_is_associative_and_commutative_and_loses_nothing(
    a: list[float], b: list[float], c: list[float]
) -> None:
    one, two, three = Sketch.of(a), Sketch.of(b), Sketch.of(c)
    whole = Sketch.of([*a, *b, *c])
    assert Sketch.merged([Sketch.merged([one, two]), three]) == whole
    assert Sketch.merged([one, Sketch.merged([two, three])]) == whole
    assert Sketch.merged([three, one, two]) == whole
    assert hash(Sketch.merged([two, three, one])) == hash(whole)
    assert len(whole) == len(a) + len(b) + len(c)


@given(DURATIONS, DURATIONS)
def test_bytes_put_one_behind_the_other_are_the_sum(a: list[float], b: list[float]) -> None:
    one, two = Sketch.of(a), Sketch.of(b)
    assert Sketch.from_bytes(one.to_bytes()) == one
    assert Sketch.from_bytes(one.to_bytes() + two.to_bytes()) == Sketch.of([*a, *b])


def test_nothing_has_no_quantiles_and_what_is_no_number_does_not_count() -> None:
    assert Sketch.of([]).quantiles([0.5]) == (None,)
    assert Sketch.merged([]).quantiles([0.5]) == (None,)
    assert Sketch.of([float("nan"), float("inf")]) == Sketch.of([])
    assert Sketch.of([1.0]) != "something else"


def test_less_than_nothing_counts_as_nothing() -> None:
    assert Sketch.of([-3.0, 0.0]).quantiles([0.0, 1.0]) == (0.0, 0.0)


def test_many_figures_take_a_few_kilobytes() -> None:
    draw = random.Random(1)
    sketch = Sketch.of([draw.lognormvariate(2, 2) for _ in range(100_000)])
    assert len(sketch.to_bytes()) < 10_000


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_quantile_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(InvalidOption, match="from 0 to 1"):
        Sketch.of([1.0]).quantiles([share])


def test_bytes_that_are_cut_short_are_noticed() -> None:
    with pytest.raises(ValueError, match="buffer size"):
        Sketch.from_bytes(Sketch.of([1.0]).to_bytes()[:-1])
