"""What the diarizer remembers of the sound: mel-frequency cepstra and loudness, 4 kB per second.

Cepstra as in Davis and Mermelstein, "Comparison of parametric representations for monosyllabic word
recognition" (1980). They are not normalised over time: within one recording, the long-term average is part of
what tells voices apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...domain.audio import SAMPLE_RATE_HZ, Samples
from .products import Floats, product

FRAME_S = 0.01
CEPSTRA = 19
_HOP = 160
_WIDTH = 400
_FFT = 512
_BANDS = 32
_LOW_HZ, _HIGH_HZ = 80.0, 7600.0
_PREEMPHASIS = 0.97
_FLOOR = 1e-10
_BATCH_FRAMES = 2000


class FeatureStream:
    """Turns sound, fed piece by piece, into one row of features per 10 ms.

    Row i describes 25 ms from sample 160 i on. However the sound is cut into pieces, the rows are the same.
    """

    def __init__(self) -> None:
        self._filters = _mel_filters()
        self._cosines = _cosines()
        self._taper = np.hanning(_WIDTH).astype(np.float32)
        self._rest = np.zeros(0, np.float32)
        self._last = np.float32(0)
        self._rows: list[npt.NDArray[np.float16]] = []
        self.frames = 0

    def feed(self, samples: Samples) -> None:
        """Take the next samples; what is left over from a frame waits for the next call."""
        if len(samples) == 0:
            return
        clean = np.nan_to_num(samples.astype(np.float32, copy=False), posinf=1.0, neginf=-1.0)
        before = np.concatenate((np.array([self._last], np.float32), clean[:-1]))
        self._last = clean[-1]
        sound = np.concatenate((self._rest, clean - np.float32(_PREEMPHASIS) * before))
        count = max(0, 1 + (len(sound) - _WIDTH) // _HOP)
        self._rest = sound[count * _HOP :].copy()
        if count == 0:
            return
        pieces = np.lib.stride_tricks.sliding_window_view(sound, _WIDTH)[: count * _HOP : _HOP]
        for start in range(0, count, _BATCH_FRAMES):
            self._rows.append(self._features(pieces[start : start + _BATCH_FRAMES]))
        self.frames += count

    def table(self) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.float16]]:
        """Cepstra 1..19, shape (frames, 19), and mean log band energy, shape (frames,). Ends the stream."""
        rows = self._rows or [np.zeros((0, CEPSTRA + 1), np.float16)]
        self._rows = []
        whole = np.concatenate(rows)
        return whole[:, :CEPSTRA], whole[:, CEPSTRA]

    def _features(self, pieces: Floats) -> npt.NDArray[np.float16]:
        spectrum = np.fft.rfft(pieces * self._taper, _FFT)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        energies = np.log(product(power, self._filters) + _FLOOR)
        return np.hstack((product(energies, self._cosines), energies.mean(1, keepdims=True))).astype(np.float16)


def _mel_filters() -> Floats:
    """Triangles evenly spaced on the mel scale, shape (bins, bands)."""
    frequencies = np.linspace(0, SAMPLE_RATE_HZ / 2, _FFT // 2 + 1)
    edges = np.linspace(_mel(_LOW_HZ), _mel(_HIGH_HZ), _BANDS + 2)
    position = np.array([_mel(f) for f in frequencies])[:, None]
    rising = (position - edges[:-2]) / np.diff(edges[:-1])
    falling = (edges[2:] - position) / np.diff(edges[1:])
    return np.asarray(np.clip(np.minimum(rising, falling), 0, None), np.float32)


def _mel(hertz: float) -> float:
    return float(1127.0 * np.log1p(hertz / 700.0))


def _cosines() -> Floats:
    """The orthonormal cosine transform without its constant, shape (bands, cepstra)."""
    order = np.arange(1, CEPSTRA + 1)
    band = (np.arange(_BANDS) + 0.5)[:, None]
    return np.asarray(np.sqrt(2 / _BANDS) * np.cos(np.pi * order * band / _BANDS), np.float32)
