"""Transcripts made by hand, for tests that need a particular one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from audapolis.domain.recording import AudioFacts, Recording, VideoFacts
from audapolis.domain.transcript import Provenance, Segment, Speaker, Transcript, Word

SHA256 = "c0ffee" + "0" * 58
VIDEO = VideoFacts("30000/1001", "00:59:30;00", True, 1920, 1080)

Line = tuple[str | None, float, float, str]
"""Speaker id, start and end in seconds, and what is said in between."""


def make_words(speaker: str | None, start_s: float, end_s: float, text: str) -> tuple[Word, ...]:
    """Spread the words of a text over a time, by their number of characters."""
    parts = text.split()
    total = sum(len(part) + 1 for part in parts) or 1
    words, done = [], 0
    for part in parts:
        edges = [start_s + (end_s - start_s) * n / total for n in (done, done + len(part) + 1)]
        words.append(Word(round(edges[0], 3), round(edges[1], 3), part, 0.9, speaker))
        done += len(part) + 1
    return tuple(words)


def make_transcript(
    *lines: Line,
    duration_s: float | None = None,
    names: Sequence[str] = (),
    name: str = "talk.wav",
    video: VideoFacts | None = None,
    language: str = "en",
) -> Transcript:
    """Build a transcript, one segment a line. Speakers are named by `names`, or `Speaker 1`, `Speaker 2` …"""
    segments = tuple(
        Segment(f"seg-{number}", start_s, end_s, speaker, text, 0.9, make_words(speaker, start_s, end_s, text))
        for number, (speaker, start_s, end_s, text) in enumerate(lines, start=1)
    )
    return transcript_with(
        segments,
        duration_s=duration_s if duration_s is not None else max((s.end_s for s in segments), default=1.0) + 0.5,
        names=names,
        name=name,
        video=video,
        language=language,
    )


def transcript_with(
    segments: Iterable[Segment],
    *,
    duration_s: float,
    names: Sequence[str] = (),
    name: str = "talk.wav",
    video: VideoFacts | None = None,
    language: str = "en",
) -> Transcript:
    """Build a transcript around segments."""
    segments = tuple(segments)
    ids = sorted({segment.speaker for segment in segments if segment.speaker})
    speakers = tuple(
        Speaker(
            speaker,
            names[index] if index < len(names) else f"Speaker {index + 1}",
            sum(s.end_s - s.start_s for s in segments if s.speaker == speaker),
        )
        for index, speaker in enumerate(ids)
    )
    return Transcript(
        id="4b1d3e7a-0000-4000-8000-000000000001",
        created_at="2026-01-31T12:00:00Z",
        language=language,
        recording=Recording(name, SHA256, duration_s, AudioFacts(0, 1, "pcm_s16le", 48000, 1, "mono"), video),
        provenance=Provenance("pocketsphinx", "en-US", "cpu", "float32", "acoustic", {"mode": "balanced"}, (), "0.1"),
        speakers=speakers,
        segments=segments,
    )


def conversation() -> Transcript:
    """A short talk of two people, with everything that formats tend to trip over."""
    transcript = make_transcript(
        ("S1", 0.5, 3.2, "Good morning, and welcome to the show about trains."),
        ("S1", 3.6, 6.0, "Today we ask: is 3 < 4 & 5 > 4?"),
        ("S2", 6.4, 7.0, "Yes."),
        ("S2", 9.5, 14.0, "I would say so --> and I would also say that ünïcode → 😀 works in captions."),
        ("S1", 14.2, 15.0, "Thank you."),
        duration_s=16.25,
        names=("Anna & Söhne", "Bob <b>"),
    )
    speakers = tuple(
        replace(speaker, embedding=(0.6, 0.8), embedding_model="acoustic-1") for speaker in transcript.speakers
    )
    return replace(transcript, speakers=speakers)
