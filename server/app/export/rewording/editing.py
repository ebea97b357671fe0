"""Changing the words of a transcript and keeping all that follows from them right: texts, times, confidences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ...domain.phrasing import spread
from ...domain.transcript import Segment, Transcript, TranslatedSegment, Word
from .dropping import Edit, without
from .tokens import SENTENCE_MARKS, parts

_DIGITS = 4


def edited(transcript: Transcript, edit_for: Callable[[str], Edit | None]) -> Transcript:
    """Apply an edit to every segment and translation. Segments that nothing is left of go, with their translations.

    Args:
        transcript: What to change.
        edit_for: The edit for text in a language, by its tag; None changes nothing.
    """
    edit = edit_for(transcript.language)
    segments = transcript.segments
    if edit is not None:
        segments = ordered(changed for segment in segments if (changed := _edited(segment, edit)))
    return with_segments(transcript, segments, translations=_translations(transcript, edit_for))


def hide_doubtful(transcript: Transcript, below: float, mark: str) -> Transcript:
    """Replace runs of words with less confidence by one mark each; an empty mark leaves them out."""
    segments = ordered(changed for segment in transcript.segments if (changed := _hidden(segment, below, mark)))
    return with_segments(transcript, segments)


def with_segments(
    transcript: Transcript,
    segments: tuple[Segment, ...],
    *,
    translations: dict[str, tuple[TranslatedSegment, ...]] | None = None,
) -> Transcript:
    """The transcript with other segments; translations of segments that are gone go too."""
    tracks = transcript.translations if translations is None else translations
    ids = {segment.id for segment in segments}
    tracks = {name: tuple(line for line in lines if line.segment in ids) for name, lines in tracks.items()}
    return replace(transcript, segments=segments, translations=tracks)


def with_words(segment: Segment, words: tuple[Word, ...]) -> Segment:
    """A segment of other words: text, bounds and confidence are theirs."""
    return Segment(
        id=segment.id,
        start_s=words[0].start_s,
        end_s=max(word.end_s for word in words),
        speaker=segment.speaker,
        text=" ".join(word.text for word in words),
        confidence=mean_confidence(words),
        words=words,
    )


def words_of(segment: Segment) -> tuple[Word, ...]:
    """The segment's words; those of a segment without times for them are spread over it."""
    return segment.words or spread(
        segment.text, segment.start_s, segment.end_s, confidence=segment.confidence, speaker=segment.speaker
    )


def mean_confidence(words: tuple[Word, ...]) -> float:
    """How far words can be trusted together."""
    return round(min(1.0, sum(word.confidence for word in words) / len(words)), _DIGITS)


def ordered(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments by their start; those that start together stay as they are."""
    return tuple(sorted(segments, key=lambda segment: segment.start_s))


def retold(word: Word, text: str) -> Word:
    """The word with another text."""
    return word if text == word.text else Word(word.start_s, word.end_s, text, word.confidence, word.speaker)


def _edited(segment: Segment, edit: Edit) -> Segment | None:
    words = words_of(segment)
    texts = [word.text for word in words]
    wanted = edit(texts)
    if wanted == texts:
        return segment
    kept = tuple(retold(word, text) for word, text in zip(words, wanted, strict=True) if text)
    if len(kept) == len(words):
        return replace(segment, text=" ".join(wanted), words=kept)
    return with_words(segment, kept) if kept else None


def _translations(
    transcript: Transcript, edit_for: Callable[[str], Edit | None]
) -> dict[str, tuple[TranslatedSegment, ...]]:
    tracks = {}
    for language, lines in transcript.translations.items():
        edit = edit_for(language)
        tracks[language] = lines if edit is None else tuple(_retold_line(line, edit) for line in lines)
    return tracks


def _retold_line(line: TranslatedSegment, edit: Edit) -> TranslatedSegment:
    texts = line.text.split()
    wanted = edit(texts)
    return line if wanted == texts else TranslatedSegment(line.segment, " ".join(filter(None, wanted)))


def _hidden(segment: Segment, below: float, mark: str) -> Segment | None:
    words = words_of(segment)
    doubtful = [word.confidence < below for word in words]
    if not any(doubtful):
        return segment
    if not mark:
        texts = without([word.text for word in words], doubtful)
        kept = tuple(retold(word, text) for word, text in zip(words, texts, strict=True) if text)
        return with_words(segment, kept) if kept else None
    shown: list[Word] = []
    run: list[Word] = []
    for word, hides in zip(words, doubtful, strict=True):
        if hides:
            run.append(word)
            continue
        shown += _marked(run, mark)
        shown.append(word)
        run = []
    return with_words(segment, (*shown, *_marked(run, mark)))


def _marked(run: list[Word], mark: str) -> list[Word]:
    """The one word that stands for a run of hidden ones; it keeps the end of the sentence."""
    if not run:
        return []
    ending = "".join(mark for mark in parts(run[-1].text)[2] if mark in SENTENCE_MARKS)
    end_s = max(word.end_s for word in run)
    return [Word(run[0].start_s, end_s, mark + ending, mean_confidence(tuple(run)), run[0].speaker)]
