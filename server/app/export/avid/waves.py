"""Plain PCM from WAV files, channel by channel: what an AAF file can hold inside."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import InvalidOption

_PCM, _EXTENSIBLE = 1, 0xFFFE
_UNKNOWN_SIZE = 0xFFFFFFFF
_BLOCK_FRAMES = 1 << 18
_HINT = "Link the media (media=link), or convert it to a WAV file with 16 or 24 bits first."


@dataclass(frozen=True, slots=True)
class Wave:
    """Where a WAV file keeps its samples, and how.

    Attributes:
        offset: First byte of the samples.
        frames: How many samples each channel has.
        width: Bytes of one sample.
    """

    path: Path
    sample_rate_hz: int
    channels: int
    width: int
    offset: int
    frames: int

    @property
    def size_bytes(self) -> int:
        """How large all channels are together."""
        return self.frames * self.channels * self.width

    def channel(self, index: int) -> Iterator[bytes]:
        """The little-endian samples of one channel."""
        frame_bytes = self.channels * self.width
        with self.path.open("rb") as file:
            file.seek(self.offset)
            left = self.frames
            while left:
                block = file.read(min(left, _BLOCK_FRAMES) * frame_bytes)
                got = len(block) // frame_bytes
                if not got:
                    yield bytes(left * self.width)  # Cut off meanwhile: the size is promised already.
                    return
                samples = np.frombuffer(block, np.uint8, got * frame_bytes).reshape(got, self.channels, self.width)
                yield samples[:, index].tobytes()
                left -= got


def open_wave(path: Path) -> Wave:
    """Find the samples of a WAV file (also RF64 and extensible ones).

    Raises:
        InvalidOption: It is no WAV file, or not plain PCM with 16 or 24 bits.
    """
    try:
        with path.open("rb") as file:
            wave = _read(path, file)
    except (OSError, struct.error):
        wave = None
    if wave is None:
        raise InvalidOption(f"'{path.name}' can't be embedded: only WAV files with 16- or 24-bit PCM can.", hint=_HINT)
    return wave


def _read(path: Path, file: BinaryIO) -> Wave | None:
    size_bytes = path.stat().st_size
    magic, _, kind = struct.unpack("<4sI4s", file.read(12))
    if magic not in (b"RIFF", b"RF64") or kind != b"WAVE":
        return None
    layout: tuple[int, int, int] | None = None
    while head := file.read(8):
        name, length = struct.unpack("<4sI", head)
        start = file.tell()
        if name == b"fmt ":
            layout = _layout(file.read(length))
        if name == b"data" and layout:
            rate_hz, channels, width = layout
            available = size_bytes - start if length == _UNKNOWN_SIZE else min(length, size_bytes - start)
            return Wave(path, rate_hz, channels, width, start, available // (channels * width))
        file.seek(start + length + length % 2)
    return None


def _layout(chunk: bytes) -> tuple[int, int, int] | None:
    """Sample rate, channels and bytes a sample; None for what is not plain PCM."""
    code, channels, rate_hz, _, block_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE:
        (code,) = struct.unpack_from("<H", chunk, 24)
    plain = code == _PCM and bits in (16, 24) and channels and block_bytes == channels * bits // 8
    return (rate_hz, channels, bits // 8) if plain else None
