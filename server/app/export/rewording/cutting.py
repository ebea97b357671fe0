"""Where segments begin and end: joined over short pauses, split where they are long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil

from ...domain.arrangement import ends_sentence
from ...domain.phrasing import joined, share_out
from ...domain.transcript import Segment, Transcript, TranslatedSegment, Word
from .editing import mean_confidence, ordered, with_words, words_of
from .tokens import PAUSE_MARKS

_SENTENCE_WORTH, _PHRASE_WORTH, _PAUSE_WORTH, _DISTANCE_COST = 3.0, 1.5, 2.0, 2.0
"""What a cut gains by standing at the end of a sentence, of a phrase, in a second of silence; what it loses by
standing a whole limit away from even parts."""
_EARLIEST = 0.5
"""No part that could be longer is shorter than this part of the limit."""


def merge(transcript: Transcript, pause_s: float) -> Transcript:
    """Join segments of one speaker, with nobody else's between them, over pauses up to this; not where they overlap."""
    groups: list[list[Segment]] = []
    end_s = 0.0
    for segment in transcript.segments:
        if groups and groups[-1][-1].speaker == segment.speaker and 0 <= segment.start_s - end_s <= pause_s:
            groups[-1].append(segment)
            end_s = max(end_s, segment.end_s)
        else:
            groups.append([segment])
            end_s = segment.end_s
    into = {segment.id: group[0].id for group in groups for segment in group}
    tracks = {language: _joined_lines(lines, into) for language, lines in transcript.translations.items()}
    return replace(transcript, segments=tuple(map(_joined, groups)), translations=tracks)


def split(transcript: Transcript, limit_s: float) -> Transcript:
    """Split segments longer than this between words, at the best ends and pauses; translations are shared out."""
    ids = {segment.id for segment in transcript.segments}
    parts = {segment.id: _split(segment, limit_s, ids) for segment in transcript.segments}
    if all(len(found) == 1 for found in parts.values()):
        return transcript
    tracks = {
        language: tuple(part for line in lines for part in _shared(line, parts.get(line.segment, ())))
        for language, lines in transcript.translations.items()
    }
    segments = ordered(part for found in parts.values() for part in found)
    return replace(transcript, segments=segments, translations=tracks)


def _joined(group: Sequence[Segment]) -> Segment:
    if len(group) == 1:
        return group[0]
    words = tuple(word for segment in group for word in words_of(segment))
    return Segment(
        id=group[0].id,
        start_s=group[0].start_s,
        end_s=max(segment.end_s for segment in group),
        speaker=group[0].speaker,
        text=" ".join(word.text for word in words),
        confidence=mean_confidence(words) if words else group[0].confidence,
        words=words,
    )


def _joined_lines(lines: Sequence[TranslatedSegment], into: dict[str, str]) -> tuple[TranslatedSegment, ...]:
    texts: dict[str, list[str]] = {}
    for line in lines:
        texts.setdefault(into.get(line.segment, line.segment), []).append(line.text)
    return tuple(TranslatedSegment(name, joined(found)) for name, found in texts.items())


def _split(segment: Segment, limit_s: float, ids: set[str]) -> list[Segment]:
    if segment.end_s - segment.start_s <= limit_s:
        return [segment]
    words = words_of(segment)
    cuts = _cuts(words, limit_s)
    if len(cuts) <= 2:
        return [segment]
    names = _names(segment.id, len(cuts) - 1, ids)
    return [
        replace(with_words(segment, words[begin:end]), id=name)
        for name, (begin, end) in zip(names, pairwise(cuts), strict=True)
    ]


def _names(first: str, count: int, ids: set[str]) -> Iterator[str]:
    """The segment's own id, then `seg-3.2`, `seg-3.3` …, none of which is in use."""
    yield first
    number = 1
    for _ in range(count - 1):
        number += 1
        while f"{first}.{number}" in ids:
            number += 1
        ids.add(f"{first}.{number}")
        yield f"{first}.{number}"


def _shared(line: TranslatedSegment, parts: Sequence[Segment]) -> Iterator[TranslatedSegment]:
    if len(parts) < 2:
        yield line
        return
    for part, text in zip(parts, share_out(line.text, [len(part.text) for part in parts]), strict=True):
        if text:
            yield TranslatedSegment(part.id, text)


def _cuts(words: Sequence[Word], limit_s: float) -> list[int]:
    """Between which words to cut, from 0 to their number. Linear: each word is looked at in few windows."""
    cuts = [0]
    whole_end_s = max((word.end_s for word in words), default=0.0)
    fits = 0
    while whole_end_s - words[cuts[-1]].start_s > limit_s:
        begin = cuts[-1]
        start_s = words[begin].start_s
        fits = max(fits, begin + 1)
        while fits < len(words) and words[fits].end_s - start_s <= limit_s:
            fits += 1
        if fits == len(words):  # only words that sound together with the last one are too long
            break
        cuts.append(_best_cut(words, begin, fits, limit_s, whole_end_s - start_s))
    return [*cuts, len(words)]


def _best_cut(words: Sequence[Word], begin: int, fits: int, limit_s: float, left_s: float) -> int:
    """The best place to end a part that begins with one word and may reach up to another."""
    start_s = words[begin].start_s
    even_s = left_s / ceil(min(left_s / limit_s, len(words)))
    best, best_worth = fits, float("-inf")
    for cut in range(fits, begin, -1):
        last, following = words[cut - 1], words[cut]
        reached_s = last.end_s - start_s
        if cut < fits and reached_s < _EARLIEST * limit_s:
            break
        worth = _PAUSE_WORTH * min(1.0, max(0.0, following.start_s - last.end_s))
        if ends_sentence(last.text):
            worth += _SENTENCE_WORTH
        elif last.text.endswith(tuple(PAUSE_MARKS)):
            worth += _PHRASE_WORTH
        worth -= _DISTANCE_COST * abs(reached_s - even_s) / limit_s
        if worth > best_worth:
            best, best_worth = cut, worth
    return best
