"""The transcript that templates are tried on: short, with all that they tend to trip over."""

from __future__ import annotations

from ...domain.recording import AudioFacts, Recording, VideoFacts
from ...domain.transcript import Provenance, Segment, Speaker, Transcript, TranslatedSegment, Word

_LINES = (
    ("S1", 0.5, 3.1, "Good morning, and welcome to “Rails & Roads”.", "Guten Morgen bei „Schiene & Straße“."),
    ("S1", 3.6, 6.2, "Is 3 < 4, and does 50 % matter?", "Ist 3 < 4, und zählen 50 %?"),
    ("S2", 6.4, 7.0, "Yes.", "Ja."),
    (None, 9.5, 11.0, "[laughter]", "[Gelächter]"),
    ("S2", 3723.25, 3726.0, "=SUM(A1) is what I’d type 😀", "=SUMME(A1) würde ich tippen 😀"),
)


def sample_transcript() -> Transcript:
    """The same each time: two speakers, a segment of nobody's, an hour's gap, a translation into German."""
    segments = tuple(
        Segment(f"seg-{number}", start_s, end_s, speaker, text, 0.9, _words(speaker, start_s, end_s, text))
        for number, (speaker, start_s, end_s, text, _) in enumerate(_LINES, start=1)
    )
    return Transcript(
        id="5a3b1c00-0000-4000-8000-000000000000",
        created_at="2026-01-31T12:00:00Z",
        language="en",
        recording=Recording(
            "Rails & Roads #1.mov",
            "0" * 64,
            3730.0,
            AudioFacts(0, 1, "pcm_s16le", 48000, 2, "stereo"),
            VideoFacts("30000/1001", "00:59:30;00", True, 1920, 1080),
        ),
        provenance=Provenance("sample", "none", "cpu", "float32", None, {}, (), "1"),
        speakers=(Speaker("S1", "Anna & Söhne", 5.2), Speaker("S2", 'Bob "B" <b>', 3.35)),
        segments=segments,
        translations={
            "de": tuple(TranslatedSegment(f"seg-{number}", line[4]) for number, line in enumerate(_LINES, start=1))
        },
    )


def _words(speaker: str | None, start_s: float, end_s: float, text: str) -> tuple[Word, ...]:
    parts = text.split()
    step_s = (end_s - start_s) / len(parts)
    return tuple(
        Word(round(start_s + index * step_s, 3), round(start_s + (index + 1) * step_s, 3), part, 0.9, speaker)
        for index, part in enumerate(parts)
    )
