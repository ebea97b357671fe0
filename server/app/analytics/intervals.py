"""How sure a figure is: 95 % intervals for shares, means, medians and ratios of sums.

What is sampled is a recording, a job or a rating, never a word: words of one recording share its microphone, its
speakers and its noise, so ten thousand of them in three recordings say as much about a model as three recordings do.

* Shares: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
* Ratios of sums over recordings: the delete-one jackknife (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, §6.17;
  B. Efron and C. Stein, The jackknife estimate of variance, 1981) with Student's t on the logarithm, because few bad
  recordings make many errors. Recordings of unequal length count as fewer (A. Carter, K. Schnepel and D. Steigerwald,
  Asymptotic behavior of a t-test robust to cluster heterogeneity, 2017): (sum of lengths)² / sum of their squares.
* Medians: order statistics (H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed. 2003, §7.1); they assume
  nothing about how the values are spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

LEVEL = 0.95
"""How often an interval holds the truth, if what was seen is a fair sample."""

_TAIL = (1 + LEVEL) / 2
_Z = NormalDist().inv_cdf(_TAIL)
_EXACT_RANKS = 1000
"""Up to so many values the ranks of a median's interval are exact; the normal approximation is as good beyond."""

Lesser = Literal["first", "second", "not_told_apart"]
Numbers = Sequence[float] | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and where it would probably lie had everything been seen.

    Attributes:
        value: The figure of what was seen.
        low, high: The 95 % interval; None where too little was seen for one.
        n: How many recordings, jobs or ratings it rests on.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    def overlaps(self, other: Estimate) -> bool:
        """Whether the two can't be told apart; those without an interval never can."""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return True
        return self.low <= other.high and other.low <= self.high


def share(hits: int, n: int) -> Estimate | None:
    """A share of `n` things; Wilson's score interval. None of nothing."""
    if n == 0:
        return None
    z2 = _Z * _Z
    middle = (hits + z2 / 2) / (n + z2)
    half = _Z / (n + z2) * math.sqrt(hits * (n - hits) / n + z2 / 4)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Estimate(hits / n, 0.0 if hits == 0 else low, 1.0 if hits == n else high, n)


def mean(values: Numbers) -> Estimate | None:
    """The mean with Student's t interval; one value has none."""
    array = np.asarray(values, float)
    n = len(array)
    if n == 0:
        return None
    value = float(array.mean())
    if n == 1:
        return Estimate(value, None, None, n)
    half = t_quantile(_TAIL, n - 1) * float(array.std(ddof=1)) / math.sqrt(n)
    return Estimate(value, value - half, value + half, n)


def median(values: Numbers) -> Estimate | None:
    """The median; the narrowest symmetric pair of ordered values that holds it often enough. Five have none."""
    array = np.sort(np.asarray(values, float))
    n = len(array)
    if n == 0:
        return None
    value, rank = float(np.median(array)), _median_rank(n)
    if rank == 0:
        return Estimate(value, None, None, n)
    return Estimate(value, float(array[rank - 1]), float(array[n - rank]), n)


def ratio(numerators: Numbers, denominators: Numbers) -> Estimate | None:
    """A sum over recordings by another sum over them: errors by words.

    Args:
        numerators: Of each recording, 0 or more.
        denominators: Of each recording, 0 or more.

    Returns:
        None where all denominators are 0. Where all numerators are, nothing is known of how they would be spread,
        and the upper end is as if a recording were all wrong or all right.
    """
    return stratified_ratio([(numerators, denominators)], [1.0])


def stratified_ratio(strata: Sequence[tuple[Numbers, Numbers]], weights: Sequence[float]) -> Estimate | None:
    """The mean of the ratios of several kinds of recordings, so that models are compared on the same mix of them.

    The variances add up by their weights; degrees of freedom by Welch and Satterthwaite.

    Args:
        strata: Numerators and denominators of each kind.
        weights: How much each kind matters; they need not add up to 1.
    """
    arrays = [(np.asarray(y, float), np.asarray(x, float)) for y, x in strata]
    if not arrays or any(x.sum() <= 0 for _, x in arrays):
        return None
    n = sum(len(x) for _, x in arrays)
    parts = np.array(weights, float) / sum(weights)
    value = float(sum(part * y.sum() / x.sum() for part, (y, x) in zip(parts, arrays, strict=True)))
    if all(y.sum() == 0 for y, _ in arrays):
        nothing = share(0, n)
        return nothing if n > 1 else Estimate(0.0, None, None, n)
    terms = [part**2 * _variance_of(_left_out(y, x)) for part, (y, x) in zip(parts, arrays, strict=True)]
    half = _half_width(terms, [_degrees(x) for _, x in arrays])
    if half is None:
        return Estimate(value, None, None, n)
    factor = math.exp(min(half / value, 50.0))
    return Estimate(value, value / factor, value * factor, n)


