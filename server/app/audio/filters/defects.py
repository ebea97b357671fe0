"""Finds what went wrong with single samples: flat tops of clipped sound, and holes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...domain.audio import Samples
from ...domain.sampling import SAMPLE_RATE_HZ
from .figures import Clipping, Dropouts

_FLAT = 3  # equal samples in a row
_FLAT_LOUD = 0.1  # of full scale: below, rounding makes equal samples of smooth curves
_FLAT_TOP = 0.9  # of the loudest sample in the same second
_SHORTEST_HOLE = SAMPLE_RATE_HZ // 200
_LONGEST_HOLE = SAMPLE_RATE_HZ // 2
_EDGE = SAMPLE_RATE_HZ // 500  # a hole breaks sound off within 2 ms …
_EDGE_LOUD = 0.01  # … that is louder than this (RMS): pauses that a gate made begin and end softly

Runs = npt.NDArray[np.intp]


class DefectMeter:
    """Is given a channel's samples, in blocks of a second."""

    def __init__(self) -> None:
        self._flat_samples = self._flat_runs = self._longest_flat = 0
        self._holes = self._hole_samples = 0
        self._silent = 0
        self._count = 0
        self._before = np.zeros(0, np.float32)

    @property
    def clipping(self) -> Clipping:
        """Flat tops so far; a run across the border of two blocks counts as two."""
        share = self._flat_samples / max(self._count, 1)
        return Clipping(round(share, 6), self._flat_runs, self._longest_flat)

    @property
    def dropouts(self) -> Dropouts:
        """Holes so far."""
        return Dropouts(self._holes, round(self._hole_samples / SAMPLE_RATE_HZ, 3))

    @property
    def silent_share(self) -> float:
        """Share of exact zeros, 5 ms or more in a row, so far."""
        return round(self._silent / max(self._count, 1), 4)

    def feed(self, block: Samples) -> None:
        """Take the next samples."""
        self._count += len(block)
        self._find_flat_tops(block)
        starts, ends = _runs(block == 0)
        self._silent += int((ends - starts)[ends - starts >= _SHORTEST_HOLE].sum())
        self._find_holes(np.concatenate([self._before, block]))

    def _find_flat_tops(self, block: Samples) -> None:
        loud = np.abs(block)
        top = max(_FLAT_LOUD, _FLAT_TOP * float(loud.max()))
        same = (block[1:] == block[:-1]) & (loud[1:] >= top)
        starts, ends = _runs(same)
        lengths = (ends - starts + 1)[ends - starts + 1 >= _FLAT]  # n equal neighbours are n + 1 samples
        self._flat_samples += int(lengths.sum())
        self._flat_runs += len(lengths)
        self._longest_flat = max(self._longest_flat, int(lengths.max(initial=0)))

    def _find_holes(self, sound: Samples) -> None:
        """Count holes that have ended; keep what is needed to judge one that has not."""
        starts, ends = _runs(sound == 0)
        long_enough = ends - starts >= _SHORTEST_HOLE
        keep_from = max(0, len(sound) - _EDGE)
        for start, end in zip(starts[long_enough].tolist(), ends[long_enough].tolist(), strict=True):
            if end + _EDGE > len(sound):  # it, or the sound after it, goes on in the next block
                keep_from = max(0, min(keep_from, start - _EDGE)) if end - start <= _LONGEST_HOLE else len(sound) - 1
            elif end - start <= _LONGEST_HOLE and _loud(sound[max(0, start - _EDGE) : start], sound[end : end + _EDGE]):
                self._holes += 1
                self._hole_samples += end - start
        self._before = sound[keep_from:]


def _loud(before: Samples, after: Samples) -> bool:
    return all(len(part) == _EDGE and float(np.mean(part**2)) >= _EDGE_LOUD**2 for part in (before, after))


def _runs(mask: npt.NDArray[np.bool_]) -> tuple[Runs, Runs]:
    """Where stretches of True begin, and where they have ended."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges[::2], edges[1::2]
