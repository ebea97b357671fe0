"""Finds mains hum: steady lines at multiples of 50 or 60 Hz, in spectra of one second, where a bin is 1 Hz wide."""

from __future__ import annotations

import math

import numpy as np

from ...domain.audio import Samples
from ...domain.sampling import SAMPLE_RATE_HZ
from .figures import Hum
from .histograms import LevelCounts, Levels
from .spectra import long_spectrum

MAINS_HZ = (50, 60)
MULTIPLES = 10
_STEADY_SHARE = 0.25  # speech passes; what is there in three of four seconds is hum
_ABOVE_SURROUNDINGS_DB = 12.0
_LOWEST_DBFS = -75.0
_LINE = 2  # bins on each side that belong to a line: the window's main lobe, and mains a little off
_NEAR, _FAR = 5, 15  # bins on each side that it is compared with


class HumMeter:
    """Is given whole seconds of a channel. Remembers level distributions of each line and its surroundings."""

    def __init__(self) -> None:
        self._hz = np.array([mains * k for mains in MAINS_HZ for k in range(1, MULTIPLES + 1)])
        around = np.r_[-_FAR : -_NEAR + 1, _NEAR : _FAR + 1]
        self._line_bins = self._hz[:, None] + np.arange(-_LINE, _LINE + 1)
        self._near_bins = self._hz[:, None] + around
        self._lines = LevelCounts(len(self._hz))
        self._near = LevelCounts(len(self._hz))

    def feed(self, second: Samples) -> None:
        """Take one second of sound."""
        assert len(second) == SAMPLE_RATE_HZ
        spectrum = long_spectrum(second)
        if not spectrum.any():
            return
        self._lines.add(spectrum[self._line_bins].sum(axis=1)[None, :])
        self._near.add(np.median(spectrum[self._near_bins], axis=1)[None, :] * (2 * _LINE + 1))

    def measure(self) -> Hum | None:
        """The hum so far; None when there is none."""
        if not self._lines.counts.any():
            return None
        level_db = self._lines.quantile_db(_STEADY_SHARE)
        stands_out_db = level_db - self._near.quantile_db(_STEADY_SHARE)
        found = (stands_out_db >= _ABOVE_SURROUNDINGS_DB) & (level_db >= _LOWEST_DBFS)
        candidates = [_hum(i, mains, level_db, found) for i, mains in enumerate(MAINS_HZ)]
        hums = [hum for hum in candidates if hum]
        return max(hums, key=lambda hum: hum.level_dbfs, default=None)


def _hum(index: int, mains_hz: int, level_db: Levels, found: np.ndarray) -> Hum | None:
    """Hum of one mains frequency, if its lines are there.

    The first or the second must be: the others may belong to the other frequency. One line alone must be the first:
    twice the mains is a man's pitch.
    """
    own = slice(index * MULTIPLES, (index + 1) * MULTIPLES)
    multiples = np.flatnonzero(found[own]) + 1
    if not (1 in multiples or (2 in multiples and len(multiples) > 1)):
        return None
    power = float(np.sum(10.0 ** (level_db[own][multiples - 1] / 10.0)))
    return Hum(mains_hz, round(10.0 * math.log10(power), 1), tuple(multiples.tolist()))