def ratio_difference(first: tuple[Numbers, Numbers], second: tuple[Numbers, Numbers]) -> Estimate | None:
    """How much greater the first of two ratios over the same recordings is.

    What makes a recording hard for both cancels out, so that fewer recordings tell more.

    Args:
        first: Numerators and denominators of each recording.
        second: The same, of the same recordings in the same order.
    """
    (y1, x1), (y2, x2) = ((np.asarray(y, float), np.asarray(x, float)) for y, x in (first, second))
    n = len(x1)
    if n == 0 or x1.sum() <= 0 or x2.sum() <= 0:
        return None
    value = float(y1.sum() / x1.sum() - y2.sum() / x2.sum())
    half = _half_width([_variance_of(_left_out(y1, x1) - _left_out(y2, x2))], [_degrees(x1 + x2)])
    return Estimate(value, None, None, n) if half is None else Estimate(value, value - half, value + half, n)


def lesser_of(first: Estimate | None, second: Estimate | None) -> Lesser:
    """Which of two figures from different recordings is less: they are told apart where their intervals don't overlap.

    That asks for more than a test at 5 % would, which is as well where many models are compared.
    """
    if first is None or second is None or first.overlaps(second):
        return "not_told_apart"
    return "first" if first.value < second.value else "second"


def lesser_by(difference: Estimate | None, same: float = 0.0) -> Lesser:
    """Which of two figures is less, from an estimate of their difference, or of what is `same` where they are equal."""
    if difference is None or difference.low is None or difference.high is None:
        return "not_told_apart"
    if difference.low <= same <= difference.high:
        return "not_told_apart"
    return "first" if difference.value < same else "second"


@lru_cache(maxsize=1024)
def t_quantile(p: float, degrees: float) -> float:
    """What Student's t stays below with probability `p`.

    The distribution is an incomplete beta function (NIST Digital Library of Mathematical Functions, 8.17); it is
    turned around by bisection, to nine digits.

    Args:
        p: Above 0 and below 1.
        degrees: Of freedom, above 0; need not be whole.
    """
    if p < 0.5:
        return -t_quantile(1 - p, degrees)
    low, high = 0.0, 1.0
    while _t_below(high, degrees) < p and high < 1e12:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_below(middle, degrees) < p else (low, middle)
    return (low + high) / 2


def _degrees(lengths: npt.NDArray[np.float64]) -> float:
    """Degrees of freedom: how many recordings of equal length tell as much, less one."""
    return max(1.0, float(lengths.sum() ** 2 / (lengths**2).sum() - 1))


def _half_width(variances: Sequence[float], degrees: Sequence[float]) -> float | None:
    """Half the interval of a sum of independent parts; None where a part's variance is not known."""
    total = sum(variances)
    if not math.isfinite(total):
        return None
    if total <= 0:
        return 0.0
    by_part = sum(v * v / d for v, d in zip(variances, degrees, strict=True) if v > 0)
    return t_quantile(_TAIL, round(total * total / by_part, 3)) * math.sqrt(total)


def _left_out(y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The ratio without each recording in turn; NaN where nothing would be left."""
    rest = x.sum() - x
    ratios = np.full(len(x), np.nan)
    np.divide(y.sum() - y, rest, out=ratios, where=rest > 0)
    return ratios


def _variance_of(left_out: npt.NDArray[np.float64]) -> float:
    n = len(left_out)
    if n < 2:
        return math.nan
    return float((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())


def _median_rank(n: int) -> int:
    """The highest rank `r` so that the r-th lowest and r-th highest value enclose the median often enough; 0: none."""
    if n > _EXACT_RANKS:
        return math.floor((n - _Z * math.sqrt(n)) / 2)
    below = 0.0
    for rank in range(n):
        below += math.comb(n, rank) * 2.0**-n
        if below > (1 - LEVEL) / 2:
            return rank
    return 0


def _t_below(t: float, degrees: float) -> float:
    """P(T < t) for t ≥ 0."""
    return 1 - _beta_share(degrees / (degrees + t * t), degrees / 2, 0.5) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (DLMF 8.17.22, by Lentz's method)."""
    if x <= 0 or x >= 1:
        return min(1.0, max(0.0, x))
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - _beta_share(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front / a / _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """1 + d₁/(1 + d₂/(1 + …)), from the front."""
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 1000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + term * d) or tiny)
        c = (1 + term / c) or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
