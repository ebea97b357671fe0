"""Calibration: whether a word with confidence 0.9 is right about nine times in ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from audapolis.domain.transcript import Word

from .normalising import words_of
from .word_error import align


@dataclass(frozen=True, slots=True)
class Bin:
    """Words of similar confidence: their mean confidence and the share that was right."""

    words: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far stated and true confidence are apart.

    Attributes:
        error: Expected calibration error (Naeini et al. 2015): mean |confidence − right| over the bins, weighted by
            words; 0 is perfect.
        bins: The bins that hold words, by rising confidence.
    """

    error: float
    bins: tuple[Bin, ...]


def judged_words(reference: str, heard: Iterable[Word], *, language: str = "en") -> list[tuple[float, bool]]:
    """For each heard word its confidence and whether it was said, by the alignment of word error."""
    judged = [(part, word.confidence) for word in heard for part in words_of(word.text, language=language)]
    said = words_of(reference, language=language)
    pairs = align(said, [part for part, _ in judged])
    return [(judged[j][1], i is not None and said[i] == judged[j][0]) for i, j in pairs if j is not None]


def calibration(judged: Sequence[tuple[float, bool]], *, bins: int = 10) -> Calibration:
    """Expected calibration error over bins of equal width.

    Args:
        judged: Confidence in 0..1 and truth of each word.
        bins: How many bins.
    """
    if not judged:
        return Calibration(0.0, ())
    confidence = np.array([value for value, _ in judged])
    right = np.array([truth for _, truth in judged], dtype=np.float64)
    index = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    found = tuple(
        Bin(int((index == k).sum()), float(confidence[index == k].mean()), float(right[index == k].mean()))
        for k in np.unique(index)
    )
    error = sum(b.words * abs(b.confidence - b.right) for b in found) / len(judged)
    return Calibration(error, found)
