"""How a word that is in no dictionary is probably spoken.

A joint n-gram model over graphones, with absolute discounting and continuation counts (Kneser and Ney, 1995), searched
with a beam. Learnt from the recogniser's own dictionary when first needed, and kept in the user's cache.

On every 50th word of the shipped dictionary, left out of the learning, 6.8 % of the phones and 27.5 % of the words are
wrong; for 11.6 % of the words none of the best three is right (`bench/spelling.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from .graphones import Floats, Graphones, Ints, pair_letters, read_dictionary

ORDER = 6
_BEAM = 24
_DISCOUNT = 0.8
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class _Level:
    """Counts of the n-grams of one length: keys sorted, with their probability parts ready to add."""

    keys: Ints
    shares: Floats
    histories: Ints
    backoffs: Floats


class Speller:
    """Pronunciations of words from their letters.

    Args:
        graphones: What was learnt from a dictionary.
    """

    def __init__(self, graphones: Graphones) -> None:
        self._pairs = graphones.pairs
        self._size = len(graphones.pairs)
        self._levels = _levels(graphones.words, self._size)
        self._choices: dict[str, Ints] = {}
        for letter in {letter for letter, _ in self._pairs}:
            self._choices[letter] = np.array([i for i, pair in enumerate(self._pairs) if pair[0] == letter])

    def pronounce(self, word: str, most: int = 1) -> list[tuple[str, ...]]:
        """The likeliest pronunciations of a word, best first.

        Args:
            word: Lower-case letters a to z and apostrophes; others are passed over.
            most: How many to give, where there are so many.
        """
        beam: list[tuple[float, tuple[int, ...]]] = [(0.0, (0,) * (ORDER - 1))]
        for letter in [letter for letter in word if letter in self._choices and letter] + [""]:
            beam = self._extended(beam, self._choices[letter])
        found: dict[tuple[str, ...], None] = {}
        for _, path in beam:
            phones = tuple(phone for graphone in path[ORDER - 1 :] for phone in self._pairs[graphone][1])
            if phones:
                found.setdefault(phones)
        return list(found)[:most]

    def _extended(
        self, beam: list[tuple[float, tuple[int, ...]]], choices: Ints
    ) -> list[tuple[float, tuple[int, ...]]]:
        histories = np.array([path[-(ORDER - 1) :] for _, path in beam])
        scores = np.array([score for score, _ in beam])[:, None] + self._log_probabilities(histories, choices)
        best = np.argsort(-scores, axis=None, kind="stable")[:_BEAM]
        rows, columns = np.unravel_index(best, scores.shape)
        return [
            (float(scores[row, column]), (*beam[row][1], int(choices[column])))
            for row, column in zip(rows, columns, strict=True)
        ]

    def _log_probabilities(self, histories: Ints, choices: Ints) -> Floats:
        """Shape (histories, choices)."""
        result = np.full((len(histories), len(choices)), 1.0 / self._size)
        for n, level in enumerate(self._levels, start=1):
            key = _packed(histories[:, ORDER - n :], self._size) if n > 1 else np.zeros(len(histories), np.int64)
            share = _looked_up(level.keys, level.shares, key[:, None] * self._size + choices, 0.0)
            backoff = _looked_up(level.histories, level.backoffs, key, 1.0)
            result = share + backoff[:, None] * result
        logs: Floats = np.log(result)
        return logs


def _levels(words: Sequence[Ints], size: int) -> list[_Level]:
    """Counts of all n-grams up to `ORDER`, words padded with ends; lower orders count distinct left neighbours."""
    padding = np.zeros(ORDER - 1, np.int64)
    text = np.concatenate([part for word in words for part in (padding, word, padding[:1])])
    real = np.concatenate([part for word in words for part in (padding == 1, np.ones(len(word) + 1, bool))])
    ends = np.flatnonzero(real)
    levels: list[_Level] = []
    keys = _packed(text[ends[:, None] + np.arange(-ORDER + 1, 1)], size)
    unique, counts = np.unique(keys, return_counts=True)
    for n in range(ORDER, 0, -1):
        levels.append(_level(unique, counts, size))
        unique, counts = np.unique(unique % size ** (n - 1), return_counts=True) if n > 1 else (unique, counts)
    return levels[::-1]


def _level(keys: Ints, counts: Ints, size: int) -> _Level:
    histories, at = np.unique(keys // size, return_inverse=True)
    totals = np.bincount(at, counts)
    kinds = np.bincount(at)
    return _Level(keys, (counts - _DISCOUNT) / totals[at], histories, _DISCOUNT * kinds / totals)


def _packed(rows: Ints, size: int) -> Ints:
    packed = np.zeros(len(rows), np.int64)
    for column in range(rows.shape[1]):
        packed = packed * size + rows[:, column]
    return packed


def _looked_up(keys: Ints, values: Floats, wanted: Ints, otherwise: float) -> Floats:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Floats = np.where(keys[at] == wanted, values[at], otherwise)
    return found


@lru_cache(maxsize=2)
def speller_for(dictionary: Path) -> Speller:
    """What a dictionary teaches, from the cache if it was learnt before (otherwise some seconds of work)."""
    digest = hashlib.sha256(dictionary.read_bytes()).hexdigest()[:16]
    kept = _cache_folder() / f"spelling-{_FORMAT}-{digest}.npz"
    with suppress(OSError, ValueError, KeyError):
        return Speller(_restored(kept))
    graphones = pair_letters(read_dictionary(dictionary))
    with suppress(OSError):  # a cache that can't be written costs time, no more
        _keep(graphones, kept)
    return Speller(graphones)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "audapolis"


def _keep(graphones: Graphones, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid.uuid4().hex}.npz")
    lengths = np.array([len(word) for word in graphones.words])
    pairs = np.array(json.dumps(graphones.pairs))
    np.savez_compressed(part, pairs=pairs, lengths=lengths, words=np.concatenate(graphones.words).astype(np.int16))
    part.replace(path)


def _restored(path: Path) -> Graphones:
    with np.load(path, allow_pickle=False) as kept:
        pairs = tuple((letter, tuple(phones)) for letter, phones in json.loads(str(kept["pairs"])))
        words = np.split(kept["words"].astype(np.int64), np.cumsum(kept["lengths"])[:-1])
    return Graphones(pairs, tuple(words))
