"""Sound to mel cepstra, as the PocketSphinx acoustic models expect them, with a warpable frequency axis.

PocketSphinx has a front end of its own, but it carries noise statistics from one utterance to the next and
hides the cepstra. Ours starts afresh with each chunk and hands them out, so that they can be adapted to the
speaker: vocal tract length (the warp) here, a linear transform in `adaptation`.

The analysis (25.6 ms Hamming frames every 10 ms, 25 mel filters between 130 and 6800 Hz, 13 cepstra, liftered)
is the one the US-English model was trained with; so is the noise suppression, which follows G. Doblinger,
"Computationally efficient speech enhancement by spectral minima tracking" (Eurospeech 1995), and the temporal
masking of C. Kim and R. Stern, "Power-normalized cepstral coefficients" (ICASSP 2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from ...domain.audio import SAMPLE_RATE_HZ, Samples

Floats = npt.NDArray[np.float64]

FRAME_S = 0.01
CEPSTRA = 13
_SHIFT = 160
_LENGTH = 410
_FFT = 512
_FILTERS = 25
_LOW_HZ, _HIGH_HZ = 130.0, 6800.0
_LIFTER = 22
_PREEMPHASIS = 0.97
_FLOOR = 1e-4
_FULL_SCALE = 32768.0


def power_spectra(samples: Samples) -> Floats:
    """Short-time power spectra, shape (frames, 257); frame i begins 10·i ms into the sound."""
    sound = samples.astype(np.float64) * _FULL_SCALE
    sound[1:] -= _PREEMPHASIS * sound[:-1].copy()
    missing = max(0, _LENGTH - len(sound))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, missing)), _LENGTH)[::_SHIFT]
    spectra = np.fft.rfft(frames * np.hamming(_LENGTH), _FFT)
    return spectra.real**2 + spectra.imag**2


def cepstra(spectra: Floats, warps: Sequence[float] = (1.0,)) -> Floats:
    """Cepstra with noise suppressed, shape (warps, frames, 13).

    Args:
        spectra: What `power_spectra` gives.
        warps: Factors by which the speaker's formants lie above the average; 0.8..1.2 make sense.
    """
    banks = np.stack([_mel_filters(round(warp, 3)) for warp in warps])
    mel = _suppress_noise(np.einsum("tf,wfm->twm", spectra, banks))
    return np.log(mel + _FLOOR).transpose(1, 0, 2) @ _cosines()


@cache
def _mel_filters(warp: float) -> Floats:
    """Triangles of equal area, evenly spaced on the mel scale, edges rounded to FFT bins."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOW_HZ, _HIGH_HZ))
    edges = 700 * (10 ** (np.linspace(low, high, _FILTERS + 2) / 2595) - 1)
    bin_hz = SAMPLE_RATE_HZ / _FFT
    edges = np.floor(_warp_hz(edges, warp) / bin_hz + 0.5) * bin_hz
    hz = np.arange(_FFT // 2 + 1)[:, None] * bin_hz
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre))
    areas: Floats = np.maximum(0.0, triangles) * 2 / (right - left)
    return areas


def _warp_hz(hz: Floats, warp: float) -> Floats:
    """Piecewise-linear warp that leaves the upper edge of the band where it is."""
    knee = 0.8 * _HIGH_HZ / max(1.0, warp)
    upper = knee * warp + (hz - knee) * (_HIGH_HZ - knee * warp) / (_HIGH_HZ - knee)
    return np.where(hz <= knee, hz * warp, upper)


@cache
def _cosines() -> Floats:
    """Filters to liftered cepstra: orthonormal DCT-II times the lifter, shape (25, 13)."""
    order = np.arange(CEPSTRA)
    basis = np.cos(np.pi * np.outer(np.arange(_FILTERS) + 0.5, order) / _FILTERS) * np.sqrt(2 / _FILTERS)
    basis[:, 0] /= np.sqrt(2)
    liftered: Floats = basis * (1 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER))
    return liftered


def _suppress_noise(mel: Floats) -> Floats:
    """Weigh each band down by the share of noise in it; `mel` has shape (frames, warps, 25)."""
    power, peak = mel[0].copy(), np.zeros_like(mel[0])
    noise, floor = mel[0] / 20, mel[0] / 20
    gains = np.empty_like(mel)
    for t, now in enumerate(mel):
        power = 0.7 * power + 0.3 * now
        noise = _lower_envelope(power, noise)
        signal = np.maximum(power - noise, 1.0)
        floor = _lower_envelope(signal, floor)
        peak *= 0.85
        masked = np.where(signal < 0.85 * peak, 0.2 * peak, signal)
        peak = np.maximum(peak, signal)
        gains[t] = np.clip(np.maximum(masked, floor) / np.maximum(power, _FLOOR), 1 / 20, 20)
    return mel * _smooth(gains)


def _lower_envelope(value: Floats, envelope: Floats) -> Floats:
    """Follow minima fast and rises slowly."""
    keep = np.where(value >= envelope, 0.995, 0.5)
    return keep * envelope + (1 - keep) * value


def _smooth(gains: Floats) -> Floats:
    """Mean over each band and up to four neighbours on both sides."""
    index = np.arange(_FILTERS)
    near = (np.abs(index[:, None] - index) <= 4).astype(np.float64)
    smooth: Floats = gains @ (near / near.sum(axis=0))
    return smooth
