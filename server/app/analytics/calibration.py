"""Calibration: whether a word with confidence 0.9 stands uncorrected about nine times in ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .intervals import Estimate, ratio

BINS = 10


@dataclass(frozen=True, slots=True)
class ConfidenceBin:
    """Words of similar confidence in one recording.

    Attributes:
        confidence: Their mean confidence, 0..1; the bin's middle where there are none.
        words: How many.
        right: How many of them stood uncorrected.
    """

    confidence: float
    words: int
    right: int


Bins = tuple[ConfidenceBin, ...]
"""Ten bins, each a tenth of the scale; a confidence of 1 belongs to the last."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """What became of the words in one bin.

    Attributes:
        low, high: The confidence of its words lies from `low` up to `high`.
        confidence: Their mean confidence; None where there are none.
        right: The share that stood uncorrected, over recordings.
        words: How many there were.
        recordings: In how many recordings.
    """

    low: float
    high: float
    confidence: float | None
    right: Estimate | None
    words: int
    recordings: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far stated and true confidence are apart.

    The scores are of bins, so that no word's own confidence has to be kept. That makes the Brier score a little
    lower than that of single words: what confidences differ by within a tenth of the scale is not in it.

    Attributes:
        error: Expected calibration error (M. Naeini et al., Obtaining well calibrated probabilities using Bayesian
            binning, 2015): mean |confidence - right| over the bins, weighted by words. 0 is perfect; of few words
            it is too high by chance.
        overconfidence: Mean of confidence - right: above 0 where the model promises too much.
        brier: `reliability - resolution + uncertainty`; 0 is perfect, and `uncertainty` is what a model reaches
            that knows its share of right words and nothing else.
        reliability: Mean (confidence - right)², weighted by words.
        resolution: How much the bins differ in what was right: how well doubtful words are told from sure ones.
        uncertainty: right · (1 - right) of all words.
        words: How many words were judged.
        recordings: In how many recordings.
        table: All ten bins.
    """

    error: float
    overconfidence: float
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    words: int
    recordings: int
    table: tuple[Reliability, ...]


def binned(judged: Iterable[tuple[float, bool]]) -> Bins:
    """Count words by confidence.

    Args:
        judged: Confidence of each recognised word, taken as 0 or 1 where it lies outside, and whether it stood.
    """
    words, right, total = [0] * BINS, [0] * BINS, [0.0] * BINS
    for stated, stood in judged:
        confidence = min(1.0, max(0.0, stated))
        index = min(BINS - 1, int(confidence * BINS))
        words[index] += 1
        right[index] += stood
        total[index] += confidence
    return tuple(
        ConfidenceBin(round(total[k] / words[k], 6) if words[k] else (k + 0.5) / BINS, words[k], right[k])
        for k in range(BINS)
    )


def calibration(recordings: Sequence[Bins]) -> Calibration | None:
    """Judge the confidences of a model over recordings. None where no word was judged."""
    table = tuple(_reliability(k, [bins[k] for bins in recordings]) for k in range(BINS))
    words = sum(row.words for row in table)
    if words == 0:
        return None
    rows = [
        (row.words / words, row.confidence, row.right.value)
        for row in table
        if row.confidence is not None and row.right is not None
    ]
    right = sum(part * stood for part, _, stood in rows)
    reliability = sum(part * (stated - stood) ** 2 for part, stated, stood in rows)
    resolution = sum(part * (stood - right) ** 2 for part, _, stood in rows)
    uncertainty = right * (1 - right)
    return Calibration(
        error=sum(part * abs(stated - stood) for part, stated, stood in rows),
        overconfidence=sum(part * (stated - stood) for part, stated, stood in rows),
        brier=reliability - resolution + uncertainty,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        words=words,
        recordings=sum(any(each.words for each in bins) for bins in recordings),
        table=table,
    )


def _reliability(index: int, bins: Sequence[ConfidenceBin]) -> Reliability:
    """One row. The interval is of the share that was wrong, the smaller of the two almost always."""
    used = [each for each in bins if each.words]
    words = sum(each.words for each in used)
    wrong = ratio([each.words - each.right for each in used], [each.words for each in used])
    return Reliability(
        low=index / BINS,
        high=(index + 1) / BINS,
        confidence=sum(each.confidence * each.words for each in used) / words if words else None,
        right=None if wrong is None else _complement(wrong),
        words=words,
        recordings=len(used),
    )


def _complement(wrong: Estimate) -> Estimate:
    low = None if wrong.high is None else max(0.0, 1 - wrong.high)
    high = None if wrong.low is None else 1 - wrong.low
    return Estimate(1 - wrong.value, low, high, wrong.n)
