"""Decoded sound in a file, and random access to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..domain.audio import SAMPLE_RATE_HZ, Samples, Window
from ..domain.recording import AudioFacts
from ..errors import NotFound

_BYTES = 2
_FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class PcmFile:
    """A decoded recording: raw little-endian int16 at 16 kHz, the heard channels interleaved.

    Attributes:
        frames: Samples per channel. Time zero of the recording is the first one.
        channels: 1, or one per speaker.
        gain: The stored samples are so many times the real ones; above 1 where a very quiet source of more
            than 16 bits would have lost precision. `PcmAudio` undoes it.
        damage: What was wrong with the file although most of it could be read, one sentence; "" if nothing was.
    """

    path: str
    frames: int
    channels: int
    facts: AudioFacts
    gain: float = 1.0
    damage: str = ""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / SAMPLE_RATE_HZ

    @property
    def size_bytes(self) -> int:
        """How long the file is when it is whole."""
        return self.frames * self.channels * _BYTES


class PcmAudio:
    """A `PcmFile` as the domain's `AudioReader`. Only what is asked for is in memory; safe in several threads."""

    def __init__(self, pcm: PcmFile) -> None:
        self._pcm = pcm
        self._path = Path(pcm.path)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self._pcm.duration_s

    @property
    def channels(self) -> int:
        """How many channels are heard separately."""
        return self._pcm.channels

    def read(self, start_s: float, end_s: float, channel: int = 0) -> Samples:
        """Samples from the one nearest `start_s` up to the one nearest `end_s`, clipped to the recording.

        Raises:
            NotFound: The decoded file is gone or shorter than it was.
            ValueError: No such channel, or a time is not a finite number.
        """
        first = _clipped(start_s, self._pcm.frames)
        last = max(first, _clipped(end_s, self._pcm.frames))
        return self._samples(first, last, channel)

    def windows(self, window_s: float = 10.0, channel: int = 0) -> Iterator[Window]:
        """The whole channel, in order, in windows of `window_s` seconds (the last may be shorter).

        Raises:
            NotFound: As `read`.
            ValueError: No such channel, or the windows would be shorter than one sample.
        """
        step = round(window_s * SAMPLE_RATE_HZ)
        if step < 1:
            raise ValueError(f"A window of {window_s} s holds no sample.")
        for first in range(0, self._pcm.frames, step):
            samples = self._samples(first, min(first + step, self._pcm.frames), channel)
            yield Window(start_s=first / SAMPLE_RATE_HZ, samples=samples, channel=channel)

    def _samples(self, first: int, last: int, channel: int) -> Samples:
        channels = self._pcm.channels
        if not 0 <= channel < channels:
            raise ValueError(f"There is no channel {channel}; there are {channels}, counted from 0.")
        stored = self._stored(first * channels, (last - first) * channels)
        samples = stored[channel::channels].astype(np.float32)
        samples *= np.float32(1.0 / (_FULL_SCALE * self._pcm.gain))
        return samples

    def _stored(self, offset: int, count: int) -> npt.NDArray[np.int16]:
        try:
            with self._path.open("rb") as file:
                file.seek(offset * _BYTES)
                data = file.read(count * _BYTES)
        except FileNotFoundError:
            data = b""
        if len(data) < count * _BYTES:
            raise NotFound(
                f"The decoded sound {self._path.name!r} is gone or cut short.", hint="Decode the recording again."
            )
        return np.frombuffer(data, dtype="<i2")


def _clipped(time_s: float, frames: int) -> int:
    return round(min(max(time_s, 0.0), frames / SAMPLE_RATE_HZ) * SAMPLE_RATE_HZ)
