"""How loud speech is and how loud the noise below it, from the distribution of short-time levels.

Noise: the tenth percentile of the level in bands of 250 Hz, because even in fluent speech every band is free of speech
now and then (the idea of R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
statistics", IEEE Trans. Speech Audio Proc. 9, 2001). It finds steady noise; voices in the background count as speech.
Speech: the mean level of what exceeds a threshold 15.9 dB below that mean, as in ITU-T P.56, method B, and the noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .histograms import LevelCounts
from .loudness import LoudnessMeter
from .spectra import BIN_HZ, BINS, Floats, loudness_weights

_GROUP = 8  # frames in a tenth of a second
_LOWEST_BIN = 2  # from 62 Hz: below lie offsets, wind and rumble
_BAND_BINS = 8
_BANDS = (BINS - _LOWEST_BIN) // _BAND_BINS
_FREE_SHARE = 0.1
_FREE_BIAS_DB = 0.8  # the tenth percentile of noise lies so much below its mean, given what is noise of the whole
_FLOOR_DB = -100.0  # below is nothing one could hear, or digital silence
_ABOVE_NOISE_DB = 3.0
_BELOW_SPEECH_DB = 15.9  # ITU-T P.56
_MIN_SPEECH_FRAMES = 16  # a fifth of a second
_CLASS_DB = 3.0
_EDGE_BELOW_PEAK_DB = 55.0
_EDGE_ABOVE_NOISE_DB = 3.0


@dataclass(frozen=True, slots=True)
class Levels:
    """The part of `SoundFigures` that is measured here."""

    speech_dbfs: float | None = None
    noise_dbfs: float | None = None
    snr_db: float | None = None
    loudness_lufs: float | None = None
    bandwidth_hz: int | None = None


class LevelMeter:
    """Is given a channel's short-time power spectra, in order.

    Args:
        highest_hz: No sound can be above this.
    """

    def __init__(self, highest_hz: float) -> None:
        self._highest_hz = highest_hz
        self._noise = LevelCounts(_BANDS)
        self._frames = LevelCounts()
        self._classes = LevelCounts(step_db=_CLASS_DB)
        self._spectra = np.zeros((len(self._classes.levels_db), BINS))
        self._loudness = LoudnessMeter()

    def feed(self, spectra: Floats) -> None:
        """Take spectra of shape (frames, 257). A tenth of a second that is cut short at the end is not heard."""
        whole = len(spectra) // _GROUP
        spectra = spectra[: whole * _GROUP]
        if not whole:
            return
        self._loudness.feed((spectra @ loudness_weights()).reshape(whole, _GROUP).mean(axis=1))
        power = spectra[:, _LOWEST_BIN:].sum(axis=1)
        heard = spectra[power > 0]
        if not len(heard):
            return
        power = power[power > 0]
        self._frames.add(power[:, None])
        classes = self._classes.classes(power)
        self._classes.add(power[:, None])
        first, last = int(classes.min()), int(classes.max()) + 1
        self._spectra[first:last] += (classes == np.arange(first, last)[:, None]).astype(np.float32) @ heard
        groups = spectra.reshape(whole, _GROUP, BINS).mean(axis=1)[:, _LOWEST_BIN : _LOWEST_BIN + _BANDS * _BAND_BINS]
        bands = groups.reshape(whole, _BANDS, _BAND_BINS).sum(axis=2)
        self._noise.add(bands[bands.sum(axis=1) > 0])

    def measure(self) -> Levels:
        """What is known so far."""
        if not self._frames.counts.any():
            return Levels()
        noise = float(np.sum(_power(self._noise.quantile_db(_FREE_SHARE) + _FREE_BIAS_DB)))
        noise_db = max(_db(noise), _FLOOR_DB)
        speech_db = self._speech_db(noise_db)
        return Levels(
            speech_dbfs=None if speech_db is None else round(speech_db, 1),
            noise_dbfs=round(noise_db, 1),
            snr_db=None if speech_db is None else round(speech_db - noise_db, 1),
            loudness_lufs=self._loudness.measure(),
            bandwidth_hz=None if speech_db is None else self._bandwidth_hz(noise_db, speech_db),
        )

    def _speech_db(self, noise_db: float) -> float | None:
        """Level of speech without the noise in it; None when nothing stands out of the noise."""
        counts, levels_db = self._frames.counts[0], self._frames.levels_db
        power = counts * _power(levels_db)
        threshold_db = noise_db + _ABOVE_NOISE_DB
        for _ in range(20):
            active = levels_db > threshold_db
            frames = int(counts[active].sum())
            if frames < _MIN_SPEECH_FRAMES:
                return None
            active_db = _db(float(power[active].sum()) / frames)
            higher_db = max(noise_db + _ABOVE_NOISE_DB, active_db - _BELOW_SPEECH_DB)
            if higher_db <= threshold_db:
                break
            threshold_db = higher_db
        return _db(max(float(_power(active_db) - _power(noise_db)), 1e-12))

    def _bandwidth_hz(self, noise_db: float, speech_db: float) -> int:
        """Where the mean spectrum of speech ends: 55 dB below its peak, or in the noise."""
        counts, levels_db = self._classes.counts[0], self._classes.levels_db
        quiet = levels_db <= noise_db + _ABOVE_NOISE_DB
        loud = levels_db > max(noise_db + _ABOVE_NOISE_DB, speech_db - _BELOW_SPEECH_DB)
        speech = _smooth(self._spectra[loud].sum(axis=0) / max(int(counts[loud].sum()), 1))
        noise = _smooth(self._spectra[quiet].sum(axis=0) / max(int(counts[quiet].sum()), 1))
        needed = np.maximum(
            speech[_LOWEST_BIN:].max() * _power(-_EDGE_BELOW_PEAK_DB), noise * _power(_EDGE_ABOVE_NOISE_DB)
        )
        above = np.flatnonzero(speech > needed)
        return round(min((int(above[-1]) if len(above) else 0) * BIN_HZ, self._highest_hz))


def _smooth(spectrum: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.convolve(spectrum, np.full(5, 0.2), mode="same")


def _power(level_db: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(10.0 ** (np.asarray(level_db, np.float64) / 10.0))


def _db(power: float) -> float:
    return 10.0 * math.log10(power + 1e-30)
