"""Matrix products of long thin matrices, on one core.

OpenBLAS splits products beyond a size among all cores. With matrices as thin as ours that gains nothing on an
idle machine, and where other processes want the cores too, waiting for one another was measured to make a
product 600 times slower. Slices below that size are never split.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_UNSPLIT = 262_144
"""Multiplications up to which OpenBLAS keeps a product on one core."""


def product(tall: Floats, table: Floats) -> Floats:
    """`tall @ table`, shapes (n, k) and (k, m)."""
    step = _rows(table.shape[0] * table.shape[1])
    result = np.empty((len(tall), table.shape[1]), np.float32)
    for start in range(0, len(tall), step):
        np.matmul(tall[start : start + step], table, out=result[start : start + step])
    return result


def cross_sums(left: Floats, right: Floats) -> Floats:
    """`left.T @ right`, shapes (n, m) and (n, k)."""
    step = _rows(left.shape[1] * right.shape[1])
    total = np.zeros((left.shape[1], right.shape[1]), np.float32)
    for start in range(0, len(left), step):
        total += left[start : start + step].T @ right[start : start + step]
    return total


def _rows(multiplications_per_row: int) -> int:
    return max(1, _UNSPLIT // multiplications_per_row)
