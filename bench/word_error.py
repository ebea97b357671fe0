"""Word error: how many words of a transcript are wrong, missing or too many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .assignment import best_assignment
from .normalising import words_of


@dataclass(frozen=True, slots=True)
class WordError:
    """Counts of one comparison, or the sum over several. `reference` is how many words were truly said."""

    substitutions: int
    deletions: int
    insertions: int
    reference: int

    @property
    def errors(self) -> int:
        """All wrong words."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per true word; may exceed 1. Without true words, 0 if none were heard and infinite otherwise."""
        if self.reference == 0:
            return 0.0 if self.errors == 0 else float("inf")
        return self.errors / self.reference

    def __add__(self, other: WordError) -> WordError:
        return WordError(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference + other.reference,
        )


NO_WORDS = WordError(0, 0, 0, 0)


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pair the items of two sequences with the fewest edits (Levenshtein, all costs 1).

    Returns:
        Pairs of indices in order; None on the left is an insertion, None on the right a deletion. Where several
        alignments cost the same, pairs are preferred to gaps, seen from the end.
    """
    if not hypothesis:
        return [(i, None) for i in range(len(reference))]
    return _walk_back(_table(reference, hypothesis), reference, hypothesis)


def _table(reference: Sequence[str], hypothesis: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """Edit distances of all prefixes. A row's insertions are resolved at once by a running minimum."""
    vocabulary = {word: code for code, word in enumerate(dict.fromkeys((*reference, *hypothesis)))}
    heard = np.array([vocabulary[word] for word in hypothesis], dtype=np.int64)
    columns = np.arange(len(hypothesis) + 1, dtype=np.int32)
    table = np.empty((len(reference) + 1, len(hypothesis) + 1), dtype=np.int32)
    table[0] = columns
    for row, word in enumerate(reference, 1):
        above = table[row - 1]
        best = above + 1
        np.minimum(best[1:], above[:-1] + (heard != vocabulary[word]), out=best[1:])
        table[row] = np.minimum.accumulate(best - columns) + columns
    return table


def _walk_back(
    table: np.ndarray[tuple[int, int], np.dtype[np.int32]], reference: Sequence[str], hypothesis: Sequence[str]
) -> list[tuple[int | None, int | None]]:
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(reference), len(hypothesis)
    while i or j:
        if i and j and table[i, j] == table[i - 1, j - 1] + (reference[i - 1] != hypothesis[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and table[i, j] == table[i - 1, j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def word_error(reference: str | Iterable[str], hypothesis: str | Iterable[str], *, language: str = "en") -> WordError:
    """Compare what was heard with what was said.

    Args:
        reference: The true text, or its words. Text and words are normalised either way.
        hypothesis: The transcript's text, or its words.
        language: Of both; see `normalise`.
    """
    said = words_of(_text(reference), language=language)
    heard = words_of(_text(hypothesis), language=language)
    pairs = align(said, heard)
    return WordError(
        substitutions=sum(i is not None and j is not None and said[i] != heard[j] for i, j in pairs),
        deletions=sum(j is None for _, j in pairs),
        insertions=sum(i is None for i, _ in pairs),
        reference=len(said),
    )


def speaker_word_error(reference: Sequence[str], hypothesis: Sequence[str], *, language: str = "en") -> WordError:
    """Compare texts of several speakers, whoever is called what (concatenated minimum-permutation word error).

    Args:
        reference: What each speaker truly said.
        hypothesis: What each speaker was heard to say; in any order, and there may be more or fewer.
        language: Of all.
    """
    count = max(len(reference), len(hypothesis))
    said = [*reference, *[""] * (count - len(reference))]
    heard = [*hypothesis, *[""] * (count - len(hypothesis))]
    table = [[word_error(a, b, language=language) for b in heard] for a in said]
    errors = np.array([[cell.errors for cell in row] for row in table], dtype=np.float64).reshape(count, count)
    return sum((table[i][j] for i, j in best_assignment(-errors)), NO_WORDS)


def _text(value: str | Iterable[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)
