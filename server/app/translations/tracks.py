"""A transcript's tracks in other languages: which there are, put in, taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..domain.transcript import Transcript, TranslatedSegment
from ..errors import InvalidOption, NotFound

_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class LanguageTrack:
    """The text of a transcript in one language.

    Attributes:
        original: Whether it is what was said.
        covered: Part of the segments that have a text in it, 0..1.
    """

    language: str
    original: bool
    covered: float


def languages_of(transcript: Transcript) -> tuple[LanguageTrack, ...]:
    """The languages a transcript has text in, the original first."""
    count = len(transcript.segments) or 1
    tracks = [LanguageTrack(transcript.language, original=True, covered=1.0)]
    for language, lines in transcript.translations.items():
        covered = len({line.segment for line in lines if line.text}) / count
        tracks.append(LanguageTrack(language, original=False, covered=covered))
    return tuple(tracks)


def checked_target(transcript: Transcript, language: str) -> str:
    """A language fit for a track, written as tags are.

    Raises:
        InvalidOption: It is no tag, or the transcript's own language.
    """
    tag = language.strip().replace("_", "-")
    if not _TAG.fullmatch(tag):
        raise InvalidOption(f"'{language}' is not a language.", hint="Write a tag such as de, pt-BR or zh-Hant.")
    if tag.lower() == transcript.language.lower():
        raise InvalidOption(
            f"The transcript is in '{transcript.language}' already.", hint="Translate it into another language."
        )
    return next((name for name in transcript.translations if name.lower() == tag.lower()), tag)


def with_track(transcript: Transcript, language: str, texts: Mapping[str, str]) -> Transcript:
    """Add a track, or put it in place of the one of that language.

    Args:
        transcript: What was said.
        language: The track's language.
        texts: Its text by segment id; segments without text, and ids of no segment, are passed over.
    """
    lines = tuple(
        TranslatedSegment(segment.id, text)
        for segment in transcript.segments
        if (text := " ".join(texts.get(segment.id, "").split()))
    )
    return replace(transcript, translations={**transcript.translations, language: lines})


def without_track(transcript: Transcript, language: str) -> Transcript:
    """Take a track out.

    Raises:
        NotFound: There is no such track.
    """
    found = next((name for name in transcript.translations if name.lower() == language.lower()), None)
    if found is None:
        raise NotFound(
            f"The transcript has no translation into '{language}'.",
            hint=f"It has: {', '.join(transcript.translations) or 'none'}.",
        )
    return replace(transcript, translations={k: v for k, v in transcript.translations.items() if k != found})


def texts_of(lines: Sequence[TranslatedSegment]) -> dict[str, str]:
    """A track's text by segment id."""
    return {line.segment: line.text for line in lines}
