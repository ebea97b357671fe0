"""One chunk of speech to words, in this process: front end, search, adaptation, search again, confidence.

On read English (odd LibriSpeech, LJ Speech and VCTK recordings) adaptation removes a fifth of the wrong words, which
no width of search does. A third search after a second adaptation was measured to add next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ...domain.audio import SAMPLE_RATE_HZ, Samples
from .acoustic_model import AcousticModel, read_acoustic_model
from .adaptation import choose_warp, estimate_map
from .confidence import confidences
from .frontend import Floats, cepstra, power_spectra
from .model import PocketSphinxModel, shipped
from .search import QUICK, THOROUGH, HeardWord, Search
from .vocabulary import Expected

_PEAK = 0.7
"""Level that chunks are brought to: noise suppression has an absolute floor, made for sound of full level."""
_MIN_DURATION_S = 0.1
_WARPS = (0.84, 0.88, 0.92, 0.96, 1.0, 1.04, 1.08, 1.12, 1.16)
_UNWARPED = _WARPS.index(1.0)
_PRIOR_FRAMES = 75.0


@dataclass(frozen=True, slots=True)
class ChunkJob:
    """What a decoder is asked.

    Attributes:
        samples: The chunk's sound.
        mode: How much trouble to take.
        model: What to recognise with; None means the shipped model.
        expected: Words to expect besides the model's.
    """

    samples: Samples
    mode: Literal["fast", "balanced", "accurate"]
    model: PocketSphinxModel | None = None
    expected: tuple[Expected, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the sound in seconds."""
        return len(self.samples) / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class DecodedWord:
    """A word as PocketSphinx writes it (lower case, no punctuation); times from the chunk's start."""

    text: str
    start_s: float
    end_s: float
    confidence: float


class ChunkDecoder:
    """Decodes chunks one after the other, each as if it were the first.

    `fast` searches once. `balanced` adapts the cepstra to what that found and searches again. `accurate` repeats
    this, the last time with wider beams. Searches are kept until a job wants another model or other words.

    Attributes:
        ready_at: Monotonic time, which all processes share, since when a model is loaded; None before.
    """

    def __init__(self) -> None:
        self._loaded = _Loaded(shipped(), ())
        self.ready_at: float | None = None

    def decode(self, job: ChunkJob) -> tuple[DecodedWord, ...]:
        """The words of a chunk; none for one shorter than 0.1 s or without sound.

        Raises:
            EngineUnavailable: PocketSphinx or its model can't be loaded.
        """
        heard = self.hear(job)
        sure = confidences([word.evidence for word in heard])
        return tuple(part for word, how_sure in zip(heard, sure, strict=True) for part in _parts(word, how_sure))

    def hear(self, job: ChunkJob) -> list[HeardWord]:
        """The words of a chunk with the evidence for them."""
        peak = float(np.abs(job.samples).max(initial=0.0))
        if job.duration_s < _MIN_DURATION_S or peak == 0.0:
            return []
        wanted = (job.model or shipped(), job.expected)
        if wanted != self._loaded.key:
            self._loaded = _Loaded(*wanted)
        loaded = self._loaded
        quick = loaded.quick
        if self.ready_at is None:
            self.ready_at = time.monotonic()
        spectra = power_spectra(job.samples * np.float32(_PEAK / peak))
        if job.mode == "fast":
            return quick.words(_centred(cepstra(spectra))[0])
        warped = _centred(cepstra(spectra, _WARPS))
        frames = warped[_UNWARPED]
        words = quick.words(frames)
        for thorough in [False] if job.mode == "balanced" else [False, True]:
            if not words:
                break
            frames = loaded.adapted(warped, frames)
            words = (loaded.thorough if thorough else quick).words(frames)
        return words


class _Loaded:
    """A model with its words; its searches are made when first needed."""

    def __init__(self, model: PocketSphinxModel, expected: tuple[Expected, ...]) -> None:
        self.key = (model, expected)

    def adapted(self, warped: Floats, frames: Floats) -> Floats:
        """The cepstra, fitted to the words that the quick search just heard in `frames`."""
        alignment = self.quick.align(frames, self._acoustic.phones)
        fitting = warped[choose_warp(self._acoustic, warped, alignment)]
        return estimate_map(self._acoustic, fitting, alignment, _PRIOR_FRAMES).apply(fitting)

    @cached_property
    def quick(self) -> Search:
        """The search that is fast."""
        return Search(QUICK, *self.key)

    @cached_property
    def thorough(self) -> Search:
        """The search that is exact."""
        return Search(THOROUGH, *self.key)

    @cached_property
    def _acoustic(self) -> AcousticModel:
        return read_acoustic_model(self.key[0].acoustic)


def _parts(word: HeardWord, confidence: float) -> Iterator[DecodedWord]:
    """The words of an expected phrase, which is heard as one; each takes time by its letters."""
    texts = word.text.split()
    at_s, letter_s = word.start_s, (word.end_s - word.start_s) / sum(map(len, texts))
    for text in texts:
        end_s = at_s + letter_s * len(text)
        yield DecodedWord(text, at_s, end_s, confidence)
        at_s = end_s


def _centred(frames: Floats) -> Floats:
    """Cepstra less their mean over the chunk: removes level and channel."""
    centred: Floats = frames - frames.mean(axis=1, keepdims=True)
    return centred
