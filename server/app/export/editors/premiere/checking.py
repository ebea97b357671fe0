"""Reads a finished transcript for Premiere Pro and holds it against the published description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ....domain.codec import from_json
from ....errors import InvalidDocument
from ...material import Material
from .schema import PremiereTranscript, Sentence

_SLACK_S = 1e-5


def schema(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Only known fields with allowed values; speakers exist; words lie in their sentence, which ends once."""
    try:
        found = from_json(PremiereTranscript, file.read())
    except InvalidDocument as error:
        yield error.message
        return
    known = {voice.id for voice in found.speakers}
    if len(known) < len(found.speakers):
        yield "Two speakers have one id."
    reached_s = 0.0
    for number, sentence in enumerate(found.segments, start=1):
        if sentence.speaker not in known:
            yield f"Segment {number} is by a speaker who is not listed."
        if sentence.start < reached_s:
            yield f"Segment {number} begins before the one before it."
        reached_s = sentence.start
        yield from (f"Segment {number} {problem}" for problem in _words(sentence))


def _words(sentence: Sentence) -> Iterator[str]:
    words = sentence.words
    if not words or [word.eos for word in words] != [False] * (len(words) - 1) + [True]:
        yield "does not end where its last word does."
    end_s = sentence.start + sentence.duration + _SLACK_S
    if any(word.start < sentence.start or word.start + word.duration > end_s for word in words):
        yield "has words outside of it."
