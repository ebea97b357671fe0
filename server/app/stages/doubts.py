"""Places of a transcript that are probably wrong, found without listening: pure functions over words and speech."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from ..domain.transcript import Segment, Span, Word

Reason = Literal["low_confidence", "word_rate", "repetition", "speech_without_words", "words_without_speech"]

UNSURE = 0.5
"""A segment whose words are more likely wrong than right."""
FAST_WORDS_PER_S = 6.0
"""Nobody talks faster for long: fluent English conversation has about 3 words a second, its bursts about 5."""
SLOW_WORD_S = 2.5
"""Nor does a word last longer."""
FEW_WORDS = 3
"""Fewer say nothing about confidence or rate."""
REPEATS = 4
"""A phrase so many times in a row is an engine that got stuck more often than a speaker who did."""
LONGEST_PHRASE = 4
SPEECH_S = 2.0
"""Speech of this length holds a word; less may be a breath or a laugh."""
EDGE_S = 0.3
"""Detected speech and the times of words may miss one another by this much."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A stretch to look at, in seconds, and why."""

    start_s: float
    end_s: float
    reason: Reason


def doubts(segments: Sequence[Segment], speech: Sequence[Span]) -> tuple[Doubt, ...]:
    """Everything suspicious, in order of time.

    Args:
        segments: Of the transcript, with their words.
        speech: What a speech detector took for speech, on all channels together.
    """
    words = sorted((word for segment in segments for word in segment.words), key=lambda word: word.start_s)
    heard = joined(speech)
    found = [
        *_each(segments, "low_confidence", _unsure),
        *_each(segments, "word_rate", _odd_rate),
        *(Doubt(part[0].start_s, part[-1].end_s, "repetition") for s in segments for part in _stuck(s.words)),
        *(Doubt(gap.start_s, gap.end_s, "speech_without_words") for gap in unspoken(heard, words)),
        *(Doubt(span.start_s, span.end_s, "words_without_speech") for span in _in_silence(words, heard)),
    ]
    return tuple(sorted(found, key=lambda doubt: (doubt.start_s, doubt.end_s, doubt.reason)))


def joined(spans: Iterable[Span]) -> list[Span]:
    """The spans with those that touch made one, in order of time."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start_s):
        if result and span.start_s <= result[-1].end_s:
            result[-1] = Span(result[-1].start_s, max(span.end_s, result[-1].end_s))
        else:
            result.append(Span(span.start_s, span.end_s))
    return result


def unspoken(speech: Sequence[Span], words: Sequence[Word]) -> list[Span]:
    """Stretches of speech of 2 s and more in which no word was recognised.

    Args:
        speech: In order, without overlap.
        words: In order of their start.
    """
    covered = joined(Span(max(0.0, word.start_s - EDGE_S), word.end_s + EDGE_S) for word in words)
    gaps: list[Span] = []
    next_one = 0
    for span in speech:
        at_s = span.start_s
        while next_one < len(covered) and covered[next_one].end_s <= at_s:
            next_one += 1
        for cover in covered[next_one:]:
            if cover.start_s >= span.end_s:
                break
            gaps.append(Span(at_s, cover.start_s))
            at_s = cover.end_s
        gaps.append(Span(at_s, span.end_s))
    return [gap for gap in gaps if gap.duration_s >= SPEECH_S]


def _each(segments: Sequence[Segment], reason: Reason, suspicious: Callable[[Segment], bool]) -> Iterator[Doubt]:
    for segment in segments:
        if len(segment.words) >= FEW_WORDS and suspicious(segment):
            yield Doubt(segment.start_s, segment.end_s, reason)


def _unsure(segment: Segment) -> bool:
    return segment.confidence < UNSURE


def _odd_rate(segment: Segment) -> bool:
    length_s = segment.end_s - segment.start_s
    return len(segment.words) > FAST_WORDS_PER_S * length_s or any(w.duration_s > SLOW_WORD_S for w in segment.words)


def _stuck(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The parts of a segment that say the same phrase over and over."""
    texts = [word.text.strip(".,!?").lower() for word in words]
    for length in range(1, LONGEST_PHRASE + 1):
        same = [texts[i] == texts[i + length] for i in range(len(texts) - length)]
        at = 0
        for repeated, run in groupby(same):
            size = len(list(run))
            if repeated and size >= length * (REPEATS - 1):
                yield words[at : at + size + length]
                return
            at += size


def _in_silence(words: Sequence[Word], speech: Sequence[Span]) -> list[Span]:
    """Words outside all detected speech, those in a row as one."""
    lost: list[Span] = []
    next_one, before = 0, -1
    for index, word in enumerate(words):
        while next_one < len(speech) and speech[next_one].end_s + EDGE_S <= word.start_s:
            next_one += 1
        if next_one < len(speech) and speech[next_one].start_s - EDGE_S < word.end_s:
            continue
        if lost and before == index - 1:
            lost[-1] = Span(lost[-1].start_s, max(lost[-1].end_s, word.end_s))
        else:
            lost.append(Span(word.start_s, word.end_s))
        before = index
    return lost
