"""Wishes about who speaks: short turns left out, turns of one speaker joined, lone words given to their neighbours.

Nothing here adds, drops or moves a word; only speakers change. By default nothing changes at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ..domain.options import TranscribeOptions
from ..domain.transcript import Turn, Word


@dataclass(frozen=True, slots=True)
class Smoothing:
    """What is smoothed, and how much.

    Attributes:
        min_turn_s: Shorter turns are not believed, unless they are their speaker's longest.
        merge_gap_s: Turns of one speaker with a shorter pause between them are one.
        min_run_words: Fewer words in a row between words of one other speaker are that speaker's.
    """

    min_turn_s: float = 0.0
    merge_gap_s: float = 0.0
    min_run_words: int = 1

    @classmethod
    def of(cls, options: TranscribeOptions) -> Smoothing:
        """What a user wishes."""
        return cls(options.min_turn_s, options.merge_gap_s, options.min_run_words)


def smooth_turns(turns: Sequence[Turn], wish: Smoothing) -> tuple[Turn, ...]:
    """Join turns, then leave out the short ones.

    Args:
        turns: Sorted by start; may overlap.
        wish: How much.

    Returns:
        Turns sorted by start, at least one of every speaker.
    """
    joined = _joined(turns, wish.merge_gap_s) if wish.merge_gap_s > 0 else list(turns)
    longest = {turn.speaker: turn for turn in sorted(joined, key=lambda turn: turn.duration_s)}
    return tuple(turn for turn in joined if turn.duration_s >= wish.min_turn_s or turn is longest[turn.speaker])


def smooth_words(words: Sequence[Word], wish: Smoothing) -> tuple[Word, ...]:
    """Give short runs of words to the speaker on both sides of them.

    Args:
        words: One stream, in order, with their speakers.
        wish: How much.
    """
    runs = [list(run) for _, run in groupby(words, key=lambda word: word.speaker)]
    speakers = [run[0].speaker for run in runs]
    for i in range(1, len(runs) - 1):
        if len(runs[i]) < wish.min_run_words and speakers[i - 1] == speakers[i + 1]:
            speakers[i] = speakers[i - 1]
    return tuple(replace(word, speaker=who) for run, who in zip(runs, speakers, strict=True) for word in run)


def _joined(turns: Sequence[Turn], gap_s: float) -> list[Turn]:
    """Join each turn to the last one of its speaker, where the pause is short and nobody else begins in it."""
    joined: list[Turn] = []
    for turn in turns:
        last = joined[-1] if joined else None
        if last is not None and last.speaker == turn.speaker and turn.start_s - last.end_s < gap_s:
            joined[-1] = replace(last, end_s=max(last.end_s, turn.end_s))
        else:
            joined.append(turn)
    return joined
