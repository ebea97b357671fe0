"""How far a transcript can be trusted, in numbers: pure functions over words, turns and detected speech."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..domain.transcript import Segment, Span, Turn, Word
from .doubts import joined

REGION_S = 60.0
MOST_REGIONS = 200
"""Recordings of more than 200 minutes have longer regions."""
INSIDE_S = 0.1
"""A change of speaker this deep within a word contradicts the word."""


@dataclass(frozen=True, slots=True)
class SpeakerQuality:
    """How sure the words of one speaker are; `speaker` None is for words nobody is known to have said."""

    speaker: str | None
    words: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of the recording; words belong where they begin. `confidence` is None without words."""

    start_s: float
    end_s: float
    words: int
    confidence: float | None


def by_speaker(segments: Sequence[Segment]) -> tuple[SpeakerQuality, ...]:
    """Mean confidence of every speaker's words, the one with most words first."""
    words: dict[str | None, list[Word]] = {}
    for segment in segments:
        for word in segment.words:
            words.setdefault(word.speaker, []).append(word)
    found = [SpeakerQuality(speaker, len(own), _mean(own) or 0.0) for speaker, own in words.items()]
    return tuple(sorted(found, key=lambda quality: (-quality.words, quality.speaker or "")))


def by_region(words: Sequence[Word], duration_s: float) -> tuple[Region, ...]:
    """Mean confidence minute by minute."""
    region_s = REGION_S * max(1, math.ceil(duration_s / (REGION_S * MOST_REGIONS)))
    count = max(1, math.ceil(duration_s / region_s))
    kept: list[list[Word]] = [[] for _ in range(count)]
    for word in words:
        kept[min(count - 1, int(word.start_s / region_s))].append(word)
    ends = [min(duration_s, (n + 1) * region_s) for n in range(count)]
    return tuple(Region(n * region_s, ends[n], len(own), _mean(own)) for n, own in enumerate(kept))


def boundary_agreement(turns: Sequence[Turn], words: Sequence[Word]) -> float | None:
    """Share of the changes of speaker that fall between words, 0..1; None where nobody takes over.

    The diarizer and the recogniser do not know of each other: where they agree, both are probably right.

    Args:
        turns: Sorted by start.
        words: In order of their start.
    """
    changes = [two.start_s for one, two in pairwise(turns) if one.speaker != two.speaker]
    if not changes or not words:
        return None
    inside, first = 0, 0
    for at_s in sorted(changes):
        while first < len(words) and words[first].end_s <= at_s:
            first += 1
        if first < len(words) and words[first].start_s + INSIDE_S < at_s < words[first].end_s - INSIDE_S:
            inside += 1
    return round(1 - inside / len(changes), 4)


def overlap_share(turns: Sequence[Turn]) -> float:
    """Share of the spoken time in which two or more speakers talk at once, 0..1."""
    by_name: dict[str, list[Span]] = {}
    for turn in turns:
        by_name.setdefault(turn.speaker, []).append(turn)
    edges = sorted(edge for spans in by_name.values() for span in joined(spans) for edge in _edges(span))
    talking, last_s, spoken_s, shared_s = 0, 0.0, 0.0, 0.0
    for at_s, change in edges:
        spoken_s += (at_s - last_s) * (talking >= 1)
        shared_s += (at_s - last_s) * (talking >= 2)
        talking, last_s = talking + change, at_s
    return round(shared_s / spoken_s, 4) if spoken_s > 0 else 0.0


def speech_share(speech: Sequence[Span], duration_s: float) -> float:
    """Share of the recording in which anybody talks, 0..1."""
    spoken_s = sum(span.duration_s for span in joined(speech))
    return round(min(1.0, spoken_s / duration_s), 4) if duration_s > 0 else 0.0


def _edges(span: Span) -> tuple[tuple[float, int], tuple[float, int]]:
    return (span.start_s, 1), (span.end_s, -1)


def _mean(words: Sequence[Word]) -> float | None:
    return round(sum(word.confidence for word in words) / len(words), 4) if words else None
