"""A transcript in the language of one of its translations."""

from __future__ import annotations

from dataclasses import replace

from ...domain.languages import matching_language
from ...domain.phrasing import joined, spread
from ...domain.transcript import Segment, Transcript, TranslatedSegment
from ...errors import InvalidOption

_NAMED = 5


def in_language(transcript: Transcript, wanted: str) -> tuple[Transcript, tuple[str, ...]]:
    """Put the text of a translation in place of the original, which becomes a translation in its turn.

    Args:
        transcript: What was said, with translations.
        wanted: A language tag; `de` takes a `de-CH` where there is no `de`.

    Returns:
        The transcript in that language, and which segments it has no text for: they keep the original's.

    Raises:
        InvalidOption: There is no such language; those there are are named.
    """
    language = matching_language(wanted, (transcript.language, *transcript.translations))
    if language is None:
        there = ", ".join((transcript.language, *transcript.translations))
        raise InvalidOption(
            f"The transcript has no text in the language '{wanted}'.",
            hint=f"There is: {there}. 'audapolis translate' adds others.",
        )
    if language == transcript.language:
        return transcript, ()
    texts: dict[str, list[str]] = {}
    for line in transcript.translations[language]:
        texts.setdefault(line.segment, []).append(line.text)
    segments = tuple(_translated(segment, joined(texts.get(segment.id, ()))) for segment in transcript.segments)
    missing = [old.id for old, new in zip(transcript.segments, segments, strict=True) if old is new]
    original = tuple(TranslatedSegment(segment.id, segment.text) for segment in transcript.segments)
    others = {name: lines for name, lines in transcript.translations.items() if name != language}
    told = (_untranslated(missing, language),) if missing else ()
    tracks = {transcript.language: original, **others}
    return replace(transcript, language=language, segments=segments, translations=tracks), told


def _translated(segment: Segment, text: str) -> Segment:
    if not text:
        return segment
    words = spread(text, segment.start_s, segment.end_s, confidence=segment.confidence, speaker=segment.speaker)
    return replace(segment, text=text, words=words)


def _untranslated(missing: list[str], language: str) -> str:
    named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    if len(missing) == 1:
        return f"1 segment has no text in '{language}' and is left in the original: {named}."
    return f"{len(missing)} segments have no text in '{language}' and are left in the original: {named}."
