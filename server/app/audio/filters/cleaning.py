"""Measures a decoded recording, and writes a cleaned copy of it; the recording itself is never changed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...domain.audio import Samples
from ...domain.cancellation import CancelToken
from ..decoding import ignore_progress
from ..pcm import PcmAudio, PcmFile
from ..spool import Spool
from ..supervise import Progress
from .chain import Chain
from .figures import SoundFigures
from .metering import SoundMeter
from .running import Cleaner

_MEASURED_S = 10.0
_CLEANED_S = 1.0


def measure(
    pcm: PcmFile, *, on_progress: Progress = ignore_progress, cancel: CancelToken | None = None
) -> tuple[SoundFigures, ...]:
    """Measure every channel of a decoded recording.

    Args:
        pcm: The recording.
        on_progress: Told seconds of sound done, all channels together, and of how many.
        cancel: Stops it within a second.

    Raises:
        NotFound: The decoded file is gone or cut short.
        Cancelled: `cancel` was set.
    """
    audio = PcmAudio(pcm)
    total_s = pcm.duration_s * pcm.channels
    figures = []
    for channel in range(pcm.channels):
        meter = SoundMeter(pcm.facts.sample_rate_hz)
        for window in audio.windows(_MEASURED_S, channel):
            if cancel:
                cancel.check()
            meter.feed(window.samples)
            on_progress(channel * pcm.duration_s + window.end_s, total_s)
        figures.append(meter.flush())
    return tuple(figures)


def clean(
    pcm: PcmFile,
    out: Path,
    chains: Sequence[Chain],
    *,
    on_progress: Progress = ignore_progress,
    cancel: CancelToken | None = None,
) -> PcmFile:
    """Write a cleaned copy of a decoded recording: as long, and every sound at the same time.

    Args:
        pcm: The recording.
        out: The file to write; replaced if it exists, removed on any error.
        chains: What to do to each channel; an empty chain copies.
        on_progress: Told seconds of sound done, and of how many.
        cancel: Stops it within a second.

    Raises:
        NotFound: The decoded file is gone or cut short.
        StorageFull: The disk refused a write.
        Cancelled: `cancel` was set.
    """
    leveled = any(step.filter == "volume" for chain in chains for step in chain)
    gain = 1.0 if leveled else pcm.gain
    try:
        with Spool(out, pcm.channels, gain) as spool:
            _write(pcm, spool, chains, on_progress, cancel)
    except BaseException:
        with contextlib.suppress(OSError):
            if out.is_file():  # a device such as /dev/full is not ours to remove
                out.unlink()
        raise
    return PcmFile(str(out), spool.frames, pcm.channels, pcm.facts, gain, pcm.damage)


def _write(
    pcm: PcmFile, spool: Spool, chains: Sequence[Chain], on_progress: Progress, cancel: CancelToken | None
) -> None:
    audio = PcmAudio(pcm)
    cleaners = [Cleaner(chain) for chain in chains]
    ready: list[Samples] = [np.zeros(0, np.float32) for _ in chains]
    for windows in zip(*(audio.windows(_CLEANED_S, channel) for channel in range(pcm.channels)), strict=True):
        if cancel:
            cancel.check()
        parts = [cleaner.feed(window.samples) for cleaner, window in zip(cleaners, windows, strict=True)]
        ready = _write_ready(spool, ready, parts)
        on_progress(windows[0].end_s, pcm.duration_s)
    _write_ready(spool, ready, [cleaner.flush() for cleaner in cleaners])


def _write_ready(spool: Spool, held: list[Samples], parts: list[Samples]) -> list[Samples]:
    """Write what all channels have, and give what some have more than others."""
    ready = [np.concatenate(pair) for pair in zip(held, parts, strict=True)]
    common = min(map(len, ready))
    spool.write(np.stack([channel[:common] for channel in ready], axis=1))
    return [channel[common:] for channel in ready]
