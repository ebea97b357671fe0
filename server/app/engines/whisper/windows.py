"""Chunks to windows: what the network hears at once. Each chunk is heard for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...domain.audio import SAMPLE_RATE_HZ, AudioReader, Chunk, Samples
from ...domain.transcript import Span

_LOOK_BACK = 0.3
"""Share of a window, at its end, in which a place to cut is looked for when there is no pause."""
_HOP_SAMPLES = SAMPLE_RATE_HZ // 50
_SILENCE = 10 ** (-75 / 20)
"""Peak below which there is nothing to hear: the noise of a quiet room at a low gain is 20 dB above."""


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """A stretch of one chunk, as long as the network can hear at once, or shorter.

    Attributes:
        last: Whether it is the chunk's last.
        speech: The detected speech inside it, absolute times; empty where it is not known.
    """

    chunk: Chunk
    start_s: float
    samples: Samples
    last: bool
    speech: tuple[Span, ...]

    @property
    def end_s(self) -> float:
        """Time of the first sample after it."""
        return self.start_s + len(self.samples) / SAMPLE_RATE_HZ

    @property
    def speech_s(self) -> float:
        """Seconds of speech in it; all of it where that is not known."""
        return sum(span.duration_s for span in self.speech) or len(self.samples) / SAMPLE_RATE_HZ

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear, by its level alone."""
        return not len(self.samples) or float(np.abs(self.samples).max()) < _SILENCE


def windows_of(chunk: Chunk, audio: AudioReader, limit_s: float) -> Iterator[HeardWindow]:
    """Cut a chunk into windows of at most `limit_s` seconds: at the last long pause, else where it is quietest."""
    samples = audio.read(chunk.start_s, chunk.end_s, chunk.channel)
    edges = _edges(chunk, samples, round(limit_s * SAMPLE_RATE_HZ))
    for start, end in pairwise(edges):
        span = Span(chunk.start_s + start / SAMPLE_RATE_HZ, chunk.start_s + end / SAMPLE_RATE_HZ)
        speech = tuple(
            Span(max(s.start_s, span.start_s), min(s.end_s, span.end_s)) for s in chunk.speech if s.overlap_s(span) > 0
        )
        yield HeardWindow(chunk, span.start_s, samples[start:end], end == edges[-1], speech)


def _edges(chunk: Chunk, samples: Samples, limit: int) -> list[int]:
    """Sample positions of the cuts, the chunk's begin and end included."""
    pauses = [
        (
            round((later.start_s - earlier.end_s) * SAMPLE_RATE_HZ),
            round(((earlier.end_s + later.start_s) / 2 - chunk.start_s) * SAMPLE_RATE_HZ),
        )
        for earlier, later in pairwise(chunk.speech)
    ]
    edges = [0]
    while len(samples) - edges[-1] > limit:
        # What is left is shared out, so that no cut leaves a last window too short to make sense of.
        windows = -(-(len(samples) - edges[-1]) // limit)
        least = edges[-1] + (len(samples) - edges[-1]) // (windows + 1)
        most = edges[-1] + limit
        held = [pause for pause in pauses if least <= pause[1] <= most]
        edges.append(max(held)[1] if held else _quietest(samples, edges[-1], most, limit))
    return [*edges, len(samples)] if len(samples) > edges[-1] else [0, len(samples)]


def _quietest(samples: Samples, start: int, end: int, limit: int) -> int:
    """Where the sound is weakest in the last part of a window."""
    first = max(start + 1, end - int(limit * _LOOK_BACK))
    hops = (end - first) // _HOP_SAMPLES
    if hops < 1:
        return end
    energy = np.square(samples[first : first + hops * _HOP_SAMPLES].reshape(hops, -1)).mean(axis=1)
    return first + int(energy.argmin()) * _HOP_SAMPLES + _HOP_SAMPLES // 2
