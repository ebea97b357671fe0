"""Which speaker said which word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..domain.transcript import Turn, Word

NEAR_S = 2.0
"""A word outside every turn belongs to the nearest one within this distance."""
JOINED_S = 0.3
"""Words closer than this are spoken in one breath."""


def attribute(words: Sequence[Word], turns: Sequence[Turn]) -> tuple[Word, ...]:
    """Give every word the speaker whose turns cover most of it.

    Words outside all turns go to the nearest turn. A single word that would interrupt another speaker within
    one breath, without a turn that clearly holds it, stays with that speaker: diarizers are less sure of a
    boundary than a listener is that nobody changes over in the middle of a phrase.

    Args:
        words: In order of time.
        turns: Sorted by start; may overlap.
    """
    sweep = _Sweep(turns)
    choices = [sweep.speaker_of(word) for word in words]
    speakers = [speaker for speaker, _ in choices]
    for i in range(1, len(words) - 1):
        before, after = speakers[i - 1], speakers[i + 1]
        joined = words[i].start_s - words[i - 1].end_s < JOINED_S and words[i + 1].start_s - words[i].end_s < JOINED_S
        if before == after != speakers[i] and joined and choices[i][1] < 0.8:
            speakers[i] = before
    return tuple(replace(word, speaker=speaker) for word, speaker in zip(words, speakers, strict=True))


class _Sweep:
    """Walks words and turns together, so that cost grows with their sum."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns
        self._next = 0
        self._sounding: list[Turn] = []
        self._last: Turn | None = None

    def speaker_of(self, word: Word) -> tuple[str | None, float]:
        """The word's speaker and how much of the word, 0..1, that speaker's turns cover."""
        while self._next < len(self._turns) and self._turns[self._next].start_s < word.end_s:
            self._sounding.append(self._turns[self._next])
            self._next += 1
        ended = [turn for turn in self._sounding if turn.end_s <= word.start_s]
        if ended:
            self._last = max([*ended, *([self._last] if self._last else [])], key=lambda turn: turn.end_s)
            self._sounding = [turn for turn in self._sounding if turn.end_s > word.start_s]
        covered = _coverage(word, self._sounding)
        if covered:
            speaker = max(covered, key=lambda name: covered[name])
            return speaker, covered[speaker]
        return self._nearest(word), 0.0

    def _nearest(self, word: Word) -> str | None:
        near = []
        if self._last:
            near.append((word.start_s - self._last.end_s, self._last.speaker))
        if self._next < len(self._turns):
            following = self._turns[self._next]
            near.append((following.start_s - word.end_s, following.speaker))
        distance_s, speaker = min(near, default=(NEAR_S, ""))
        return speaker if distance_s < NEAR_S else None


def _coverage(word: Word, turns: Iterable[Turn]) -> dict[str, float]:
    covered: dict[str, float] = {}
    for turn in turns:
        overlap_s = turn.overlap_s(word)
        if overlap_s > 0:
            covered[turn.speaker] = covered.get(turn.speaker, 0.0) + overlap_s / max(word.duration_s, 1e-3)
    return covered
