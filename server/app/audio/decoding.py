"""A media file becomes 16 kHz sound in a raw file, in a child process that may crash or be stopped at any time."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..domain.audio import SAMPLE_RATE_HZ
from ..domain.cancellation import CancelToken
from ..domain.codec import from_plain
from .pcm import PcmFile
from .sources import check_readable
from .supervise import Allowance, Progress, run_child

SplitChannels = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What is refused, and what a child process may use.

    Attributes:
        min_duration_s: Shorter recordings are refused.
        max_duration_s: Longer recordings are refused.
        max_channels: Audio tracks with more channels are refused.
        stall_timeout_s: Decoding that makes no progress for so long is given up.
        memory_bytes: Address space of the child process.
        cpu_s: Processor time of the child process.
    """

    min_duration_s: float = 0.05
    max_duration_s: float = 24 * 3600.0
    max_channels: int = 64
    stall_timeout_s: float = 30.0
    memory_bytes: int = 4 * 2**30
    cpu_s: int = 6 * 3600


DEFAULT_LIMITS = DecodeLimits()


def ignore_progress(_done_s: float, _total_s: float | None) -> None:
    """The listener for when nobody wants to know."""


def decode(
    path: Path,
    out: Path,
    *,
    track: int | None = None,
    split_channels: SplitChannels = "auto",
    limits: DecodeLimits = DEFAULT_LIMITS,
    on_progress: Progress = ignore_progress,
    cancel: CancelToken | None = None,
) -> PcmFile:
    """Decode one audio track into `out`: raw little-endian int16, 16 kHz, the heard channels interleaved.

    Sample 0 is the recording's time zero, the earliest start of its streams: audio that starts later, and gaps
    in its timestamps, are silence in `out`. Two channels are listened to and become one (mixed, the only one
    with sound, or the difference of an antiphase pair) or stay two (one speaker each); more than two are mixed.
    A damaged file gives what could be read, and `PcmFile.damage` says so.

    Args:
        path: The media file; its name's extension does not matter.
        out: The file to write; replaced if it exists, removed on any error.
        track: Which audio track, counted from 0; None takes the file's default.
        split_channels: `always` keeps every channel alone, `never` always makes one of them.
        limits: What to refuse.
        on_progress: Told seconds of audio done, and of how many if known, a few times per second.
        cancel: Stops it within a second.

    Raises:
        NotFound: No such file.
        UnsupportedMedia: Nothing to hear in it, too short, too many channels, not a recording, crashed or hung.
        InvalidOption: No such track.
        TooLarge: Longer than allowed.
        StorageFull: The disk refused a write.
        Cancelled: `cancel` was set.
        WorkerCrashed: Somebody killed the child, most often the system for lack of memory.
    """
    check_readable(path)
    request = {
        "action": "decode",
        "path": os.path.abspath(path),  # noqa: PTH100 - must not follow links
        "out": os.path.abspath(out),  # noqa: PTH100
        "job": {
            "track": track,
            "split_channels": split_channels,
            "min_duration_s": limits.min_duration_s,
            "max_duration_s": limits.max_duration_s,
            "max_channels": limits.max_channels,
        },
    }
    channels = limits.max_channels if split_channels == "always" else 2
    try:
        result = run_child(
            request,
            stall_timeout_s=limits.stall_timeout_s,
            allowance=Allowance(
                memory_bytes=limits.memory_bytes,
                cpu_s=limits.cpu_s,
                file_bytes=round((limits.max_duration_s + 60) * SAMPLE_RATE_HZ * 2 * channels),
            ),
            cancel=cancel or CancelToken(),
            on_progress=on_progress,
        )
    except BaseException:
        _remove(out)
        raise
    return from_plain(PcmFile, {**result, "path": os.fspath(out)})


def _remove(out: Path) -> None:
    """Remove a partial result; a device such as /dev/full is not ours to remove."""
    with contextlib.suppress(OSError):
        if out.is_file():
            out.unlink()
