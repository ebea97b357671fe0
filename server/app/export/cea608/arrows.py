"""A new speaker shown by `>>`, as American captions do where there is no room for names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...domain.transcript import Segment, Transcript, Word

_JOINER = "\u2060"
_ARROWS = f">>{_JOINER}"
"""One word with what follows, so that no line ends between them."""


def with_arrows(transcript: Transcript) -> Transcript:
    """Put arrows before the first word of whoever begins to speak."""
    return replace(transcript, segments=tuple(_marked(transcript)))


def spaced(text: str) -> str:
    """A line as it is shown."""
    return text.replace(_JOINER, " ")


def _marked(transcript: Transcript) -> Iterator[Segment]:
    last: str | None = None
    for segment in transcript.segments:
        words: list[Word] = []
        for word in segment.words:
            speaker = word.speaker or segment.speaker
            changed = speaker != last and bool(word.text.strip())
            words.append(replace(word, text=_ARROWS + word.text.lstrip()) if changed else word)
            last = speaker if word.text.strip() else last
        changed = not segment.words and segment.speaker != last
        last = segment.speaker if changed else last
        text = _ARROWS + segment.text.lstrip() if changed else segment.text
        yield replace(segment, text=text, words=tuple(words))
