"""Where counts are kept between scrapes: counters, histograms, and labels that can't grow without bound."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .metrics import METRICS, Metric

Labels = tuple[str, ...]
"""Values of a metric's labels, in the order of its table."""

MOST_VALUES = 50
"""Different values a label may take; what comes later is counted together, as `OTHER`."""

OTHER = "other"
UNKNOWN = "unknown"

_ABSENT = {"error"}
"""Labels that are empty where there is nothing to tell, rather than unknown."""


class Vocabulary:
    """The values each label has taken; first come, first served."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._seen: dict[str, set[str]] = {}

    def bounded(self, label: str, value: str) -> str:
        """The value, or what it is counted as."""
        if not value:
            return "" if label in _ABSENT else UNKNOWN
        seen = self._seen.setdefault(label, set())
        if value in seen:
            return value
        if len(seen) >= self._most:
            return OTHER
        seen.add(value)
        return value


@dataclass(slots=True)
class Spread:
    """One curve of a histogram: how many values fell into each bucket (not cumulative, infinity last), their sum."""

    counts: list[int]
    total: float = 0.0

    def copy(self) -> Spread:
        """As it is now."""
        return Spread(self.counts.copy(), self.total)


@dataclass(slots=True)
class Tallies:
    """All counts. Not thread-safe: whoever has them takes care of turns.

    Attributes:
        counters: Of each counter by its labels' values.
        spreads: Of each histogram likewise.
    """

    counters: dict[str, dict[Labels, float]] = field(default_factory=dict)
    spreads: dict[str, dict[Labels, Spread]] = field(default_factory=dict)
    _vocabulary: Vocabulary = field(default_factory=Vocabulary)

    def __post_init__(self) -> None:
        for metric in METRICS.values():
            if metric.kind == "counter":
                self.counters[metric.name] = dict.fromkeys(metric.begins, 0.0)
            elif metric.kind == "histogram":
                self.spreads[metric.name] = {}

    def count(self, metric: Metric, values: Labels, amount: float = 1.0) -> None:
        """Add to a counter."""
        curves = self.counters[metric.name]
        labels = self._bounded(metric, values)
        curves[labels] = curves.get(labels, 0.0) + amount

    def measure(self, metric: Metric, values: Labels, value: float) -> None:
        """Put a value into a histogram."""
        curves = self.spreads[metric.name]
        labels = self._bounded(metric, values)
        spread = curves.get(labels)
        if spread is None:
            spread = curves[labels] = Spread([0] * (len(metric.buckets) + 1))
        spread.counts[bisect_left(metric.buckets, value)] += 1
        spread.total += value

    def snapshot(self) -> tuple[Mapping[str, Mapping[Labels, float]], Mapping[str, Mapping[Labels, Spread]]]:
        """Counters and histograms as they are now, safe from later changes."""
        counters = {name: curves.copy() for name, curves in self.counters.items()}
        spreads = {
            name: {labels: spread.copy() for labels, spread in curves.items()} for name, curves in self.spreads.items()
        }
        return counters, spreads

    def _bounded(self, metric: Metric, values: Labels) -> Labels:
        bounded = self._vocabulary.bounded
        return tuple(bounded(label, value) for label, value in zip(metric.labels, values, strict=True))


def cumulative(spread: Spread, buckets: tuple[float, ...]) -> Iterator[tuple[float, int]]:
    """Upper bound and count of all values up to it, infinity last."""
    count = 0
    for bound, more in zip((*buckets, float("inf")), spread.counts, strict=True):
        count += more
        yield bound, count
