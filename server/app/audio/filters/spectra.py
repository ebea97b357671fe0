"""Short-time spectra scaled so that their bins add up to the mean square, and loudness' frequency weighting."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from ...domain.audio import Samples
from ...domain.sampling import SAMPLE_RATE_HZ

Floats = npt.NDArray[np.float32]

HOP = 200
"""Frames follow each other every 12.5 ms …"""
FRAME = 2 * HOP
"""… and are 25 ms long."""
_FFT = 512
BIN_HZ = SAMPLE_RATE_HZ / _FFT
BINS = _FFT // 2 + 1


def short_spectra(samples: Samples) -> Floats:
    """Power spectra of all whole frames, shape (frames, 257); a row's sum is the frame's mean square."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    return _power(frames, FRAME, _FFT)


def long_spectrum(samples: Samples) -> Floats:
    """Power spectrum of all samples as one frame; its bins lie `SAMPLE_RATE_HZ / len(samples)` apart."""
    power: Floats = _power(samples[None, :], len(samples), len(samples))[0]
    return power


def _power(frames: Floats, length: int, size: int) -> Floats:
    window, scale = _window(length, size)
    spectra = np.fft.rfft(frames * window, size)
    power = (spectra.real**2 + spectra.imag**2) * scale
    return power.astype(np.float32, copy=False)


@cache
def _window(length: int, size: int) -> tuple[Floats, Floats]:
    """A Hann window, and what makes squared magnitudes of one side add up to the mean square (Parseval)."""
    window = np.hanning(length + 1)[:-1]
    scale = np.full(size // 2 + 1, 2.0)
    scale[[0, -1]] = 1.0
    return window.astype(np.float32), (scale / (size * np.sum(window**2))).astype(np.float32)


@cache
def loudness_weights() -> Floats:
    """Power gain of the K weighting at each bin: the two filters of ITU-R BS.1770-5, annex 1, given for 48 kHz."""
    turn = np.exp(-2j * np.pi * np.arange(BINS) * BIN_HZ / 48_000)
    shelf = _gain(turn, (1.53512485958697, -2.69169618940638, 1.19839281085285), (-1.69065929318241, 0.73248077421585))
    high_pass = _gain(turn, (1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621))
    weights: Floats = (shelf * high_pass).astype(np.float32)
    return weights


def _gain(
    turn: npt.NDArray[np.complex128], zeros: tuple[float, float, float], poles: tuple[float, float]
) -> npt.NDArray[np.float64]:
    above = zeros[0] + zeros[1] * turn + zeros[2] * turn**2
    below = 1.0 + poles[0] * turn + poles[1] * turn**2
    gain: npt.NDArray[np.float64] = np.abs(above / below) ** 2
    return gain
