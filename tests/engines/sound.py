"""Sound for tests of engines: spoken by flite, made of numbers, or decoded from a file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from audapolis.domain.audio import SAMPLE_RATE_HZ, Samples


class ArrayAudio:
    """An `AudioReader` over samples in memory; shape (n,) or (channels, n)."""

    def __init__(self, samples: Samples) -> None:
        self._samples = np.atleast_2d(samples)

    @property
    def duration_s(self) -> float:
        return self._samples.shape[1] / SAMPLE_RATE_HZ

    @property
    def channels(self) -> int:
        return len(self._samples)

    def read(self, start_s: float, end_s: float, channel: int = 0) -> Samples:
        start, end = (max(0, round(t * SAMPLE_RATE_HZ)) for t in (start_s, end_s))
        return self._samples[channel, start:end]


def speak(text: str, folder: Path, voice: str = "slt") -> Samples:
    """What flite says, 16 kHz; skips the test where flite is not installed."""
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed (apt-get install flite)")
    path = folder / "spoken.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
    return load(path)


def load(path: Path) -> Samples:
    """A sound file as 16 kHz mono."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    pcm = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return pcm.astype(np.float32) / 32768


def silence(duration_s: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(duration_s * SAMPLE_RATE_HZ), np.float32)


def noise(duration_s: float, level: float = 0.01, seed: int = 1) -> Samples:
    """White noise with the given standard deviation."""
    generator = np.random.default_rng(seed)
    return (generator.standard_normal(round(duration_s * SAMPLE_RATE_HZ)) * level).astype(np.float32)
