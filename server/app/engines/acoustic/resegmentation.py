"""Who speaks in each block, when turns have a least length: the best path through a hidden Markov model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .segmentation import Bools, Ints

_IMPOSSIBLE = -1e30


def best_path(scores: npt.NDArray[np.floating], opens: Bools, least_blocks: int, change_cost: float = 0.0) -> Ints:
    """Label blocks so that the sum of scores is greatest.

    A turn lasts at least `least_blocks`, except that a span of speech shorter than that may be one turn.
    Changing speakers costs `change_cost`, but is free where a pause precedes.

    Args:
        scores: Log likelihood of each block for each speaker, shape (blocks, speakers).
        opens: Whether a span of speech begins with the block.
        least_blocks: Least length of a turn.
        change_cost: In the unit of the scores.

    Returns:
        The speaker of each block. Takes time in proportion to the number of blocks.
    """
    blocks, speakers = scores.shape
    if blocks == 0 or speakers == 1:
        return np.zeros(blocks, np.int64)
    total = np.concatenate((np.zeros((1, speakers)), np.cumsum(scores, 0, dtype=np.float64)))
    starts = np.flatnonzero(opens)
    span_start = np.repeat(starts, np.diff(np.append(starts, blocks))).tolist()
    cost = np.where(np.append(opens, True), 0.0, change_cost).tolist()
    closes = np.append(opens[1:], True).tolist()
    best = [0.0] + [_IMPOSSIBLE] * blocks
    winner = [0] * (blocks + 1)
    since = np.zeros((blocks + 1, speakers), np.int64)
    running = np.full(speakers, _IMPOSSIBLE)
    for t in range(1, blocks + 1):
        running = running + scores[t - 1]
        origin = since[t - 1].copy()
        for s in _turn_starts(t, least_blocks, span_start[t - 1], closes=closes[t - 1]):
            if best[s] > _IMPOSSIBLE:
                fresh = (best[s] - cost[s]) + total[t] - total[s]
                better = fresh > running
                running = np.where(better, fresh, running)
                origin[better] = s
        since[t] = origin
        winner[t] = int(running.argmax())
        best[t] = max(float(running[winner[t]]), _IMPOSSIBLE)
    return _traced(scores, best[blocks], winner, since)


def _turn_starts(t: int, least: int, span_start: int, *, closes: bool) -> list[int]:
    """Where a turn that reaches its least length with block t-1 may have begun."""
    starts = [t - least] if t >= least else []
    if closes and t - span_start < least:
        starts.append(span_start)
    return starts


def _traced(scores: npt.NDArray[np.floating], best: float, winner: list[int], since: Ints) -> Ints:
    blocks = len(scores)
    if best <= _IMPOSSIBLE:
        return np.full(blocks, int(scores.sum(0).argmax()), np.int64)
    labels = np.empty(blocks, np.int64)
    t = blocks
    while t > 0:
        start = int(since[t, winner[t]])
        labels[start:t] = winner[t]
        t = start
    return labels
