"""Tiers of intervals: each covers the whole recording, and in none do two intervals overlap.

What one speaker says twice at the same time (it happens in corrected transcripts) goes to a further tier of that
speaker, so that no time and no text is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...domain.arrangement import spoken_words
from ...domain.phrasing import joined
from ...domain.transcript import Transcript
from ..text import clean

_UNKNOWN = "unknown"
_SHORTEST_MS = 1


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of a tier; without text it is silence."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Tier:
    """A named row of intervals."""

    name: str
    intervals: tuple[Interval, ...]


def tiers(transcript: Transcript, *, words: bool, segments: bool, translations: bool) -> tuple[Tier, ...]:
    """All tiers, those of a speaker next to each other; at least one."""
    rows: dict[tuple[str | None, str], list[Interval]] = {}
    said = dict.fromkeys(segment.speaker for segment in transcript.segments)
    said.update(dict.fromkeys(word.speaker for word in spoken_words(transcript)))
    order = [*(s.id for s in transcript.speakers if s.id in said), *said]
    for kind, speaker, interval in _intervals(transcript, words, segments, translations):
        rows.setdefault((speaker, kind), []).append(interval)
    names = _names(transcript, order)
    placed = [
        (f"{names[speaker]}{f' ({kind})' if kind else ''}", lane)
        for speaker in dict.fromkeys(order)
        for (owner, kind), intervals in sorted(rows.items(), key=lambda row: row[0][1])
        if owner == speaker
        for lane in _lanes(intervals)
    ]
    placed = placed or [("speech", [])]
    whole_ms = max(1, round(transcript.recording.duration_s * 1000), *(e.end_ms for _, lane in placed for e in lane))
    return tuple(Tier(name, tuple(_gapless(lane, whole_ms))) for name, lane in _numbered(placed))


def _intervals(
    transcript: Transcript, words: bool, segments: bool, translations: bool
) -> Iterator[tuple[str, str | None, Interval]]:
    """What kind of tier, whose, and what stands there; words have no kind."""
    if words:
        for word in spoken_words(transcript):
            yield "words", word.speaker, _interval(word.start_s, word.end_s, word.text)
    if segments:
        for segment in transcript.segments:
            yield "", segment.speaker, _interval(segment.start_s, segment.end_s, segment.text)
    for language, lines in transcript.translations.items() if translations else ():
        texts: dict[str, list[str]] = {}
        for line in lines:
            texts.setdefault(line.segment, []).append(clean(line.text))
        for segment in transcript.segments:
            if segment.id in texts:
                text = joined(texts[segment.id])
                yield clean(language), segment.speaker, _interval(segment.start_s, segment.end_s, text)


def _interval(start_s: float, end_s: float, text: str) -> Interval:
    start_ms = round(start_s * 1000)
    return Interval(start_ms, max(start_ms + _SHORTEST_MS, round(end_s * 1000)), clean(text))


def _lanes(intervals: Iterable[Interval]) -> list[list[Interval]]:
    """As few rows as hold all intervals without an overlap; what has no text is left out."""
    lanes: list[list[Interval]] = []
    for interval in sorted((i for i in intervals if i.text), key=lambda i: (i.start_ms, i.end_ms)):
        free = next((lane for lane in lanes if lane[-1].end_ms <= interval.start_ms), None)
        if free is None:
            lanes.append(free := [])
        free.append(interval)
    return lanes


def _gapless(intervals: Sequence[Interval], whole_ms: int) -> Iterator[Interval]:
    at_ms = 0
    for interval in intervals:
        if interval.start_ms > at_ms:
            yield Interval(at_ms, interval.start_ms, "")
        yield interval
        at_ms = interval.end_ms
    if at_ms < whole_ms:
        yield Interval(at_ms, whole_ms, "")


def _names(transcript: Transcript, speakers: Iterable[str | None]) -> dict[str | None, str]:
    """A name for each speaker; where two have the same, their ids tell them apart."""
    names = {speaker: clean(transcript.speaker_name(speaker)) or speaker or _UNKNOWN for speaker in speakers}
    shared = [name for name in names.values() if list(names.values()).count(name) > 1]
    return {speaker: f"{name} {speaker or _UNKNOWN}" if name in shared else name for speaker, name in names.items()}


def _numbered(placed: Sequence[tuple[str, list[Interval]]]) -> Iterator[tuple[str, list[Interval]]]:
    """Further tiers of the same name get a number."""
    seen: dict[str, int] = {}
    for name, lane in placed:
        seen[name] = seen.get(name, 0) + 1
        yield (f"{name} {seen[name]}" if seen[name] > 1 else name), lane
