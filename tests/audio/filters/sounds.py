"""Synthesised sound whose quality is known."""

from __future__ import annotations

import numpy as np

from ..making import Sound, noise, tone

RATE = 16_000


def speech(seconds: float, level_dbfs: float = -26.0, *, seed: int = 0, top_hz: float = 7500.0) -> Sound:
    """Bursts of shaped noise in syllables and phrases: a third of the time is pause. Its active level is known."""
    white = noise(seconds, level=1.0, seed=seed)
    spectrum = np.fft.rfft(white)
    hz = np.fft.rfftfreq(len(white), 1 / RATE)
    shaped = np.fft.irfft(spectrum * ((hz > 100) & (hz < top_hz)) / np.maximum(hz, 300.0) ** 0.5, len(white))
    time = np.arange(len(white)) / RATE
    talking = (time % 3.0) < 2.0
    syllables = (
        (0.6 - 0.4 * np.cos(2 * np.pi * 4 * time)) * talking * np.minimum(1, 20 * np.minimum(time % 3, 2 - time % 3))
    )
    voiced = shaped * syllables
    scale = 10 ** (level_dbfs / 20) / np.sqrt(np.mean(voiced[talking] ** 2))
    return np.asarray(voiced * scale, np.float32)


def hum(seconds: float, mains_hz: int, level_dbfs: float, multiples: tuple[int, ...] = (1, 2, 3)) -> Sound:
    """Mains hum of a known level, all multiples equally strong."""
    parts = [tone(seconds, frequency=mains_hz * k, level=1.0) for k in multiples]
    return np.asarray(10 ** (level_dbfs / 20) / np.sqrt(len(parts) / 2) * np.sum(parts, axis=0), np.float32)


def white(seconds: float, level_dbfs: float, *, seed: int = 1) -> Sound:
    """White noise of a known level."""
    return noise(seconds, level=10 ** (level_dbfs / 20), seed=seed)
