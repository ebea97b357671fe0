"""What a row is about: columns and rows of words, segments and speakers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Literal

from ...domain.arrangement import spoken_words, words_in
from ...domain.phrasing import joined
from ...domain.transcript import Segment, Transcript, Word
from ..text import clean

Level = Literal["word", "segment", "speaker"]
Row = tuple[str, ...]
NumberText = Callable[[float], str]
"""Writes a number into a cell."""


def columns(transcript: Transcript, level: Level, unit: str) -> Row:
    """The names of the columns; those of times say their unit, such as `start_s`."""
    if level == "word":
        return ("word", "segment", "speaker", "speaker_name", f"start{unit}", f"end{unit}", "text", "confidence")
    if level == "segment":
        times = (f"start{unit}", f"end{unit}")
        tracks = (f"text_{clean(language)}" for language in transcript.translations)
        return ("segment", "speaker", "speaker_name", *times, "text", "confidence", "words", *tracks)
    return ("speaker", "name", f"speech{unit}", "segments", "words", f"first{unit}", f"last{unit}", "confidence")


def rows(transcript: Transcript, level: Level, time: NumberText, share: NumberText) -> Iterator[Row]:
    """The rows, in the order of the transcript.

    Args:
        transcript: What was said.
        level: What a row is about.
        time: Writes seconds.
        share: Writes confidences.
    """
    if level == "word":
        yield from _words(transcript, time, share)
    elif level == "segment":
        yield from _segments(transcript, time, share)
    else:
        yield from _speakers(transcript, time, share)


def _words(transcript: Transcript, time: NumberText, share: NumberText) -> Iterator[Row]:
    names = _names(transcript)
    number = 0
    for segment in transcript.segments:
        segment_id = clean(segment.id)
        for word in words_in(segment):
            number += 1
            speaker = names[word.speaker]
            times = (time(word.start_s), time(word.end_s))
            yield (str(number), segment_id, *speaker, *times, clean(word.text), share(word.confidence))


def _segments(transcript: Transcript, time: NumberText, share: NumberText) -> Iterator[Row]:
    names, tracks = _names(transcript), [_track(transcript, language) for language in transcript.translations]
    for segment in transcript.segments:
        yield (
            clean(segment.id),
            *names[segment.speaker],
            time(segment.start_s),
            time(segment.end_s),
            clean(segment.text),
            share(segment.confidence),
            str(len(words_in(segment))),
            *(joined(map(clean, track.get(segment.id, ()))) for track in tracks),
        )


def _track(transcript: Transcript, language: str) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = defaultdict(list)
    for line in transcript.translations[language]:
        lines[line.segment].append(line.text)
    return lines


def _speakers(transcript: Transcript, time: NumberText, share: NumberText) -> Iterator[Row]:
    """Everyone who is heard, and last what nobody knows the speaker of."""
    segments: dict[str | None, list[Segment]] = defaultdict(list)
    words: dict[str | None, list[Word]] = defaultdict(list)
    for segment in transcript.segments:
        segments[segment.speaker].append(segment)
    for word in spoken_words(transcript):
        words[word.speaker].append(word)
    names = _names(transcript)
    for speaker in dict.fromkeys([*(s.id for s in transcript.speakers), *segments, *words]):
        spoken, parts = words[speaker], segments[speaker]
        confidence = sum(word.confidence for word in spoken) / len(spoken) if spoken else None
        yield (
            *names[speaker],
            time(_speech_s(transcript, speaker, parts)),
            str(len(parts)),
            str(len(spoken)),
            time(min(word.start_s for word in spoken)) if spoken else "",
            time(max(word.end_s for word in spoken)) if spoken else "",
            "" if confidence is None else share(confidence),
        )


def _speech_s(transcript: Transcript, speaker: str | None, parts: list[Segment]) -> float:
    known = next((each.speech_s for each in transcript.speakers if each.id == speaker), None)
    return sum(part.end_s - part.start_s for part in parts) if known is None else known


class _Names(dict[str | None, tuple[str, str]]):
    """Id and name of each speaker, both empty for nobody."""

    def __missing__(self, speaker: str | None) -> tuple[str, str]:
        return clean(speaker or ""), clean(speaker or "")


def _names(transcript: Transcript) -> _Names:
    return _Names({each.id: (clean(each.id), clean(each.name)) for each in transcript.speakers})
