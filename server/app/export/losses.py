"""What a format can't carry. Formats declare it; results name what was really lost this time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from ..domain.transcript import Transcript


class Loss(StrEnum):
    """One kind of knowledge that a format leaves out; the value is the sentence users read."""

    SPEAKERS = "Who speaks is left out."
    SEGMENT_TIMES = "Times are left out."
    WORD_TIMES = "Times of single words are left out."
    CONFIDENCE = "Confidences are left out."
    TEXT = "The words are left out."
    TRANSLATIONS = "Translations are left out."
    EMBEDDINGS = "Voice vectors of speakers are left out."
    PROVENANCE = "How the transcript was made is left out."
    VIDEO_FACTS = "Frame rate and timecode of the picture are left out."
    OVERLAP = "Speech that overlaps is laid out one after the other."
    MILLISECONDS = "Times are rounded to a millisecond."
    CENTISECONDS = "Times are rounded to a hundredth of a second."
    FRAMES = "Times are rounded to a frame."
    CHARACTERS = "Characters that the format lacks are replaced by similar ones."


_CARRIES_NOTHING_TO_LOSE: dict[Loss, Callable[[Transcript], bool]] = {
    Loss.SPEAKERS: lambda t: not any(segment.speaker for segment in t.segments),
    Loss.SEGMENT_TIMES: lambda t: not t.segments,
    Loss.WORD_TIMES: lambda t: not t.words,
    Loss.CONFIDENCE: lambda t: not t.segments,
    Loss.TEXT: lambda t: not t.segments,
    Loss.TRANSLATIONS: lambda t: not any(t.translations.values()),
    Loss.EMBEDDINGS: lambda t: not any(speaker.embedding for speaker in t.speakers),
    Loss.PROVENANCE: lambda _: False,
    Loss.VIDEO_FACTS: lambda t: t.recording.video is None,
    Loss.OVERLAP: lambda t: not _overlaps(t),
    Loss.CENTISECONDS: lambda t: not t.segments,
    Loss.FRAMES: lambda t: not t.segments,
    Loss.CHARACTERS: lambda t: not t.segments,
    Loss.MILLISECONDS: lambda t: all(_is_whole_ms(w.start_s) and _is_whole_ms(w.end_s) for w in t.words),
}


def actual_losses(declared: Iterable[Loss], transcript: Transcript) -> tuple[str, ...]:
    """Of what a format leaves out, that which this transcript has."""
    return tuple(str(loss) for loss in declared if not _CARRIES_NOTHING_TO_LOSE[loss](transcript))


def _overlaps(transcript: Transcript) -> bool:
    end_s = 0.0
    for word in sorted(transcript.words, key=lambda word: word.start_s):
        if word.start_s < end_s:
            return True
        end_s = max(end_s, word.end_s)
    return False


def _is_whole_ms(seconds: float) -> bool:
    return abs(seconds * 1000 - round(seconds * 1000)) < 1e-6
