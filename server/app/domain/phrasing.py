"""Text without times laid over speech: words spread over a stretch, and a text shared out between several."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from .arrangement import ends_sentence
from .transcript import Word

_PHRASE_END = (",", ";", ":", "–", "—", "،", "、", "，", "；", "：")
_REACH = 0.5
"""How far from the exact place a text may be cut to end a sentence or phrase, as part of the shorter neighbour."""
_RELIEF = {"sentence": 1.0, "phrase": 0.4, "word": 0.0}


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
    total = sum(weights) or float(len(weights))
    even = not sum(weights)
    wanted = [done[-1] * share / total for share in accumulate(1.0 if even else weight for weight in weights)]
    cuts = [0]
    for index, target in enumerate(wanted[:-1]):
        before = wanted[index - 1] if index else 0.0
        reach = _REACH * min(target - before, wanted[index + 1] - target)
        cuts.append(_best_cut(words, done, cuts[-1], target, reach))
    cuts.append(len(words))
    return [" ".join(words[begin:end]) for begin, end in pairwise(cuts)]


def _best_cut(words: Sequence[str], done: Sequence[int], least: int, target: float, reach: float) -> int:
    """How many words to end a part after: near the target, at the end of a sentence or phrase if there is one."""
    nearest = max(least, min(len(words), bisect_left(done, target)))
    if nearest - 1 >= least and target - done[nearest - 1] < done[nearest] - target:
        nearest -= 1
    near = range(max(least, bisect_left(done, target - reach)), min(len(words), bisect_left(done, target + reach)) + 1)
    best: int = min((nearest, *near), key=lambda cut: _cost(words, done, cut, target, reach))
    return best


def _cost(words: Sequence[str], done: Sequence[int], cut: int, target: float, reach: float) -> float:
    distance = abs(done[cut] - target) / max(reach, 1.0)
    return distance - _RELIEF[_ending(words[cut - 1])] if cut else distance


def _ending(word: str) -> str:
    if ends_sentence(word):
        return "sentence"
    return "phrase" if word.endswith(_PHRASE_END) else "word"


def joined(texts: Iterable[str]) -> str:
    """Texts one after another, with single spaces between words."""
    return " ".join(part for text in texts for part in text.split())
