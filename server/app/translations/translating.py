"""A transcript through a translator: whole sentences go in, segments come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from ..domain.arrangement import ends_sentence
from ..domain.phrasing import joined, share_out
from ..domain.transcript import Segment, Transcript
from ..errors import EngineFailed
from .base import Translator

Progress = Callable[[float], None]
"""Told how far the work is, 0..1."""

_LONGEST_CHARACTERS = 500
"""A sentence cut into segments is put together up to this length."""
_SENTENCE_PAUSE_S = 2.0
_BATCH = 64


def translated(
    transcript: Transcript, target: str, translator: Translator, progress: Progress | None = None
) -> dict[str, str]:
    """The text of every segment in another language, by segment id.

    A sentence that was cut into several segments is translated as one, because a translator understands a whole
    sentence better, and then shared out between them.
    """
    sentences = list(_sentences(transcript.segments))
    rest, texts = iter(sentences), {}
    done = 0
    while batch := list(islice(rest, _BATCH)):
        originals = [joined(segment.text for segment in sentence) for sentence in batch]
        answers = translator.translate(originals, transcript.language, target)
        if len(answers) != len(originals):
            raise EngineFailed(f"The translator gave {len(answers)} texts for {len(originals)}.")
        for sentence, answer in zip(batch, answers, strict=True):
            parts = share_out(answer, [len(segment.text) for segment in sentence])
            texts.update({segment.id: part for segment, part in zip(sentence, parts, strict=True)})
        done += len(batch)
        if progress:
            progress(done / len(sentences))
    return texts


def _sentences(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Segments that make up a sentence, or one that holds several; those without text are passed over."""
    sentence: list[Segment] = []
    for segment in segments:
        if not segment.text.strip():
            continue
        if sentence and not _goes_on(sentence, segment):
            yield sentence
            sentence = []
        sentence.append(segment)
    if sentence:
        yield sentence


def _goes_on(sentence: Sequence[Segment], segment: Segment) -> bool:
    last = sentence[-1]
    characters = sum(len(part.text) + 1 for part in sentence) + len(segment.text)
    return (
        segment.speaker == last.speaker
        and not ends_sentence(last.text)
        and segment.start_s - last.end_s < _SENTENCE_PAUSE_S
        and characters <= _LONGEST_CHARACTERS
    )
