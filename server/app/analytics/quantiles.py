"""Exact quantiles, and exact tests of whether something is more frequent here than elsewhere.

Nothing is sketched or sampled: quantiles are those of all values there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = Sequence[float] | npt.NDArray[np.float64]

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


def evidence(hits: Numbers, tries: Numbers, all_hits: Numbers, all_tries: Numbers) -> npt.NDArray[np.float64]:
    """How much better a rate here and another one elsewhere describe what was seen than one rate for all.

    The logarithm of the likelihood ratio of M. Kulldorff's scan statistic (A spatial scan statistic, 1997), where hits
    are more frequent here; 0 where they are not.

    Args:
        hits: Those here, for each place that is looked at.
        tries: Those here.
        all_hits: Those here and elsewhere.
        all_tries: Those here and elsewhere.
    """
    k, n, whole_k, whole_n = (np.asarray(numbers, np.float64) for numbers in (hits, tries, all_hits, all_tries))
    gain = _log_likelihood(k, n) + _log_likelihood(whole_k - k, whole_n - n) - _log_likelihood(whole_k, whole_n)
    return np.where(k * (whole_n - n) > (whole_k - k) * n, gain, 0.0)


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


def _log_likelihood(hits: npt.NDArray[np.float64], tries: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of so many hits in so many tries, at the rate that was seen."""
    return _log_power(hits, tries) + _log_power(tries - hits, tries)


def _log_power(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    some = part > 0
    return part * np.log(np.where(some, part, 1.0) / np.where(some, whole, 1.0))
