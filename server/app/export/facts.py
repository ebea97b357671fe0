"""What stands at the head of a transcript: the facts of its recording, and how it was made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..domain.arrangement import spoken_words
from ..domain.recording import VideoFacts
from ..domain.transcript import Provenance, Transcript
from .text import clean, short_clock

Fact = tuple[str, str]
"""A label and a value; both clean, neither empty."""


def title_of(transcript: Transcript) -> str:
    """What the transcript is called: its recording's name."""
    return clean(transcript.recording.name) or "Transcript"


def facts(transcript: Transcript) -> tuple[Fact, ...]:
    """All that is known, most important first."""
    tidy = ((label, clean(value)) for label, value in _facts(transcript))
    return tuple((label, value) for label, value in tidy if value)


def _facts(transcript: Transcript) -> Iterator[Fact]:
    recording = transcript.recording
    yield "Duration", short_clock(recording.duration_s)
    yield "Language", transcript.language if transcript.language != "und" else ""
    yield "Translations", ", ".join(name for name, lines in transcript.translations.items() if lines)
    yield "Speakers", ", ".join(_speakers(transcript))
    yield "Words", f"{len(spoken_words(transcript)):,}"
    if recording.video:
        yield "Picture", _picture(recording.video)
    if transcript.provenance.engine != "document":
        yield "Transcribed", _date(transcript.created_at)
        yield from _origin(transcript.provenance)


def _speakers(transcript: Transcript) -> Iterator[str]:
    """Who speaks, and for how much of all speech."""
    spoken_s: dict[str, float] = defaultdict(float)
    for segment in transcript.segments:
        spoken_s[segment.speaker or ""] += segment.end_s - segment.start_s
    whole_s = sum(spoken_s.values()) or 1.0
    for speaker in transcript.speakers:
        name = clean(speaker.name) or speaker.id
        yield f"{name} ({spoken_s[speaker.id] / whole_s:.0%})"


def _picture(video: VideoFacts) -> str:
    start = f", from {video.start_timecode}" if video.start_timecode else ""
    return f"{video.width} × {video.height}, {video.frame_rate} frames a second{start}"


def _date(created_at: str) -> str:
    """`2026-01-31 12:00 UTC`."""
    return f"{created_at[:10]} {created_at[11:16]} UTC"


def _origin(made: Provenance) -> Iterator[Fact]:
    yield "Speech recognition", " ".join(filter(None, (made.engine, made.model)))
    yield "Speaker recognition", made.diarizer or ""
    yield "Device", " ".join(filter(None, (made.device, made.precision)))
    yield "Version", f"Audapolis {made.version}" if made.version else ""
    yield "Instead of what was asked", "; ".join(f"{f.used} for {f.wanted}: {f.reason}" for f in made.fallbacks)
    yield "To be checked", " ".join(made.warnings)
