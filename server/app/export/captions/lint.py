"""Holds captions against their limits and tells what does not keep them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..text import clock
from .model import Caption
from .options import Limits

Kind = Literal[
    "line_too_long",
    "too_many_lines",
    "too_short",
    "too_long",
    "too_fast",
    "gap_too_small",
    "overlap",
    "unsorted",
    "empty",
]

SENTENCES: dict[Kind, str] = {
    "line_too_long": "have a line of more than {limit:g} characters",
    "too_many_lines": "have more than {limit:g} lines",
    "too_short": "are shown for less than {limit:g} s",
    "too_long": "are shown for more than {limit:g} s",
    "too_fast": "are too fast to read: {limit:g} characters a second are the most",
    "gap_too_small": "follow the one before within {limit:g} ms",
    "overlap": "begin before the one before by the same speaker ends",
    "unsorted": "begin before one that comes earlier in the file",
    "empty": "have no text",
}
"""What can be wrong, in words that go on from "2 captions"."""
_ROUNDING_MS = 1
"""Frames begin between milliseconds: each edge may be off by half of one."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One caption that does not keep one limit."""

    kind: Kind
    at_ms: int
    limit: float


def lint(captions: Sequence[Caption], limits: Limits, second: Limits | None = None) -> tuple[Violation, ...]:
    """All violations, ordered by caption.

    Args:
        captions: To be held against their limits.
        limits: Of the text.
        second: Of the translation below it, where they differ: lines of Japanese are shorter than those of English.
    """
    found: list[Violation] = []
    last_end_ms: dict[str | None, int] = {}
    shown_until_ms, last_start_ms = -1_000_000, 0
    for caption in captions:
        found += _alone(caption, limits, second or limits)
        if caption.start_ms < last_start_ms:
            found.append(Violation("unsorted", caption.start_ms, 0))
        last_start_ms = max(last_start_ms, caption.start_ms)
        own_end_ms = last_end_ms.get(caption.speaker)
        gap_ms = limits.grid.milliseconds(limits.gap_ticks)
        if own_end_ms is not None and caption.start_ms < own_end_ms:
            found.append(Violation("overlap", caption.start_ms, 0))
        elif 0 <= caption.start_ms - shown_until_ms < gap_ms - _ROUNDING_MS:
            found.append(Violation("gap_too_small", caption.start_ms, float(round(gap_ms))))
        last_end_ms[caption.speaker] = caption.end_ms
        shown_until_ms = max(shown_until_ms, caption.end_ms)
    return tuple(found)


def _alone(caption: Caption, limits: Limits, second: Limits) -> Iterator[Violation]:
    length_ms = caption.end_ms - caption.start_ms
    if not caption.characters:
        yield Violation("empty", caption.start_ms, 0)
    for texts, most in ((caption.texts, limits.max_chars), (caption.second, second.max_chars)):
        if any(len(text) > most for text in texts):
            yield Violation("line_too_long", caption.start_ms, most)
    if max(len(caption.lines), len(caption.second)) > limits.max_lines:
        yield Violation("too_many_lines", caption.start_ms, limits.max_lines)
    if length_ms < limits.min_s * 1000 - _ROUNDING_MS:
        yield Violation("too_short", caption.start_ms, limits.min_s)
    if length_ms > limits.max_s * 1000 + _ROUNDING_MS:
        yield Violation("too_long", caption.start_ms, limits.max_s)
    words = sum(map(len, caption.lines))
    if limits.reading_s(caption.characters, words) * 1000 > length_ms + _ROUNDING_MS:
        yield Violation("too_fast", caption.start_ms, limits.max_cps)


def summarised(violations: Sequence[Violation]) -> tuple[str, ...]:
    """One sentence for each kind, with how many there are and where the first is."""
    sentences = []
    for kind, words in SENTENCES.items():
        own = [violation for violation in violations if violation.kind == kind]
        if own:
            many = f"{len(own)} captions" if len(own) > 1 else "1 caption"
            told = words.format(limit=own[0].limit)
            sentences.append(f"{many} {told if len(own) > 1 else _singular(told)}, the first at {clock(own[0].at_ms)}.")
    return tuple(sentences)


def _singular(words: str) -> str:
    verb, _, rest = words.partition(" ")
    return f"{ {'have': 'has', 'are': 'is', 'follow': 'follows', 'begin': 'begins'}[verb] } {rest}".strip()
