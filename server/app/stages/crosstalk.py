"""One microphone per speaker: the neighbour's voice bleeds in, and must not be heard as this channel's speech."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..domain.audio import SAMPLE_RATE_HZ, AudioReader
from ..domain.cancellation import CancelToken
from ..domain.transcript import Span

FRAME_S = 0.05
BLEED_DB = 12.0
"""A channel this much quieter than the loudest one holds that one's bleed, not a voice of its own."""
MIN_OWN_S = 0.15
BRIDGE_S = 0.3


class CrosstalkGate:
    """Level of every channel in frames of 50 ms, and the rule that follows from comparing them."""

    def __init__(self, levels_db: npt.NDArray[np.float32]) -> None:
        """Take levels of shape (channels, frames), in dB, any reference."""
        self._levels_db = levels_db

    @classmethod
    def of(cls, audio: AudioReader, cancel: CancelToken) -> CrosstalkGate:
        """Measure a recording, window by window."""
        levels = []
        for channel in range(audio.channels):
            parts = []
            for window in audio.windows(channel=channel):
                cancel.check()
                parts.append(_levels_db(window.samples))
            levels.append(np.concatenate(parts) if parts else np.zeros(0, np.float32))
        return cls(np.stack(levels))

    def keep_own(self, spans: list[list[Span]]) -> list[list[Span]]:
        """Of each channel's speech, keep where the channel is not drowned by another one."""
        loudest = self._levels_db.max(axis=0, initial=-200.0)
        own = self._levels_db >= loudest - BLEED_DB
        return [
            [part for span in channel_spans for part in _parts(span, own[channel])]
            for channel, channel_spans in enumerate(spans)
        ]


def _levels_db(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    size = int(FRAME_S * SAMPLE_RATE_HZ)
    padded = np.pad(samples, (0, -len(samples) % size))
    power = np.mean(padded.reshape(-1, size).astype(np.float32) ** 2, axis=1)
    return np.asarray(10 * np.log10(power + 1e-10), np.float32)


def _parts(span: Span, own: npt.NDArray[np.bool_]) -> list[Span]:
    """The stretches of a span where the channel is its own, bridging short dips, dropping specks."""
    first, last = int(span.start_s / FRAME_S), int(np.ceil(span.end_s / FRAME_S))
    parts: list[Span] = []
    for index in (np.flatnonzero(own[first:last]) + first).tolist():
        start_s, end_s = max(span.start_s, index * FRAME_S), min(span.end_s, (index + 1) * FRAME_S)
        if parts and start_s - parts[-1].end_s <= BRIDGE_S:
            parts[-1] = Span(parts[-1].start_s, end_s)
        else:
            parts.append(Span(start_s, end_s))
    return [part for part in parts if part.duration_s >= MIN_OWN_S]
