"""Samples as columns, rolled up and packed: what the history keeps of a series once an hour is over.

A **cell** is what is known of a series from one moment on: how many samples, their sum, the least and the greatest. Raw
samples are cells of one. Cells of a series are kept together in **blocks**, compressed as Gorilla does it in memory
(T. Pelkonen et al., VLDB 2015): differences of times, each value XORed with the one before; then bytes of the same
weight side by side and zlib. That takes a fifth of what rows would, and a month is read in milliseconds.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

_Array = npt.NDArray[Any]


def milliseconds(moment_s: float) -> int:
    """A moment as the history keeps it: whole milliseconds, rounded down.

    What is less than 10 µs short of the next one counts as the next: decimals are not exact in binary.
    """
    return math.floor(moment_s * 1000 + 0.01)


@dataclass(frozen=True, slots=True)
class Level:
    """One of the resolutions samples are kept at.

    Attributes:
        number: What it is called in the database; the next coarser one has the next number.
        width_ms: How long a cell is.
        block_ms: How much time one block holds. What is too old is dropped by whole blocks.
    """

    number: int
    width_ms: int
    block_ms: int

    def begin(self, at_ms: int) -> int:
        """When the block begins that holds a moment."""
        return at_ms // self.block_ms * self.block_ms


RAW = Level(0, 1, HOUR_MS)
MINUTE = Level(1, MINUTE_MS, DAY_MS)
HOUR = Level(2, HOUR_MS, 7 * DAY_MS)
LEVELS = (RAW, MINUTE, HOUR)


def coarsest(step_ms: int) -> Level:
    """The level to read for steps of a length: the coarsest whose cells are no longer than the step."""
    return next(level for level in reversed(LEVELS) if level.width_ms <= max(1, step_ms))


def spans(since_ms: int, until_ms: int, level: Level) -> Iterator[tuple[Level, int, int]]:
    """Cut a period so that each part is read at the coarsest level, up to `level`, whose cells it does not cut."""
    if level is RAW:
        yield level, since_ms, until_ms
        return
    finer = LEVELS[level.number - 1]
    begin = -(-since_ms // level.width_ms) * level.width_ms
    end = until_ms // level.width_ms * level.width_ms
    if begin >= end:
        yield from spans(since_ms, until_ms, finer)
        return
    if since_ms < begin:
        yield from spans(since_ms, begin, finer)
    yield level, begin, end
    if end < until_ms:
        yield from spans(end, until_ms, finer)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of one series, in order of time.

    Attributes:
        at: When each begins, Unix time in milliseconds.
        count, total, low, high: Samples in it, their sum, the least, the greatest.
    """

    at: _Array
    count: _Array
    total: _Array
    low: _Array
    high: _Array

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def of(cls, at_ms: Iterable[int], values: Iterable[float]) -> Cells:
        """Samples, in any order."""
        at = np.fromiter(at_ms, np.int64)
        value = np.fromiter(values, np.float64)
        order = np.argsort(at, kind="stable")
        return cls._samples(at[order], value[order])

    @classmethod
    def joined(cls, parts: Iterable[Cells]) -> Cells:
        """All of several, in order of time."""
        some = [part for part in parts if len(part)]
        if len(some) < 2:
            return some[0] if some else NOTHING
        at = np.concatenate([part.at for part in some])
        order = np.argsort(at, kind="stable")
        rest = (
            np.concatenate(columns)[order]
            for columns in zip(*((part.count, part.total, part.low, part.high) for part in some), strict=True)
        )
        return cls(at[order], *rest)

    def where(self, rows: _Array | slice) -> Cells:
        """Those that a mask or a slice picks."""
        return Cells(self.at[rows], self.count[rows], self.total[rows], self.low[rows], self.high[rows])

    def between(self, since_ms: int, until_ms: int) -> Cells:
        """Those that begin in a period."""
        first, last = np.searchsorted(self.at, (since_ms, until_ms))
        return self.where(slice(first, last))

    def rolled(self, width_ms: int) -> Cells:
        """One cell for each multiple of `width_ms` in which one begins."""
        if not len(self):
            return self
        start = self.at // width_ms * width_ms
        first = np.flatnonzero(np.concatenate(([True], start[1:] != start[:-1])))
        return Cells(
            start[first],
            np.add.reduceat(self.count, first),
            np.add.reduceat(self.total, first),
            np.minimum.reduceat(self.low, first),
            np.maximum.reduceat(self.high, first),
        )

    def pack(self, level: Level) -> bytes:
        """As one block of a level. All cells belong to the same block."""
        at = np.diff(self.at, prepend=level.begin(int(self.at[0]))).astype(np.int32)
        if level is RAW:
            columns = [at, _xored(self.total)]
        else:
            columns = [at, self.count.astype(np.int32), _xored(self.total), _xored(self.low), _xored(self.high)]
        return zlib.compress(b"".join(_shuffled(column) for column in columns), 1)

    @classmethod
    def unpack(cls, level: Level, start_ms: int, block: bytes) -> Cells:
        """The cells of a block that begins at `start_ms`.

        Raises:
            ValueError: The block is damaged.
        """
        try:
            data = np.frombuffer(zlib.decompress(block), np.uint8)
        except zlib.error as error:
            raise ValueError(f"A block of samples is damaged: {error}.") from error
        if level is RAW:
            at, value = _columns(data, "<i4", "<i8")
            return cls._samples(start_ms + np.cumsum(at, dtype=np.int64), _values(value))
        at, count, *figures = _columns(data, "<i4", "<i4", "<i8", "<i8", "<i8")
        return cls(start_ms + np.cumsum(at, dtype=np.int64), count.astype(np.int64), *map(_values, figures))

    @classmethod
    def _samples(cls, at: _Array, value: _Array) -> Cells:
        return cls(at, np.ones(len(at), np.int64), value, value, value)


NOTHING = Cells.of((), ())
"""No cells."""


def _xored(values: _Array) -> _Array:
    """Bits that differ from the value before: few, where a figure changes little."""
    bits = values.astype("<f8").view("<i8")
    changed = bits.copy()
    changed[1:] ^= bits[:-1]
    return changed


def _values(changed: _Array) -> _Array:
    values: _Array = np.bitwise_xor.accumulate(changed).view("<f8")
    return values


def _shuffled(column: _Array) -> bytes:
    """First bytes of all, then second bytes of all, …: zlib finds more that repeats."""
    return column.view(np.uint8).reshape(len(column), column.itemsize).T.tobytes()


def _columns(data: _Array, *types: str) -> list[_Array]:
    size = sum(np.dtype(name).itemsize for name in types)
    if len(data) % size:
        raise ValueError("A block of samples is cut short.")
    count, end, found = len(data) // size, 0, []
    for name in types:
        begin, end = end, end + count * np.dtype(name).itemsize
        found.append(np.ascontiguousarray(data[begin:end].reshape(-1, count).T).view(name).reshape(count))
    return found
