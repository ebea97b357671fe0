"""Words into sentences and phrases: what a reader sees as one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile

from ..domain.arrangement import ends_sentence
from ..domain.transcript import Segment, Word

PAUSE_S = 1.5
"""Silence that ends a segment even within a sentence."""
MAX_SEGMENT_S = 30.0


def segments(streams: Sequence[Sequence[Word]]) -> tuple[Segment, ...]:
    """Cut each stream of words into segments and merge them in order of time.

    A segment ends with its sentence, its speaker, before a long pause, or after 30 s. Ids are `1`, `2` …
    """
    groups = [group for stream in streams for group in _groups(stream)]
    groups.sort(key=lambda group: (group[0].start_s, group[0].speaker or ""))
    return tuple(_segment(str(number), group) for number, group in enumerate(groups, start=1))


def settled_segments(streams: Sequence[Sequence[Word]], heard_s: float, unsure_words: int = 1) -> tuple[Segment, ...]:
    """Cut like `segments`, and keep the first segments that words still to come can't change.

    The last segment of every stream stays open, and so does the one before it while what follows may yet be given
    to its speaker (see `attribution` and `smoothing`).

    Args:
        streams: All words so far.
        heard_s: No word to come in another stream starts before this time.
        unsure_words: So many last words of a stream may still get another speaker.
    """
    grouped = [list(_groups(stream)) for stream in streams]
    open_from = [_open_group(groups, unsure_words) for groups in grouped if groups]
    unsettled_s = min([heard_s, *open_from])
    return tuple(takewhile(lambda line: line.start_s < unsettled_s, segments(streams)))


def _open_group(groups: list[list[Word]], unsure_words: int) -> float:
    """When the first group starts that may still change."""
    left = unsure_words
    for group in reversed(groups):
        left -= len(group)
        if left < 0:
            return group[0].start_s
    return groups[0][0].start_s


def _groups(words: Sequence[Word]) -> Iterable[list[Word]]:
    if not words:
        return
    group = [words[0]]
    for before, word in pairwise(words):
        if (
            word.speaker != before.speaker
            or ends_sentence(before.text)
            or word.start_s - before.end_s > PAUSE_S
            or word.end_s - group[0].start_s > MAX_SEGMENT_S
        ):
            yield group
            group = []
        group.append(word)
    yield group


def _segment(identity: str, words: list[Word]) -> Segment:
    return Segment(
        id=identity,
        start_s=words[0].start_s,
        end_s=max(word.end_s for word in words),
        speaker=words[0].speaker,
        text=" ".join(word.text for word in words),
        confidence=round(sum(word.confidence for word in words) / len(words), 4),
        words=tuple(words),
    )
