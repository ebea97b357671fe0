"""One chunk of speech to words, in this process: front end, search, adaptation, search again, confidence.

On read English (odd LibriSpeech, LJ Speech and VCTK recordings) adaptation removes a fifth of the wrong words, which
no width of search does. A third search after a second adaptation was measured to add next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ...domain.audio import SAMPLE_RATE_HZ, Samples
from .acoustic_model import AcousticModel, read_acoustic_model
from .adaptation import choose_warp, estimate_map
from .confidence import confidences
from .frontend import Floats, cepstra, power_spectra
from .search import QUICK, THOROUGH, HeardWord, Search, model_folder

_PEAK = 0.7
"""Level that chunks are brought to: noise suppression has an absolute floor, made for sound of full level."""
_MIN_DURATION_S = 0.1
_WARPS = (0.84, 0.88, 0.92, 0.96, 1.0, 1.04, 1.08, 1.12, 1.16)
_UNWARPED = _WARPS.index(1.0)
_PRIOR_FRAMES = 75.0


@dataclass(frozen=True, slots=True)
class ChunkJob:
    """What a decoder is asked: the chunk's samples and how much trouble to take."""

    samples: Samples
    mode: Literal["fast", "balanced", "accurate"]

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
    this, the last time with wider beams.
    """

    def decode(self, job: ChunkJob) -> tuple[DecodedWord, ...]:
        """The words of a chunk; none for one shorter than 0.1 s or without sound.

        Raises:
            EngineUnavailable: PocketSphinx or its model can't be loaded.
        """
        heard = self.hear(job)
        sure = confidences([word.evidence for word in heard])
        return tuple(
            DecodedWord(w.text, w.start_s, w.end_s, confidence) for w, confidence in zip(heard, sure, strict=True)
        )

    def hear(self, job: ChunkJob) -> list[HeardWord]:
        """The words of a chunk with the evidence for them."""
        peak = float(np.abs(job.samples).max(initial=0.0))
        if job.duration_s < _MIN_DURATION_S or peak == 0.0:
            return []
        spectra = power_spectra(job.samples * np.float32(_PEAK / peak))
        if job.mode == "fast":
            return self._quick.words(_centred(cepstra(spectra))[0])
        warped = _centred(cepstra(spectra, _WARPS))
        frames = warped[_UNWARPED]
        words = self._quick.words(frames)
        for search in [self._quick] if job.mode == "balanced" else [self._quick, self._thorough]:
            if not words:
                break
            frames = self._adapted(warped, frames)
            words = search.words(frames)
        return words

    def _adapted(self, warped: Floats, frames: Floats) -> Floats:
        """The cepstra, fitted to the words that the quick search just heard in `frames`."""
        alignment = self._quick.align(frames, self._model.phones)
        fitting = warped[choose_warp(self._model, warped, alignment)]
        return estimate_map(self._model, fitting, alignment, _PRIOR_FRAMES).apply(fitting)

    @cached_property
    def _quick(self) -> Search:
        return Search(QUICK)

    @cached_property
    def _thorough(self) -> Search:
        return Search(THOROUGH)

    @cached_property
    def _model(self) -> AcousticModel:
        return read_acoustic_model(model_folder())


def _centred(frames: Floats) -> Floats:
    """Cepstra less their mean over the chunk: removes level and channel."""
    centred: Floats = frames - frames.mean(axis=1, keepdims=True)
    return centred
