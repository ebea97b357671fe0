"""Listens to a pair of channels and tells how they are meant to be used.

Recorders, telephone exchanges and video calls put one speaker on each channel; cameras leave one channel empty;
miswired cables put a pair in antiphase, which averages to silence; everything else is one sound picture to be mixed.
Levels are compared in frames of 20 ms. Only a joint histogram of the levels is kept: memory does not grow.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..domain.recording import ChannelUse
from ..domain.sampling import SAMPLE_RATE_HZ

_FRAME = SAMPLE_RATE_HZ // 50
_BIN_DB = 2.0
_FLOOR_DB = -100.0
_BINS = int(-_FLOOR_DB / _BIN_DB) + 1
_LEVELS_DB = _FLOOR_DB + _BIN_DB * np.arange(_BINS)

_SILENT_DB = -80.0  # a channel below has nothing on it
_ONE_SIDED_DB = 30.0  # a channel so far below the other adds nothing
_ABOVE_FLOOR_DB = 12.0  # speech stands so far above its channel's pauses
_LOUDEST_PART_DB = 35.0  # … and not further below its loud parts
_NEAR_FLOOR_DB = 8.0
_CLEAR_DB = 12.0  # one channel is alone: so far above the other in its pauses …
_CLEAR_OF_BLEED_DB = 20.0  # … or above what leaks into the other
_ALONE_FRAMES = 10  # each side must be alone for a fifth of a second
_EACH_SHARE = 0.02  # … and for so much of all activity
_ALONE_SHARE = 0.75  # of all activity, when people take turns
_ALONE_SHARE_UNRELATED = 0.3  # … and when they talk at the same time; then the sounds have nothing in common
_UNRELATED = 0.1  # correlation below which they have not
_ANTIPHASE = 0.25  # sum's energy to difference's, below which averaging loses the sound


class ChannelMeter:
    """Is given all samples of a pair of channels, in order."""

    def __init__(self) -> None:
        self._levels: npt.NDArray[np.int64] = np.zeros((_BINS, _BINS), dtype=np.int64)
        self._energy = np.zeros(2)
        self._cross = 0.0
        self._count = 0

    def feed(self, block: npt.NDArray[np.float32]) -> None:
        """Take samples of shape (frames, 2). What does not fill a 20 ms frame at the end is not heard."""
        whole = len(block) // _FRAME
        if not whole:
            return
        frames = block[: whole * _FRAME].reshape(whole, _FRAME, 2)
        energy = np.einsum("fsc,fsc->fc", frames, frames)
        self._energy += energy.sum(axis=0)
        self._cross += float(np.einsum("fs,fs->", frames[:, :, 0], frames[:, :, 1]))
        self._count += whole * _FRAME
        level_db = 10.0 * np.log10(energy / _FRAME + 1e-12)
        bins = np.clip(np.rint((level_db - _FLOOR_DB) / _BIN_DB), 0, _BINS - 1).astype(np.intp)
        np.add.at(self._levels, (bins[:, 0], bins[:, 1]), 1)

    def choose(self, *, may_split: bool) -> ChannelUse:
        """How the channels are best used.

        Args:
            may_split: Whether `separate` is allowed.
        """
        left, right = (_db(energy / max(self._count, 1)) for energy in self._energy)
        if max(left, right) < _SILENT_DB:
            return "mix"
        if may_split and self._one_speaker_each():
            return "separate"
        if left - right > _ONE_SIDED_DB or right < _SILENT_DB:
            return "left"
        if right - left > _ONE_SIDED_DB or left < _SILENT_DB:
            return "right"
        both, difference = self._energy.sum() + 2 * self._cross, self._energy.sum() - 2 * self._cross
        return "difference" if both < _ANTIPHASE * difference else "mix"

    def _one_speaker_each(self) -> bool:
        """Whether sound is mostly on one channel alone, now on this one, now on that."""
        floor_left, active_left = _activity(self._levels.sum(axis=1))
        floor_right, active_right = _activity(self._levels.sum(axis=0))
        ahead = _LEVELS_DB[:, None] - _LEVELS_DB[None, :]
        near_left = (floor_left + _NEAR_FLOOR_DB >= _LEVELS_DB)[:, None]
        near_right = (floor_right + _NEAR_FLOOR_DB >= _LEVELS_DB)[None, :]
        left = active_left[:, None] & ((ahead >= _CLEAR_OF_BLEED_DB) | ((ahead >= _CLEAR_DB) & near_right))
        right = active_right[None, :] & ((-ahead >= _CLEAR_OF_BLEED_DB) | ((-ahead >= _CLEAR_DB) & near_left))
        anyone = int(self._levels[active_left[:, None] | active_right[None, :]].sum())
        alone = [int(self._levels[side].sum()) for side in (left, right)]
        correlation = abs(self._cross) / max(float(np.sqrt(self._energy.prod())), 1e-12)
        wanted = _ALONE_SHARE_UNRELATED if correlation < _UNRELATED else _ALONE_SHARE
        return min(alone) >= max(_ALONE_FRAMES, _EACH_SHARE * anyone) and sum(alone) >= wanted * anyone


def _activity(counts: npt.NDArray[np.int64]) -> tuple[float, npt.NDArray[np.bool_]]:
    """One channel's noise floor in dB, and which level bins are activity."""
    below: npt.NDArray[np.float64] = np.cumsum(counts) / max(int(counts.sum()), 1)
    floor = float(_LEVELS_DB[np.searchsorted(below, 0.1)])
    loud = float(_LEVELS_DB[np.searchsorted(below, 0.98)])
    threshold = max(floor + _ABOVE_FLOOR_DB, loud - _LOUDEST_PART_DB, _SILENT_DB + _ABOVE_FLOOR_DB)
    return floor, threshold <= _LEVELS_DB


def _db(power: float) -> float:
    return 10.0 * math.log10(power + 1e-12)
