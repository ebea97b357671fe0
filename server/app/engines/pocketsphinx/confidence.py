"""How sure a decoded word is: a probability that it is right.

The word posterior of the lattice alone is far too sure of itself. A logistic model over it and a few other
observations is fitted on recordings with known text by `bench/fit_confidence.py`, which prints the numbers
below together with their calibration error for speakers that were left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .frontend import Floats


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was observed about one decoded word.

    Attributes:
        posterior: Share of the lattice's probability that runs through the word, 0..1.
        frames: Length in frames of 10 ms.
        acoustic: Log likelihood per frame, relative to the best model state of each frame.
        language: Log probability by the language model, weighted and with the decoder's penalties.
        order: Length of the n-gram the language model knew: 1..3.
        letters: Length of the written word.
    """

    posterior: float
    frames: int
    acoustic: float
    language: float
    order: int
    letters: int


WEIGHTS = (0.46, 0.189, 0.306, -0.607, 0.816, 0.06, -0.043, 0.139, -0.06)
BIAS = 1.311


def features(words: Sequence[Evidence]) -> Floats:
    """The model's inputs for the words of one chunk, in order; shape (words, inputs), roughly within -3..3."""
    if not words:
        return np.zeros((0, len(WEIGHTS)))
    odds = np.array([_log_odds(word.posterior) for word in words])
    around = np.pad(odds, 1, mode="edge")
    own = [
        (
            math.log(max(word.frames, 1) / 25),
            word.acoustic / 2,
            word.language / 5,
            word.order - 2,
            math.log(word.letters / 4),
            word.frames / 10 / max(word.letters, 1) - 1,
        )
        for word in words
    ]
    return np.column_stack(
        [odds / 2, np.minimum(around[:-2], around[2:]) / 2, np.full(len(odds), odds.mean() / 2), own]
    )


def confidences(words: Sequence[Evidence]) -> list[float]:
    """The probability that each word of a chunk is right, 0..1."""
    scores = features(words) @ np.array(WEIGHTS) + BIAS
    return [round(float(value), 3) for value in 1 / (1 + np.exp(-scores))]


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))
