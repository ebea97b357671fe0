"""Where a text is best cut: captions and lines end at sentence ends and pauses, not inside phrases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ...domain.arrangement import ends_sentence
from .model import Line, Token, line_text

_PHRASE_PAUSE_S = 0.25
_PHRASE_END = (",", ";", ":", "–", "—", "،", "、")
_LINE_BREAK_WEIGHT = 30.0  # Squared characters of unevenness that a break in a better place is worth.


def cut_cost(last: Token, following: Token) -> float:
    """How much a cut between two words hurts: little at sentence ends and pauses, much inside a word."""
    if following.glued:
        return 20.0
    pause_s = following.start_s - last.end_s
    relief = 2.0 * min(1.0, max(0.0, pause_s) / 0.5)
    if ends_sentence(last.text):
        return 0.5 - relief
    if last.text.endswith(_PHRASE_END):
        return 2.5 - relief
    return (4.0 if pause_s >= _PHRASE_PAUSE_S else 6.0) - relief


def broken(tokens: Sequence[Token], max_chars: int) -> tuple[Line, ...]:
    """Break a caption into lines: as few as possible, then evenly and after punctuation."""
    count, whole = len(tokens), len(line_text(tokens))
    if whole <= max_chars:
        return (tuple(tokens),)
    break_costs = [0.0, *(_LINE_BREAK_WEIGHT * cut_cost(one, two) for one, two in pairwise(tokens)), 0.0]
    target = whole / max(1, -(-whole // max_chars))
    best: list[tuple[int, float]] = [(0, 0.0)] + [(count + 1, 0.0)] * count
    previous = [0] * (count + 1)
    for begin in range(count):
        width = 0
        for end in range(begin + 1, count + 1):
            token = tokens[end - 1]
            width += len(token.text) + (0 if token.glued or end == begin + 1 else 1)
            if width > max_chars and end > begin + 1:
                break
            badness = (width - target) ** 2 + break_costs[end]
            candidate = (best[begin][0] + 1, best[begin][1] + badness)
            if candidate < best[end]:
                best[end], previous[end] = candidate, begin
    return tuple(tuple(tokens[begin:end]) for begin, end in pairwise(best_path(previous)))


def best_path(previous: Sequence[int]) -> list[int]:
    """The cuts from 0 to the end that a table of best predecessors describes."""
    cuts = [len(previous) - 1]
    while cuts[-1]:
        cuts.append(previous[cuts[-1]])
    return cuts[::-1]
