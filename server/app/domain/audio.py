"""Sound as the engines hear it: 16 kHz, mono, float32 in -1..1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from .sampling import SAMPLE_RATE_HZ as SAMPLE_RATE_HZ  # noqa: PLC0414 - offered here, too
from .transcript import Span

Samples = npt.NDArray[np.float32]
"""Shape (n,), 16 kHz, nominally within -1..1."""


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive samples of a recording. Windows follow each other without gap or overlap.

    `channel` counts from 0; it is 0 unless each channel of the recording is heard alone.
    """

    start_s: float
    samples: Samples
    channel: int = 0

    @property
    def end_s(self) -> float:
        """Time of the first sample after the window."""
        return self.start_s + len(self.samples) / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Chunk(Span):
    """A stretch of speech cut at pauses: the unit that is recognised, checkpointed and redone.

    Attributes:
        index: Position in the recording's list of chunks, from 0.
        speech: The detected speech inside it, sorted, without overlap, absolute times.
        channel: Which channel it was heard on.
    """

    index: int
    speech: tuple[Span, ...] = ()
    channel: int = 0


class AudioReader(Protocol):
    """Random access to decoded sound; what `audio.pcm.PcmAudio` implements. Memory does not grow with length."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        ...

    @property
    def channels(self) -> int:
        """How many channels are heard separately: 1, or one per speaker."""
        ...

    def read(self, start_s: float, end_s: float, channel: int = 0) -> Samples:
        """Samples between two times, clipped to the recording."""
        ...

    def windows(self, window_s: float = 10.0, channel: int = 0) -> Iterator[Window]:
        """The whole channel, in order, in windows of `window_s` seconds (the last may be shorter)."""
        ...
