"""Quantiles of many figures in little room: DDSketch (C. Masson, J. Rim, H. Lee, VLDB 2019).

Figures are counted in buckets whose bounds grow by γ = (1 + a) / (1 - a). A figure is told by the middle of its bucket,
2·γ^k / (γ + 1), which is at most the share a off. Buckets are never merged here, so that holds for every quantile; a
span from a microsecond to a year takes 1,600 of them, and only those that hold something are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InvalidOption

ACCURACY = 0.01
"""A quantile is at most this share of it off."""

LEAST = 1e-9
"""Smaller figures, negative ones too, count as 0."""

_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_ZERO = np.iinfo(np.int32).min
_PAIR = np.dtype([("bucket", "<i4"), ("count", "<u4")])


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """How often which figures were seen. Merging is exact: it is commutative and associative.

    Attributes:
        buckets: Numbers of the buckets that hold something, ascending.
        counts: How many figures are in each.
    """

    buckets: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.counts.sum())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sketch) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    @classmethod
    def of(cls, figures: npt.ArrayLike) -> Sketch:
        """The sketch of some figures; those that are not finite are left out."""
        values = np.asarray(figures, float).reshape(-1)
        values = values[np.isfinite(values)]
        some = np.maximum(values, LEAST)
        numbers = np.where(values < LEAST, _ZERO, np.ceil(np.log(some) / np.log(_GAMMA))).astype(np.int32)
        return cls._counted(numbers, np.ones(len(numbers), np.int64))

    @classmethod
    def merged(cls, sketches: Iterable[Sketch]) -> Sketch:
        """The sketch of all figures of several."""
        some = list(sketches)
        if not some:
            return cls.of(())
        return cls._counted(
            np.concatenate([sketch.buckets for sketch in some]), np.concatenate([sketch.counts for sketch in some])
        )

    def quantiles(self, q: Sequence[float]) -> tuple[float | None, ...]:
        """Quantiles, as NumPy's linear ones would be of the figures themselves, at most `ACCURACY` off.

        Args:
            q: Which; each in 0..1.

        Returns:
            In the order of `q`; None where nothing was counted.

        Raises:
            InvalidOption: A quantile is not in 0..1.
        """
        check_quantiles(q)
        if not len(self):
            return (None,) * len(q)
        below = np.cumsum(self.counts)
        middles = np.where(self.buckets == _ZERO, 0.0, 2 * _GAMMA ** self.buckets.astype(float) / (_GAMMA + 1))
        found = []
        for rank in (np.asarray(q, float) * (len(self) - 1)).tolist():
            lower, upper = middles[np.searchsorted(below, (np.floor(rank), np.ceil(rank)), side="right")]
            found.append(float(lower + (upper - lower) * (rank - np.floor(rank))))
        return tuple(found)

    def to_bytes(self) -> bytes:
        """For the database: pairs of 32-bit numbers, so that sketches put one behind the other are their sum."""
        pairs = np.empty(len(self.buckets), _PAIR)
        pairs["bucket"], pairs["count"] = self.buckets, self.counts
        return pairs.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Sketch:
        """What `to_bytes` told, or the sum of several one behind the other.

        Raises:
            ValueError: The data are cut short.
        """
        pairs = np.frombuffer(data, _PAIR)
        return cls._counted(pairs["bucket"], pairs["count"].astype(np.int64))

    @classmethod
    def _counted(cls, numbers: npt.NDArray[Any], counts: npt.NDArray[np.int64]) -> Sketch:
        buckets, where = np.unique(numbers.astype(np.int32), return_inverse=True)
        sums = np.zeros(len(buckets), np.int64)
        np.add.at(sums, where, counts)
        return cls(buckets, sums)


def check_quantiles(q: Sequence[float]) -> None:
    """Refuse quantiles that are none.

    Raises:
        InvalidOption: One is not in 0..1.
    """
    if not all(0 <= each <= 1 for each in q):
        raise InvalidOption("A quantile is a number from 0 to 1.", hint="0.5 is the median, 0.95 what 5 % exceed.")
