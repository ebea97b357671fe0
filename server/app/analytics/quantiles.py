"""Figures of what was seen, and how far they can be trusted: exact quantiles, shares with intervals, exact tests.

Nothing is sketched or sampled: quantiles are those of all values there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = Sequence[float] | npt.NDArray[np.float64]

Z_95 = 1.959964
"""Standard deviations either side of the mean that hold 95 % of a normal distribution."""

_NEGLIGIBLE = 1e-17
"""Terms of a sum below this part of it don't show in a double."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How values are spread.

    Attributes:
        count: How many are known.
        mean: Their arithmetic mean.
        p50, p90, p95, p99: Quantiles, exact by the definition in `quantile`.
        most: The largest.
    """

    count: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's 95 % interval for the rate behind it.

    Attributes:
        count, of: What was seen.
        rate: `count` of `of`, 0..1.
        low, high: Ends of the interval (E. Wilson, J. Am. Stat. Assoc. 22, 1927).
    """

    count: int
    of: int
    rate: float
    low: float
    high: float


def known(values: Numbers) -> npt.NDArray[np.float64]:
    """The values that are numbers, as an array."""
    numbers = np.asarray(values, np.float64)
    return numbers[np.isfinite(numbers)]


def quantile(values: Numbers, share: float) -> float | None:
    """The value that `share` (0..1) of the values do not exceed; None when there are none.

    Exact, with linear interpolation between the two nearest values: type 7 of R. Hyndman and Y. Fan, Sample quantiles
    in statistical packages, The American Statistician 50 (1996). Values that are not known (NaN) are left out.
    """
    numbers = known(values)
    return float(np.quantile(numbers, share, method="linear")) if numbers.size else None


def spread_of(values: Numbers) -> Spread | None:
    """How the known values are spread; None when there are none."""
    numbers = known(values)
    if not numbers.size:
        return None
    p50, p90, p95, p99 = (float(value) for value in np.quantile(numbers, (0.5, 0.9, 0.95, 0.99), method="linear"))
    return Spread(int(numbers.size), float(numbers.mean()), p50, p90, p95, p99, float(numbers.max()))


def share_of(count: int, of: int) -> Share | None:
    """The share that `count` is of `of`; None when that is nothing of nothing."""
    if not of:
        return None
    rate, spare = count / of, Z_95**2 / of
    middle = (rate + spare / 2) / (1 + spare)
    reach = Z_95 * math.sqrt(rate * (1 - rate) / of + spare / of / 4) / (1 + spare)
    low = 0.0 if count == 0 else max(0.0, middle - reach)
    high = 1.0 if count == of else min(1.0, middle + reach)
    return Share(count, of, rate, low, high)


def more_than_elsewhere(hits: int, tries: int, all_hits: int, all_tries: int) -> float:
    """How likely so many hits here are if hits are as likely everywhere: Fisher's exact test, one-sided.

    The chance that, of `all_hits` hits dealt out at random among `all_tries` tries, at least `hits` fall on the
    `tries` that are here (R. Fisher, J. Royal Stat. Soc. 85, 1922).

    Args:
        hits: Those here.
        tries: Those here.
        all_hits: Those here and elsewhere.
        all_tries: Those here and elsewhere.
    """
    if not 0 <= hits <= tries <= all_tries or not hits <= all_hits <= all_tries - (tries - hits):
        raise ValueError(f"there are no {hits} of {tries} within {all_hits} of {all_tries}")
    lowest = max(0, tries - (all_tries - all_hits))
    if hits <= lowest:
        return 1.0
    others = all_tries - all_hits
    term = total = 1.0
    for here in range(hits, min(tries, all_hits)):
        term *= (all_hits - here) * (tries - here) / ((here + 1) * (others - tries + here + 1))
        total += term
        if term < _NEGLIGIBLE * total:
            break
    first = _log_ways(all_hits, hits) + _log_ways(others, tries - hits) - _log_ways(all_tries, tries)
    return min(1.0, math.exp(first + math.log(total)))


def corrected(p_values: Sequence[float]) -> list[float]:
    """What p values are worth when so many were looked at: the false discovery rate at which each would be believed.

    Y. Benjamini and Y. Hochberg, J. Royal Stat. Soc. B 57 (1995).
    """
    worth = [1.0] * len(p_values)
    least = 1.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    for rank, index in zip(range(len(order), 0, -1), order, strict=True):
        least = min(least, p_values[index] * (len(order) / rank))
        worth[index] = least
    return worth


def _log_ways(of: int, pick: int) -> float:
    """Natural logarithm of the number of ways to pick so many of so many."""
    return math.lgamma(of + 1) - math.lgamma(pick + 1) - math.lgamma(of - pick + 1)
