"""Gated loudness as ITU-R BS.1770-5 and EBU R 128 define it, of one channel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .histograms import LevelCounts

_OFFSET_DB = -0.691  # BS.1770: so that a full-scale tone of 997 Hz measures -3.01 LUFS
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = 10.0
_PARTS = 4  # blocks of 400 ms begin every 100 ms


class LoudnessMeter:
    """Is given K-weighted mean squares of tenths of a second, in order. Keeps a histogram in steps of 0.1 LU."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._blocks = LevelCounts(low_db=_ABSOLUTE_GATE_LUFS - 1, step_db=0.1)

    def feed(self, tenths: npt.NDArray[np.float32]) -> None:
        """Take the next mean squares."""
        joined = np.concatenate([self._last, tenths])
        self._last = joined[-(_PARTS - 1) :]
        if len(joined) >= _PARTS:
            blocks = np.lib.stride_tricks.sliding_window_view(joined, _PARTS).mean(axis=1)
            self._blocks.add(blocks[:, None] * 10 ** (_OFFSET_DB / 10))

    def measure(self) -> float | None:
        """Loudness in LUFS; None where everything is below the absolute gate."""
        counts, levels = self._blocks.counts[0], self._blocks.levels_db
        power = 10.0 ** (levels / 10.0)
        gate = _ABSOLUTE_GATE_LUFS
        mean = 0.0
        for relative in (_RELATIVE_GATE_LU, 0.0):
            heard = np.where(levels > gate, counts, 0)
            if not heard.any():
                return None
            mean = float(10.0 * np.log10((heard * power).sum() / heard.sum()))
            gate = max(gate, mean - relative)
        return round(mean, 1)
