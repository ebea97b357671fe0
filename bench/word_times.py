"""Word times: how far the times of rightly heard words are from the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from audapolis.domain.transcript import Word

from .normalising import words_of
from .word_error import align

TimedWord = tuple[str, float, float]
"""A word, its start and its end, in seconds."""


@dataclass(frozen=True, slots=True)
class WordTimeError:
    """Absolute errors of all matched words, in seconds. `reference` counts the true words."""

    start_errors_s: tuple[float, ...]
    end_errors_s: tuple[float, ...]
    reference: int

    @property
    def matched(self) -> int:
        """How many true words were heard rightly, and so have errors."""
        return len(self.start_errors_s)

    def start_s(self, percent: float) -> float:
        """The percentile of the start errors (50 is the median); NaN when nothing matched."""
        return _percentile(self.start_errors_s, percent)

    def end_s(self, percent: float) -> float:
        """The percentile of the end errors; NaN when nothing matched."""
        return _percentile(self.end_errors_s, percent)

    def __add__(self, other: WordTimeError) -> WordTimeError:
        return WordTimeError(
            self.start_errors_s + other.start_errors_s,
            self.end_errors_s + other.end_errors_s,
            self.reference + other.reference,
        )


NO_TIMES = WordTimeError((), (), 0)


def word_time_errors(truth: Iterable[TimedWord], heard: Iterable[Word], *, language: str = "en") -> WordTimeError:
    """Measure the times of the words that were heard rightly.

    Both sides are normalised and aligned as for word error; pairs of equal words are compared. A written word that is
    several spoken ones ("twenty-one") shares out its time evenly.

    Args:
        truth: `(word, start_s, end_s)` in order.
        heard: A transcript's words, in order.
        language: Of both.
    """
    said = _spoken(truth, language)
    found = _spoken(((word.text, word.start_s, word.end_s) for word in heard), language)
    pairs = [
        (said[i], found[j])
        for i, j in align([word for word, _, _ in said], [word for word, _, _ in found])
        if i is not None and j is not None and said[i][0] == found[j][0]
    ]
    return WordTimeError(
        tuple(abs(a[1] - b[1]) for a, b in pairs), tuple(abs(a[2] - b[2]) for a, b in pairs), len(said)
    )


def _spoken(words: Iterable[TimedWord], language: str) -> list[TimedWord]:
    spoken = []
    for text, start_s, end_s in words:
        parts = words_of(text, language=language)
        step_s = (end_s - start_s) / max(1, len(parts))
        spoken += [(part, start_s + k * step_s, start_s + (k + 1) * step_s) for k, part in enumerate(parts)]
    return spoken


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else float("nan")
