"""A translation below each caption.

Translations belong to segments, captions to turns. The translation of a segment is shared out between the captions
that are shown while it is said, in proportion to what each holds of it, and cut at phrase ends.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from ...domain.phrasing import joined, share_out
from ...domain.transcript import Segment, Transcript
from ..prose import second_track
from ..text import clean
from .lines import broken
from .model import Caption, Token, line_text
from .options import CaptionOptions


def with_second(captions: Sequence[Caption], transcript: Transcript, options: CaptionOptions) -> tuple[Caption, ...]:
    """Add a translation's lines to captions.

    Raises:
        InvalidOption: There is no such translation.
    """
    track = second_track(transcript, options.second_language)
    if not track:
        return tuple(captions)
    texts, max_chars = _texts(transcript, track), options.limits(transcript, track).max_chars
    shares: list[list[str]] = [[] for _ in captions]
    places = _Places(captions)
    for segment in transcript.segments:
        text = texts.get(segment.id, "")
        found = places.of(segment) if text else []
        if not found:
            continue
        weights = [weight for _, weight in found]
        for (place, _), part in zip(found, share_out(text, weights), strict=True):
            shares[place].append(part)
    return tuple(
        replace(caption, second=_lines(" ".join(filter(None, parts)), max_chars))
        for caption, parts in zip(captions, shares, strict=True)
    )


class _Places:
    """Finds the captions that hold a segment's words: its speaker's, whose words begin while it lasts."""

    def __init__(self, captions: Sequence[Caption]) -> None:
        self._own: dict[str | None, list[tuple[float, int]]] = {}
        for place, caption in enumerate(captions):
            words = (
                token for line in caption.lines for token in line if token.end_s > token.start_s or not token.glued
            )
            for token in words:
                self._own.setdefault(caption.speaker, []).append((token.start_s, place))
        for tokens in self._own.values():
            tokens.sort()

    def of(self, segment: Segment) -> list[tuple[int, float]]:
        tokens = self._own.get(segment.speaker, [])
        begin = bisect_left(tokens, (segment.start_s - 1e-6, -1))
        counts: dict[int, float] = {}
        for start_s, place in tokens[begin:]:
            if start_s >= segment.end_s and counts:
                break
            counts[place] = counts.get(place, 0.0) + 1.0
        return sorted(counts.items())


def _texts(transcript: Transcript, track: str) -> dict[str, str]:
    """What each segment says in the other language."""
    lines: dict[str, list[str]] = {}
    for line in transcript.translations[track]:
        lines.setdefault(line.segment, []).append(clean(line.text))
    return {segment: joined(texts) for segment, texts in lines.items()}


def _lines(text: str, max_chars: int) -> tuple[str, ...]:
    tokens = [Token(part, 0.0, 0.0) for word in text.split() for part in _pieces(word, max_chars)]
    return tuple(line_text(line) for line in broken(tokens, max_chars)) if tokens else ()


def _pieces(word: str, max_chars: int) -> list[str]:
    return [word[at : at + max_chars] for at in range(0, len(word), max_chars)]
