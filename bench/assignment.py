"""Pairing rows with columns so that the sum is greatest: the Hungarian method for small tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def best_assignment(gains: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pair rows and columns of a table one to one so that the sum of the chosen gains is greatest.

    Shortest augmenting paths with potentials (Jonker and Volgenant 1987), O(n³).

    Args:
        gains: Shape (rows, columns), finite.

    Returns:
        min(rows, columns) pairs, sorted by row.
    """
    if gains.size == 0:
        return []
    if gains.shape[0] > gains.shape[1]:
        return sorted((i, j) for j, i in best_assignment(gains.T))
    row_of = _match(-gains)
    return sorted((int(row), column) for column, row in enumerate(row_of) if row >= 0)


def _match(costs: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """For each column the row it is paired with, or -1. Needs rows ≤ columns."""
    rows, columns = costs.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    row_of = np.full(columns, -1, dtype=np.int64)
    for start in range(rows):
        _augment(costs, start, row_price, column_price, row_of)
    return row_of


def _augment(
    costs: npt.NDArray[np.float64],
    start: int,
    row_price: npt.NDArray[np.float64],
    column_price: npt.NDArray[np.float64],
    row_of: npt.NDArray[np.int64],
) -> None:
    """Give the row `start` a column by the cheapest chain of re-pairings (Dijkstra on reduced costs)."""
    columns = costs.shape[1]
    reach, came_from = np.full(columns, np.inf), np.full(columns, -1, dtype=np.int64)
    done = np.zeros(columns, dtype=np.bool_)
    row, distance, last = start, 0.0, -1
    while True:
        through = distance + costs[row] - row_price[row] - column_price
        better = ~done & (through < reach)
        reach[better], came_from[better] = through[better], last
        column = int(np.argmin(np.where(done, np.inf, reach)))
        distance = float(reach[column])
        if row_of[column] < 0:
            break
        done[column] = True
        row, last = int(row_of[column]), column
    row_price[start] += distance
    row_price[row_of[done]] += distance - reach[done]
    column_price[done] -= distance - reach[done]
    while column >= 0:
        previous = int(came_from[column])
        row_of[column] = row_of[previous] if previous >= 0 else start
        column = previous
