"""Writes blocks of float samples as int16, knows how loud they were, and folds two channels into one in place."""

from __future__ import annotations

import errno
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..domain.recording import ChannelUse
from ..domain.sampling import SAMPLE_RATE_HZ
from ..errors import StorageFull

_FULL_SCALE = 32768.0
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FOLD_FRAMES = 1 << 18


class Spool:
    """A raw little-endian int16 file being written. Values beyond full scale are clipped, never wrapped.

    Attributes:
        frames: Samples per channel written.
        peak: Largest absolute value given, 1.0 being full scale, before `gain`.
        clipped: How many values had to be clipped.
    """

    def __init__(self, path: Path, channels: int, gain: float = 1.0) -> None:
        self.frames = 0
        self.peak = 0.0
        self.clipped = 0
        self._channels = channels
        self._gain = gain
        self._path = path
        try:
            if path.is_file():  # it may be shared with another job; a device is no file
                path.unlink()
            self._file = path.open("wb")
        except OSError as error:
            raise _refused(path, error) from None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as error:
            if kind is None:
                raise _refused(self._path, error) from None

    def write(self, block: npt.NDArray[np.float32]) -> None:
        """Append samples of shape (frames, channels).

        Raises:
            StorageFull: The disk refused.
        """
        if not block.size:
            return
        loudest = float(max(block.max(), -block.min()))
        if not np.isfinite(loudest):
            block = np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0)
            loudest = float(np.abs(block).max())
        self.peak = max(self.peak, loudest)
        scaled = block * np.float32(_FULL_SCALE * self._gain)
        if loudest * self._gain > 1.0:
            self.clipped += int(np.count_nonzero(np.abs(scaled) > _FULL_SCALE))
        np.rint(scaled, out=scaled)
        np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1, out=scaled)
        self._append(scaled.astype("<i2").tobytes())
        self.frames += len(block)

    def silence(self, frames: int) -> None:
        """Append so many samples of silence.

        Raises:
            StorageFull: The disk refused.
        """
        second = bytes(2 * self._channels * SAMPLE_RATE_HZ)
        for start in range(0, frames, SAMPLE_RATE_HZ):
            self._append(second[: 2 * self._channels * min(SAMPLE_RATE_HZ, frames - start)])
        self.frames += max(frames, 0)

    def _append(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise _refused(self._path, error) from None


def fold(path: Path, use: ChannelUse) -> None:
    """Make one channel of a two-channel file, in place and in windows: no second copy on disk or in memory.

    Raises:
        StorageFull: The disk refused.
    """
    try:
        with path.open("r+b") as file:
            read_at = write_at = 0
            while data := _read_at(file, read_at, 4 * _FOLD_FRAMES):
                mono = _folded(np.frombuffer(data, dtype="<i2").reshape(-1, 2), use).tobytes()
                file.seek(write_at)
                file.write(mono)
                read_at += len(data)
                write_at += len(mono)
            file.truncate(write_at)
    except OSError as error:
        raise _refused(path, error) from None


def _read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _folded(stereo: npt.NDArray[np.int16], use: ChannelUse) -> npt.NDArray[np.int16]:
    if use in {"left", "right"}:
        return stereo[:, 0 if use == "left" else 1].copy()
    left, right = stereo[:, 0].astype(np.int32), stereo[:, 1].astype(np.int32)
    both = left - right if use == "difference" else left + right
    mean: npt.NDArray[np.int16] = np.clip((both + 1) >> 1, -32768, 32767).astype("<i2")
    return mean


def _refused(path: Path, error: OSError) -> StorageFull:
    if error.errno in _NO_SPACE:
        message = f"The disk is full: decoded sound could not be written to {path.parent}."
    else:
        message = f"Decoded sound could not be written to {path}: {error.strerror}."
    return StorageFull(message, hint="Free some space, or choose another folder for working files.")
