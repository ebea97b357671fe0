"""All times of a transcript, moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...domain.transcript import Segment, Transcript, Turn, Word
from .editing import with_segments, with_words


def shift(transcript: Transcript, offset_s: float) -> tuple[Transcript, tuple[str, ...]]:
    """Add to all times, and to the recording's length. Nothing begins before 0.

    Returns:
        The transcript, and how much of it is left out because it would end at 0 or before.
    """
    segments = tuple(moved for segment in transcript.segments if (moved := _moved(segment, offset_s)))
    turns = tuple(_moved_turns(transcript.turns, offset_s))
    reached_s = max((segment.end_s for segment in segments), default=0.0)
    duration_s = max(reached_s, transcript.recording.duration_s + offset_s, 0.0)
    gone = sum(len(s.words) for s in transcript.segments) - sum(len(s.words) for s in segments)
    told = (f"{gone} words would end before time 0 and are left out.",) if gone else ()
    recording = replace(transcript.recording, duration_s=duration_s)
    return replace(with_segments(transcript, segments), turns=turns, recording=recording), told


def _moved(segment: Segment, offset_s: float) -> Segment | None:
    if _gone(segment.end_s, offset_s):
        return None
    words = tuple(_later(word, offset_s) for word in segment.words if not _gone(word.end_s, offset_s))
    if words and len(words) < len(segment.words):
        return with_words(segment, words)
    start_s, end_s = max(0.0, segment.start_s + offset_s), max(0.0, segment.end_s + offset_s)
    return replace(segment, start_s=start_s, end_s=end_s, words=words) if words or not segment.words else None


def _later(word: Word, offset_s: float) -> Word:
    start_s = max(0.0, word.start_s + offset_s)
    return Word(start_s, max(start_s, word.end_s + offset_s), word.text, word.confidence, word.speaker)


def _gone(end_s: float, offset_s: float) -> bool:
    """Whether what ends then would end at time 0 or before."""
    return offset_s < 0 and end_s + offset_s <= 0


def _moved_turns(turns: tuple[Turn, ...], offset_s: float) -> Iterator[Turn]:
    for turn in turns:
        if not _gone(turn.end_s, offset_s):
            yield Turn(max(0.0, turn.start_s + offset_s), turn.end_s + offset_s, turn.speaker)
