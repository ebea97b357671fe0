"""Levels counted in classes: what a percentile needs, in memory that does not grow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.float64]


class LevelCounts:
    """Counts levels in dB, for several quantities at once.

    Args:
        rows: How many quantities.
        low_db: Everything below counts as this.
        high_db: Everything above counts as this.
        step_db: Width of a class.
    """

    def __init__(self, rows: int = 1, *, low_db: float = -130.0, high_db: float = 10.0, step_db: float = 0.5) -> None:
        self._low_db, self._step_db = low_db, step_db
        self._classes = round((high_db - low_db) / step_db) + 1
        self._rows = rows
        self.counts: npt.NDArray[np.int64] = np.zeros((rows, self._classes), np.int64)

    @property
    def levels_db(self) -> Levels:
        """The level each class stands for."""
        return np.linspace(self._low_db, self._low_db + self._step_db * (self._classes - 1), self._classes)

    def classes(self, power: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
        """The class of each mean square."""
        level_db = 10.0 * np.log10(power + 1e-30)
        nearest = np.rint((level_db - self._low_db) / self._step_db)
        classes: npt.NDArray[np.intp] = np.clip(nearest, 0, self._classes - 1).astype(np.intp)
        return classes

    def add(self, power: npt.NDArray[np.floating]) -> None:
        """Count mean squares, shape (times, rows)."""
        index = self.classes(power) + self._classes * np.arange(self._rows)
        self.counts += np.bincount(index.ravel(), minlength=self.counts.size).reshape(self.counts.shape)

    def quantile_db(self, share: float) -> Levels:
        """The level that so large a share of the times does not exceed, for each row; the lowest where none was."""
        below = np.cumsum(self.counts, axis=1)
        wanted = np.maximum(np.ceil(share * below[:, -1:]), 1)
        levels: Levels = self.levels_db[np.argmax(below >= wanted, axis=1)]
        return levels
