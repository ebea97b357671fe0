"""Text without times laid over speech: words spread over a stretch, and a text shared out between several."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from .arrangement import ends_sentence
from .transcript import Word

_PHRASE_END = (",", ";", ":", "–", "—", "،", "、", "，", "；", "：")
_REACH = 0.5
"""How far from the exact place a text may be cut to end a sentence or phrase, as part of what lies on either side."""
_RELIEF = {"sentence": 1.0, "phrase": 0.4, "word": 0.0}
_EMPTY_COST = 1.0


def spread(
    text: str, start_s: float, end_s: float, *, confidence: float, speaker: str | None = None
) -> tuple[Word, ...]:
    """The words of a text, each lasting in proportion to its characters; together they fill the stretch."""
    parts = text.split()
    if not parts:
        return ()
    ends = list(accumulate(len(part) + 1 for part in parts))
    scale = (end_s - start_s) / ends[-1]
    edges = [start_s, *(start_s + scale * done for done in ends[:-1]), end_s]
    return tuple(Word(edges[index], edges[index + 1], part, confidence, speaker) for index, part in enumerate(parts))


def share_out(text: str, weights: Sequence[float]) -> list[str]:
    """Cut a text into consecutive parts as long as the weights say, at sentence and phrase ends where one is near.

    Args:
        text: What to cut; only between words.
        weights: How much each part should get. With fewer words than parts, some parts are empty.
    """
    words = text.split()
    if len(weights) < 2 or not words:
        return [" ".join(words), *[""] * (len(weights) - 1)][: len(weights)]
    done = list(accumulate((len(word) + 1 for word in words), initial=0))
    shares = weights if sum(weights) else [1.0] * len(weights)
    lengths = [done[-1] * share / sum(shares) for share in shares]
    cuts = [0, *_cheapest([_choices(words, done, *place) for place in _places(lengths)], len(words)), len(words)]
    return [" ".join(words[begin:end]) for begin, end in pairwise(cuts)]


def _places(lengths: Sequence[float]) -> list[tuple[float, float]]:
    """Where parts should end, in characters, and how much lies on either side of there on average."""
    ends = accumulate(lengths)
    return [(end, (one + two) / 2) for end, (one, two) in zip(ends, pairwise(lengths), strict=False)]


def _choices(words: Sequence[str], done: Sequence[int], target: float, scale: float) -> dict[int, float]:
    """Numbers of words a part may end after, and what each costs: little near the target and at ends of sentences."""
    low = bisect_right(done, target) - 1
    first = min(low, bisect_left(done, target - _REACH * scale))
    last = min(len(words), max(low + 1, bisect_right(done, target + _REACH * scale) - 1))
    return {
        cut: abs(done[cut] - target) / max(scale, 1.0) - (_RELIEF[_ending(words[cut - 1])] if cut else 0.0)
        for cut in range(max(0, first), last + 1)
    }


def _cheapest(boundaries: Sequence[dict[int, float]], count: int) -> list[int]:
    """One cut of each boundary, none before the last one's, so that all cost least; empty parts cost too."""
    costs = {0: 0.0}
    steps: list[dict[int, int]] = []
    for choices in [*boundaries, {count: 0.0}]:
        reached, step = {}, {}
        earlier = sorted(costs)
        best, at = 0, 0
        for cut in sorted(choices):
            while at < len(earlier) and earlier[at] < cut:
                best = min(best if at else earlier[0], earlier[at], key=costs.__getitem__)
                at += 1
            ways = [(costs[best], best)] if at else []
            if cut in costs:
                ways.append((costs[cut] + _EMPTY_COST, cut))
            if ways:
                cost, step[cut] = min(ways, key=lambda way: (way[0], -way[1]))
                reached[cut] = cost + choices[cut]
        costs = reached
        steps.append(step)
    cuts = [count]
    for step in reversed(steps):
        cuts.append(step[cuts[-1]])
    return cuts[-2:0:-1]


def _ending(word: str) -> str:
    if ends_sentence(word):
        return "sentence"
    return "phrase" if word.endswith(_PHRASE_END) else "word"


def joined(texts: Iterable[str]) -> str:
    """Texts one after another, with single spaces between words."""
    return " ".join(part for text in texts for part in text.split())
