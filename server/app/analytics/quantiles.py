"""Exact quantiles; and where hits are more frequent than elsewhere, with exact tests of that.

Nothing is sketched or sampled: quantiles are those of all values there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = float | Sequence[float] | npt.NDArray[Any]

FEWEST_HITS = 4
"""Fewer hits in a place tell nothing."""

TIMES_AS_OFTEN = 2.0
"""Hits have to be so many times as frequent as elsewhere to matter."""

_MOST_ENDS = 400
_NEEDED = 5.0
"""Evidence that the second of two traits matters where the first holds: p < 0.002."""

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


def densest(hits: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
    """The stretch of a row of tries in which hits are most clearly denser than elsewhere: its first and last try.

    M. Kulldorff's scan statistic over all stretches that begin and end with a hit; of very many hits, not every one is
    tried as an end.

    Args:
        hits: Whether each try hit, in order of time.
    """
    places = np.flatnonzero(hits)
    if len(places) < 2:
        return None
    tried = np.unique(np.linspace(0, len(places) - 1, min(len(places), _MOST_ENDS)).astype(int))
    first, last = (tried[index] for index in np.triu_indices(len(tried), 1))
    gain = evidence(last - first + 1, places[last] - places[first] + 1, len(places), len(hits))
    best = int(gain.argmax())
    return (int(places[first[best]]), int(places[last[best]])) if gain[best] > 0 else None


@dataclass(frozen=True, slots=True)
class Clue:
    """Hits are more frequent in one place than elsewhere.

    Attributes:
        hits, tries: There.
        all_hits, all_tries: There and elsewhere.
        looks: How many other places of its kind it was picked from.
    """

    hits: int
    tries: int
    all_hits: int
    all_tries: int
    looks: float

    @property
    def rate(self) -> float:
        """Hits by tries, there."""
        return self.hits / self.tries

    @property
    def rate_elsewhere(self) -> float:
        """Hits by tries, elsewhere; 0 where nothing is elsewhere."""
        return (self.all_hits - self.hits) / max(1, self.all_tries - self.tries)

    @property
    def score(self) -> float:
        """Evidence, less what it takes to name the place among its kind."""
        return float(evidence(self.hits, self.tries, self.all_hits, self.all_tries)) - math.log(self.looks)

    @property
    def p_value(self) -> float:
        """How often chance would do so in some place of its kind (Bonferroni)."""
        return min(1.0, self.looks * more_than_elsewhere(self.hits, self.tries, self.all_hits, self.all_tries))

    @property
    def clear(self) -> bool:
        """Whether there are enough hits, and enough more than elsewhere, to matter."""
        return self.hits >= FEWEST_HITS and self.rate >= TIMES_AS_OFTEN * self.rate_elsewhere


class TraitScan:
    """Finds traits, and pairs of them, with which hits are more frequent.

    Args:
        holds: A row for each trait: which tries have it.
        known: For which tries it is known whether they do; only these are compared.
        kinds: The kind of each trait. Traits of a kind are alternatives.
        looks: How many alternatives each was picked from.
        alone: Traits that are not paired with others.
    """

    def __init__(
        self, holds: Numbers, known: Numbers, kinds: Sequence[str], looks: Sequence[float], alone: Sequence[bool]
    ) -> None:
        shape = (len(kinds), -1) if len(kinds) else (0, 0)
        tables = (np.asarray(rows, np.float32).reshape(shape) for rows in (holds, known))
        self._holds, self._known = (np.ascontiguousarray(table.T) for table in tables)
        self._kinds = list(kinds)
        single, number = np.eye(len(kinds), dtype=bool), np.asarray(looks, np.float64)
        paired = ~np.asarray(alone, bool)
        differ = np.array([[one != two for two in kinds] for one in kinds], bool).reshape(single.shape)
        self._allowed = single | (np.triu(differ, 1) & paired & paired[:, None])
        self._looks = np.where(single, number, number * number[:, None])
        self._tried: dict[bytes, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = {}

    @property
    def families(self) -> int:
        """How many kinds and pairs of kinds are looked at."""
        return len({(self._kinds[one], self._kinds[two]) for one, two in np.argwhere(self._allowed)})

    def clues(self, live: npt.NDArray[np.bool_], hits: npt.NDArray[np.bool_]) -> list[tuple[tuple[int, ...], Clue]]:
        """The best trait of each kind and the best pair of each pair of kinds: which, and what it tells.

        A pair is only considered where each of its traits matters where the other one holds.

        Args:
            live: Tries that count.
            hits: Those of them that hit.
        """
        if not self._kinds:
            return []
        hit, all_hit = _both(self._holds[hits]), _both(self._known[hits])
        tried, all_tried = self._tries(live)
        elsewhere = all_tried - tried
        good = self._allowed & (hit >= FEWEST_HITS) & (elsewhere > 0)
        good &= hit * elsewhere >= TIMES_AS_OFTEN * (all_hit - hit) * tried
        adds = evidence(hit, tried, hit.diagonal()[:, None], tried.diagonal()[:, None])
        needed = adds >= _NEEDED + np.log(self._looks.diagonal())
        good &= (needed & needed.T) | np.eye(len(hit), dtype=bool)
        score = evidence(hit, tried, all_hit, all_tried) - np.log(self._looks)
        best: dict[tuple[str, str], tuple[int, int]] = {}
        for one, two in np.argwhere(good).tolist():
            kinds = (self._kinds[one], self._kinds[two])
            if kinds not in best or score[one, two] > score[best[kinds]]:
                best[kinds] = (one, two)
        return [
            (
                tuple(dict.fromkeys(place)),
                Clue(
                    hits=int(hit[place]),
                    tries=int(tried[place]),
                    all_hits=int(all_hit[place]),
                    all_tries=int(all_tried[place]),
                    looks=float(self._looks[place]),
                ),
            )
            for place in best.values()
        ]

    def _tries(self, live: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        key = live.tobytes()
        if key not in self._tried:
            self._tried[key] = _both(self._holds[live]), _both(self._known[live])
        return self._tried[key]


def _both(table: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How many rows have both of two columns."""
    counts: npt.NDArray[np.float32] = table.T @ table
    return counts


def _log_ways(of: int, pick: int) -> float:
    """Natural logarithm of the number of ways to pick so many of so many."""
    return math.lgamma(of + 1) - math.lgamma(pick + 1) - math.lgamma(of - pick + 1)


def _log_likelihood(hits: npt.NDArray[np.float64], tries: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of so many hits in so many tries, at the rate that was seen."""
    return _log_power(hits, tries) + _log_power(tries - hits, tries)


def _log_power(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    some = part > 0
    return part * np.log(np.where(some, part, 1.0) / np.where(some, whole, 1.0))
