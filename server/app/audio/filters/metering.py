"""Listens to one channel and tells how good the sound is. One pass; memory does not grow with length."""

from __future__ import annotations

import numpy as np

from ...domain.audio import Samples
from ...domain.sampling import SAMPLE_RATE_HZ
from .defects import DefectMeter
from .figures import SoundFigures
from .hum import HumMeter
from .levels import LevelMeter
from .spectra import HOP, short_spectra

BLOCK = SAMPLE_RATE_HZ
"""Sound is taken in blocks of one second, so that the figures do not depend on how it was divided over calls."""


class SoundMeter:
    """Is given a channel's sound in order, in windows of any length; `figures` may be asked for at any time.

    Args:
        source_rate_hz: Sample rate of the source, above half of which there is nothing.
    """

    def __init__(self, source_rate_hz: int = SAMPLE_RATE_HZ) -> None:
        self._waiting: list[Samples] = []
        self._waiting_count = 0
        self._tail = np.zeros(HOP, np.float32)
        self._count = 0
        self._sum = 0.0
        self._peak = 0.0
        self._levels = LevelMeter(min(source_rate_hz, SAMPLE_RATE_HZ) / 2)
        self._hum = HumMeter()
        self._defects = DefectMeter()

    def feed(self, samples: Samples) -> None:
        """Take the next samples."""
        self._waiting.append(samples)
        self._waiting_count += len(samples)
        if self._waiting_count < BLOCK:
            return
        sound = np.concatenate(self._waiting)
        whole = len(sound) // BLOCK * BLOCK
        for first in range(0, whole, BLOCK):
            self._block(sound[first : first + BLOCK])
        self._waiting, self._waiting_count = [sound[whole:]], len(sound) - whole

    def flush(self) -> SoundFigures:
        """Take what is left of the last second and give the figures. Nothing may be fed afterwards."""
        rest = np.concatenate([np.zeros(0, np.float32), *self._waiting])
        self._waiting, self._waiting_count = [], 0
        if len(rest):
            self._block(rest)
        return self.figures()

    def figures(self) -> SoundFigures:
        """What is known from the whole seconds so far."""
        levels = self._levels.measure()
        return SoundFigures(
            duration_s=round(self._count / SAMPLE_RATE_HZ, 3),
            speech_level_dbfs=levels.speech_dbfs,
            noise_level_dbfs=levels.noise_dbfs,
            snr_db=levels.snr_db,
            loudness_lufs=levels.loudness_lufs,
            peak_dbfs=round(20 * float(np.log10(self._peak)), 1) if self._peak > 0 else None,
            bandwidth_hz=levels.bandwidth_hz,
            dc_offset=round(self._sum / max(self._count, 1), 5),
            silent_share=self._defects.silent_share,
            hum=self._hum.measure(),
            clipping=self._defects.clipping,
            dropouts=self._defects.dropouts,
        )

    def _block(self, block: Samples) -> None:
        self._count += len(block)
        self._sum += float(block.sum(dtype=np.float64))
        self._peak = max(self._peak, float(np.abs(block).max()))
        self._defects.feed(block)
        level = block - np.float32(block.mean())  # an offset would leak into the lowest bins
        joined = np.concatenate([self._tail, level])
        self._tail = level[-HOP:]
        if len(joined) >= 2 * HOP:
            self._levels.feed(short_spectra(joined))
        if len(block) == BLOCK:
            self._hum.feed(level)
