"""Does a figure grow? A slope that outliers don't sway, and whether there is one at all."""

from __future__ import annotations

import math

import numpy as np

from ..frame import Column

MOST = 400
"""More values are thinned out evenly: all pairs are looked at."""


def thinned(values: Column) -> Column:
    """At most `MOST` of the values, evenly."""
    return values if len(values) <= MOST else values[np.linspace(0, len(values) - 1, MOST).astype(int)]


def theil_sen(x: Column, y: Column) -> float:
    """Slope of y over x: the median of the slopes between all pairs (H. Theil 1950, P. Sen 1968)."""
    first, second = np.triu_indices(len(x), 1)
    apart = x[second] - x[first]
    slopes = (y[second] - y[first])[apart != 0] / apart[apart != 0]
    return float(np.median(slopes)) if len(slopes) else 0.0


def mann_kendall(y: Column) -> float:
    """How likely values would rise or fall as steadily by chance (H. Mann 1945, M. Kendall 1975).

    Two-sided, by the normal approximation with ties taken into account; for ten values or more.
    """
    count = len(y)
    first, second = np.triu_indices(count, 1)
    score = float(np.sign(y[second] - y[first]).sum())
    _, ties = np.unique(y, return_counts=True)
    variance = (count * (count - 1) * (2 * count + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    if variance <= 0:
        return 1.0
    z = (abs(score) - 1) / math.sqrt(variance) if score else 0.0
    return math.erfc(max(z, 0.0) / math.sqrt(2))
