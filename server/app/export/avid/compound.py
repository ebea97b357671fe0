"""The container of an AAF file: Microsoft's compound file, version 4 (MS-CFB), written in one pass.

pyaaf2 writes them too, but entry by entry: an hour of talk takes it minutes, and the shape of its directory trees is
drawn by lot. Here the whole tree is known before the first byte is written, so everything lies in one piece, every
directory is balanced, and the same tree always gives the same bytes. Large streams are copied through, never held.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

SECTOR_BYTES = 4096
MOST_BYTES = 0x7FFF_FF00
"""Beyond this many bytes the format has a hole for file locks, and editors refuse the file."""
_MINI_BYTES = 64
_MINI_LIMIT_BYTES = 4096
_ENTRY_BYTES = 128
_IDS_PER_SECTOR = SECTOR_BYTES // 4
_DIFAT_IN_HEADER = 109
_FREE, _END, _FAT, _DIFAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1
_ENTRY = struct.Struct("<64sHBBIII16s20xIQ")
_HEADER = struct.Struct("<8s16sHHHHH6xIIIIIIIII")
_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True)
class Blob:
    """A stream too large for memory: its size, and who reads it block by block when its turn comes."""

    size: int
    blocks: Callable[[], Iterable[bytes]]


Stream = bytes | Blob


@dataclass(slots=True)
class Storage:
    """A folder in the container, and the class of the object that it holds."""

    class_id: bytes = bytes(16)
    children: dict[str, Storage | Stream] = field(default_factory=dict)


def write(root: Storage, out: BinaryIO, *, class_id: bytes) -> None:
    """Write a tree as a compound file.

    Args:
        root: The tree; names of children have at most 31 UTF-16 units.
        out: Where to; written from front to back.
        class_id: What the header says the file is.
    """
    directory = _Directory(root)
    layout = _Layout(directory)
    out.write(layout.header(class_id))
    for blob in directory.blobs:
        _copy(blob, out)
    _pad(out, sum(out.write(stream.ljust(_padded(len(stream), _MINI_BYTES), b"\0")) for stream in directory.minis))
    _pad(out, out.write(_little(directory.mini_chains())), fill=b"\xff")
    out.writelines(directory.entries(layout.mini_start, layout.blob_starts()))
    out.write(_little(layout.chains()))


class _Directory:
    """All entries in the order they are numbered: the children of a storage side by side, sorted as MS-CFB wants."""

    def __init__(self, root: Storage) -> None:
        self.minis: list[bytes] = []
        self.blobs: list[Stream] = []
        self._rows: list[tuple[str, Storage | Stream, int, int, int]] = [("Root Entry", root, _BLACK, _NONE, _NONE)]
        self._first_child: dict[int, int] = {}
        number = 0
        while number < len(self._rows):
            content = self._rows[number][1]
            if isinstance(content, Storage):
                self._add_children(number, content)
            elif _size(content) >= _MINI_LIMIT_BYTES:
                self.blobs.append(content)
            else:
                self.minis.append(content if isinstance(content, bytes) else b"".join(content.blocks()))
            number += 1
        self.mini_bytes = sum(_padded(len(stream), _MINI_BYTES) for stream in self.minis)

    def __len__(self) -> int:
        return len(self._rows)

    def _add_children(self, number: int, storage: Storage) -> None:
        names = sorted(storage.children, key=lambda name: (len(name), name.upper()))
        if not names:
            return
        base = len(self._rows)
        top, nodes = _balanced(len(names))
        self._first_child[number] = base + top
        for name, (colour, left, right) in zip(names, nodes, strict=True):
            ends = (base + left if left >= 0 else _NONE, base + right if right >= 0 else _NONE)
            self._rows.append((name, storage.children[name], colour, *ends))

    def mini_chains(self) -> array[int]:
        """For each little sector of the mini stream the one after it."""
        count = self.mini_bytes // _MINI_BYTES
        chains = array("I", range(1, count + 1))
        end = 0
        for stream in self.minis:
            end += _padded(len(stream), _MINI_BYTES) // _MINI_BYTES
            if stream:
                chains[end - 1] = _END
        return chains

    def entries(self, mini_start: int, blob_starts: Iterable[int]) -> Iterator[bytes]:
        """The entries, packed."""
        starts, mini = iter(blob_starts), 0
        for number, (name, content, colour, left, right) in enumerate(self._rows):
            child = self._first_child.get(number, _NONE)
            if isinstance(content, Storage):
                kind, class_id, size, start = _STORAGE, content.class_id, 0, 0
                if not number:
                    kind, size, start = _ROOT, self.mini_bytes, mini_start
            else:
                kind, class_id, size = _STREAM, bytes(16), _size(content)
                if size >= _MINI_LIMIT_BYTES:
                    start = next(starts)
                else:
                    start = mini if size else _END
                    mini += _padded(size, _MINI_BYTES) // _MINI_BYTES
            label = name.encode("utf-16-le")
            yield _ENTRY.pack(label, len(label) + 2, kind, colour, left, right, child, class_id, start, size)
        unused = -len(self._rows) % (SECTOR_BYTES // _ENTRY_BYTES)
        yield _ENTRY.pack(b"", 0, 0, 0, _NONE, _NONE, _NONE, bytes(16), 0, 0) * unused


class _Layout:
    """Which sectors hold what: large streams, the mini stream, its chains, the directory, and the sector chains."""

    def __init__(self, directory: _Directory) -> None:
        self._blobs = [_sectors(_size(blob)) for blob in directory.blobs]
        self._mini = _sectors(directory.mini_bytes)
        self._mini_chains = _sectors(4 * (directory.mini_bytes // _MINI_BYTES))
        self._entries = _sectors(_ENTRY_BYTES * len(directory))
        self._mini_start = sum(self._blobs)
        used = self._mini_start + self._mini + self._mini_chains + self._entries
        self._fat, self._difat = _chain_sectors(used)
        self._fat_start = used

    @property
    def mini_start(self) -> int:
        """First sector of the mini stream."""
        return self._mini_start if self._mini else _END

    def blob_starts(self) -> Iterator[int]:
        """First sectors of the large streams."""
        start = 0
        for sectors in self._blobs:
            yield start
            start += sectors

    def header(self, class_id: bytes) -> bytes:
        """The first sector of the file."""
        chains_start = self._mini_start + self._mini
        fat = range(self._fat_start, self._fat_start + self._fat)
        fixed = _HEADER.pack(
            _MAGIC, class_id, 0x3E, 4, 0xFFFE, 12, 6,
            self._entries, self._fat, chains_start + self._mini_chains, 0, _MINI_LIMIT_BYTES,
            chains_start if self._mini_chains else _END, self._mini_chains,
            self._fat_start + self._fat if self._difat else _END, self._difat,
        )  # fmt: skip
        inside = array("I", fat[:_DIFAT_IN_HEADER])
        inside.extend([_FREE] * (_DIFAT_IN_HEADER - len(inside)))
        return (fixed + _little(inside)).ljust(SECTOR_BYTES, b"\0")

    def chains(self) -> array[int]:
        """For each sector the one after it, then where those chains lie if the header has no room to say."""
        fat = array("I")
        for sectors in (*self._blobs, self._mini, self._mini_chains, self._entries):
            if sectors:
                fat.extend(range(len(fat) + 1, len(fat) + sectors))
                fat.append(_END)
        fat.extend([_FAT] * self._fat + [_DIFAT] * self._difat)
        fat.extend([_FREE] * (self._fat * _IDS_PER_SECTOR - len(fat)))
        rest = range(self._fat_start + _DIFAT_IN_HEADER, self._fat_start + self._fat)
        room = _IDS_PER_SECTOR - 1
        for number in range(self._difat):
            here = array("I", rest[number * room : (number + 1) * room])
            here.extend([_FREE] * (room - len(here)))
            here.append(self._fat_start + self._fat + number + 1 if number + 1 < self._difat else _END)
            fat.extend(here)
        return fat


def _chain_sectors(used: int) -> tuple[int, int]:
    """How many sectors the chains of so many sectors and of themselves take, and how many the list of those."""
    fat = difat = 0
    while True:
        wanted = -(-(used + fat + difat) // _IDS_PER_SECTOR)
        listed = -(-max(0, wanted - _DIFAT_IN_HEADER) // (_IDS_PER_SECTOR - 1))
        if (wanted, listed) == (fat, difat):
            return fat, difat
        fat, difat = wanted, listed


@lru_cache(maxsize=64)
def _balanced(count: int) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """A balanced search tree over sorted places: its top, and for each place colour, left and right (-1: none).

    Halving fills all levels but the last; with that one red it is the red-black tree that the format asks for.
    """
    nodes = [(_BLACK, -1, -1)] * count
    deepest = (count + 1).bit_length() - 1
    complete = count + 1 == 1 << deepest

    def grow(low: int, high: int, depth: int) -> int:
        if low >= high:
            return -1
        middle = (low + high) // 2
        colour = _RED if depth == deepest and not complete else _BLACK
        nodes[middle] = (colour, grow(low, middle, depth + 1), grow(middle + 1, high, depth + 1))
        return middle

    return grow(0, count, 0), tuple(nodes)


def _size(stream: Stream) -> int:
    return len(stream) if isinstance(stream, bytes) else stream.size


def _padded(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _sectors(size: int) -> int:
    return -(-size // SECTOR_BYTES)


def _little(numbers: array[int]) -> bytes:
    """Little-endian bytes of 32-bit numbers."""
    return struct.pack(f"<{len(numbers)}I", *numbers)


def _copy(stream: Stream, out: BinaryIO) -> None:
    blocks = [stream] if isinstance(stream, bytes) else stream.blocks()
    _pad(out, sum(map(out.write, blocks)))


def _pad(out: BinaryIO, written: int, *, fill: bytes = b"\0") -> None:
    out.write(fill * (_padded(written, SECTOR_BYTES) - written))
