"""Talks with translations and doubtful words, for the formats that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audapolis.domain.transcript import Transcript, TranslatedSegment

from tests.builders import conversation

FRENCH = (
    "Bonjour et bienvenue à l’émission sur les trains.",
    "Aujourd’hui nous demandons : 3 < 4 & 5 > 4 ?",
    "Oui.",
    "Je dirais que oui --> et aussi que ünïcode → 😀 marche.",
    "Merci.",
)
ARABIC = ("صباح الخير ومرحبا بكم.", "اليوم نسأل: هل 3 < 4؟", "نعم.", "أود أن أقول نعم.", "شكرا لك.")


def with_track(transcript: Transcript, language: str, texts: Sequence[str]) -> Transcript:
    """Translations of the first segments."""
    lines = tuple(TranslatedSegment(s.id, text) for s, text in zip(transcript.segments, texts, strict=False))
    return replace(transcript, translations={**transcript.translations, language: lines})


def bilingual() -> Transcript:
    """The conversation with a track from left to right and one from right to left; every third word is doubtful."""
    talk = with_track(with_track(conversation(), "fr", FRENCH), "ar", ARABIC)
    segments = tuple(
        replace(
            segment,
            words=tuple(
                replace(word, confidence=0.9 if number % 3 else 0.42) for number, word in enumerate(segment.words)
            ),
        )
        for segment in talk.segments
    )
    return replace(talk, segments=segments)
