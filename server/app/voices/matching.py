"""Which speakers of a recording are known: cosine of their vectors with those of enrolled voices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..domain.transcript import Speaker
from .book import Voice

_LEAST_COSINE = {"audapolis-cepstra": 0.84}
"""By the first part of a space's name. Measured on read speech of 21 people in one session each: no stranger came
over 0.81; two thirds of the speakers themselves did over 0.84 (docs/speakers.md)."""
_LEAST_COSINE_ELSEWHERE = 0.6
"""For trained speaker networks; chosen with care rather than measured."""


def least_cosine(embedding_model: str) -> float:
    """How alike two vectors of a space have to be to be one person's, -1..1."""
    for start, least in _LEAST_COSINE.items():
        if embedding_model.startswith(start):
            return least
    return _LEAST_COSINE_ELSEWHERE


def recognised(speakers: Sequence[Speaker], voices: Iterable[Voice]) -> tuple[Speaker, ...]:
    """The speakers, with the names of those who are known.

    The likest pair is named first; nobody gets two names and no name goes to two speakers. Speakers without a
    vector, or heard by another model than the sample, stay as they are.
    """
    pairs = [
        (likeness, speaker.id, voice.name)
        for voice in voices
        for speaker in speakers
        if (likeness := _likeness(speaker, voice)) is not None
    ]
    names: dict[str, str] = {}
    for _, speaker_id, name in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if speaker_id not in names and name not in names.values():
            names[speaker_id] = name
    return tuple(replace(s, name=names[s.id]) if s.id in names else s for s in speakers)


def _likeness(speaker: Speaker, voice: Voice) -> float | None:
    """Their cosine, where it can be taken and is high enough."""
    vector = voice.vectors.get(speaker.embedding_model, ())
    if not vector or len(vector) != len(speaker.embedding):
        return None
    cosine = math.fsum(a * b for a, b in zip(vector, speaker.embedding, strict=True))
    return cosine if cosine >= least_cosine(speaker.embedding_model) else None
