"""What a pronunciation dictionary teaches about spelling: letters paired with the phones they stand for.

Each letter of a word is paired with none, one or two phones; such a pair is a *graphone* (Bisani and Ney, Joint-
sequence models for grapheme-to-phoneme conversion, Speech Communication 50, 2008). Which phones belong to which letter
is not in the dictionary; it is estimated from all words at once, by dynamic programming over words of equal lengths.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Entry = tuple[str, tuple[str, ...]]

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
_WORD = re.compile(r"([a-z'][a-z']*)(?:\(\d+\))?")
_ROUNDS = 5
_SAMPLED = 4
"""Every so many-th word is enough to learn what letters stand for; a small dictionary has all of its words used."""
_LARGE = 20_000
_RARE = 4
"""Pairs seen in fewer words are taken for mistakes of the dictionary (or abbreviations), and their words left out."""


@dataclass(frozen=True, slots=True)
class Graphones:
    """An inventory of pairs, and the dictionary written in them.

    Attributes:
        pairs: Letter and phones of each graphone; number 0 is kept for the end of a word.
        words: Each word as graphone numbers.
    """

    pairs: tuple[Entry, ...]
    words: tuple[Ints, ...]


def read_dictionary(path: Path) -> list[Entry]:
    """The words of a PocketSphinx dictionary that are spelt with plain letters, with their phones."""
    entries = []
    for line in path.read_text("utf-8", "replace").splitlines():
        spelling, _, phones = line.partition(" ")
        if found := _WORD.fullmatch(spelling):
            entries.append((found[1], tuple(phones.split())))
    return entries


def pair_letters(entries: Iterable[Entry]) -> Graphones:
    """Find which phones each letter of each word stands for."""
    usable = [(word, phones) for word, phones in entries if 0 < len(phones) <= 2 * len(word)]
    names = sorted({phone for _, phones in usable for phone in phones})
    number = {phone: i + 1 for i, phone in enumerate(names)}
    sample = [
        _Group.of(same, number) for same in _by_lengths(usable[:: _SAMPLED if len(usable) > _LARGE else 1]).values()
    ]
    scores = _first_guess(sample, len(names) + 1)
    for _ in range(_ROUNDS):
        counts = sum((group.count(group.align(scores), scores.shape) for group in sample), np.zeros(scores.shape))
        scores = _normalised(counts)
    groups = [_Group.of(same, number) for same in _by_lengths(usable).values()]
    paired = [row for group in groups for row in group.pairs(group.align(scores))]
    return _inventory(paired, ["", *names])


@dataclass(frozen=True, slots=True)
class _Group:
    """All words of the same number of letters and phones.

    Attributes:
        letters: Shape (words, letters).
        phones: Shape (words, phones), numbered from 1; 0 means none.
    """

    letters: Ints
    phones: Ints

    @classmethod
    def of(cls, entries: Sequence[Entry], number: dict[str, int]) -> _Group:
        letters = np.array([[LETTERS.index(letter) for letter in word] for word, _ in entries])
        return cls(letters, np.array([[number[phone] for phone in phones] for _, phones in entries]))

    def align(self, scores: Floats) -> Ints:
        """How many phones each letter takes, shape (words, letters)."""
        words, letters = self.letters.shape
        phones = self.phones.shape[1]
        best = np.full((words, phones + 1), -np.inf)
        best[:, 0] = 0.0
        taken = np.zeros((letters, words, phones + 1), np.int8)
        for i in range(letters):
            after = np.full((3, words, phones + 1), -np.inf)
            for k in range(3):
                if k <= phones:
                    first, second = self._emitted(k)
                    after[k, :, k:] = best[:, : phones + 1 - k] + scores[self.letters[:, i, None], first, second]
            taken[i] = after.argmax(0)
            best = after.max(0)
        return self._backtrack(taken)

    def _emitted(self, k: int) -> tuple[Ints, Ints]:
        """The `k` phones from each position on, as two numbers."""
        phones = self.phones.shape[1]
        none = np.zeros((len(self.phones), phones + 1 - k), np.int64)
        first = self.phones[:, : phones + 1 - k] if k else none
        return first, self.phones[:, 1:] if k == 2 else none

    def _backtrack(self, taken: npt.NDArray[np.int8]) -> Ints:
        letters, words, _ = taken.shape
        at = np.full(words, self.phones.shape[1])
        path = np.zeros((words, letters), np.int64)
        for i in reversed(range(letters)):
            path[:, i] = taken[i, np.arange(words), at]
            at = at - path[:, i]
        return path

    def pairs(self, path: Ints) -> list[list[tuple[int, int, int]]]:
        """Letter, first and second phone (0 for none) of every letter of every word."""
        rows = []
        for letters, phones, counts in zip(self.letters.tolist(), self.phones.tolist(), path.tolist(), strict=True):
            at, row = 0, []
            for letter, k in zip(letters, counts, strict=True):
                row.append((letter, phones[at] if k else 0, phones[at + 1] if k == 2 else 0))
                at += k
            rows.append(row)
        return rows

    def count(self, path: Ints, shape: tuple[int, ...]) -> Floats:
        """How often each letter is paired with which phones."""
        counts = np.zeros(shape)
        start = np.cumsum(path, axis=1) - path
        padded = np.pad(self.phones, ((0, 0), (0, 2)))
        rows = np.arange(len(path))[:, None]
        first = np.where(path > 0, padded[rows, start], 0)
        second = np.where(path > 1, padded[rows, start + 1], 0)
        np.add.at(counts, (self.letters, first, second), 1.0)
        return counts


def _by_lengths(entries: Iterable[Entry]) -> dict[tuple[int, int], list[Entry]]:
    groups: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for word, phones in entries:
        groups[len(word), len(phones)].append((word, phones))
    return groups


def _first_guess(groups: Sequence[_Group], phones: int) -> Floats:
    """Letters and phones that stand at about the same place of words, one to one."""
    counts = np.zeros((len(LETTERS), phones, phones))
    for group in groups:
        words, letters = group.letters.shape
        near = np.minimum(np.arange(letters) * group.phones.shape[1] // letters, group.phones.shape[1] - 1)
        np.add.at(counts, (group.letters, group.phones[:, near], np.zeros((words, letters), np.int64)), 1.0)
    counts[:, 0, 0] = counts.sum((1, 2)) * 0.1
    return _normalised(counts)


def _normalised(counts: Floats) -> Floats:
    """Log probabilities of phones given a letter; what was never seen stays possible, pairs of phones least."""
    smooth = counts + 0.05
    smooth[:, 1:, 1:] = counts[:, 1:, 1:] + 0.0002
    logs: Floats = np.log(smooth / smooth.sum((1, 2), keepdims=True))
    return logs


def _inventory(paired: list[list[tuple[int, int, int]]], names: Sequence[str]) -> Graphones:
    counts: dict[tuple[int, int, int], int] = defaultdict(int)
    for row in paired:
        for pair in row:
            counts[pair] += 1
    kept = sorted(pair for pair, count in counts.items() if count >= _RARE)
    number = {pair: i + 1 for i, pair in enumerate(kept)}
    words = tuple(np.array([number[p] for p in row]) for row in paired if all(p in number for p in row))
    pairs = [(LETTERS[letter], tuple(names[p] for p in (one, two) if p)) for letter, one, two in kept]
    return Graphones((("", ()), *pairs), words)
