"""What Linux tells in `/proc`, taken apart; see proc(5). Nothing is kept here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SECTOR_BYTES = 512
"""Of `/proc/diskstats`, whatever the disk's own are."""

_ENOUGH_BYTES = 65536


@dataclass(frozen=True, slots=True)
class CoreTimes:
    """What cores did since the machine started, in ticks.

    Attributes:
        idle: Nothing.
        waited: Nothing, while something waited for a disk.
        total: All, time that a hypervisor gave to others included.
    """

    idle: int
    waited: int
    total: int


@dataclass(frozen=True, slots=True)
class DiskCounters:
    """What a disk did since the machine started; `busy_s` is how long it had something to do."""

    read_bytes: int
    written_bytes: int
    busy_s: float


@dataclass(frozen=True, slots=True)
class ProcessStat:
    """A process.

    Attributes:
        parent: Its parent's number.
        ended: Whether it is dead and only waits to be reaped.
        began_s: When it began, in seconds since the machine started (`CLOCK_BOOTTIME`).
        cpu_s: Processor time of its own.
        reaped_s: That of its children, and of theirs, that have ended and were waited for.
        rss_bytes: Its memory; pages shared with others count in full.
    """

    pid: int
    parent: int
    ended: bool
    began_s: float
    cpu_s: float
    reaped_s: float
    threads: int
    rss_bytes: int


def read(path: str) -> bytes:
    """A file of `/proc` or `/sys`; some four times as fast as `Path.read_bytes`, which matters for hundreds.

    Raises:
        OSError: It is not there, any more or at all.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(descriptor, _ENOUGH_BYTES):  # longer ones come in pieces
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def core_times(text: bytes) -> dict[int, CoreTimes]:
    """Of each core, from `/proc/stat`."""
    found = {}
    for line in text.splitlines():
        if not line.startswith(b"cpu"):
            break  # what comes first is all we want
        name, *cells = line.split()
        if name != b"cpu":
            ticks = [int(cell) for cell in cells[:8]]  # guests are counted as users already
            found[int(name[3:])] = CoreTimes(ticks[3], ticks[4] if len(ticks) > 4 else 0, sum(ticks))
    return found


def memory_facts(text: bytes, wanted: Iterable[str]) -> dict[str, int]:
    """Lines of `/proc/meminfo` in bytes; those that are not there are left out."""
    names = {name.encode() for name in wanted}
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(b":")
        if name in names:
            found[name.decode()] = int(rest.split()[0]) * 1024
    return found


def disk_counters(text: bytes) -> dict[str, DiskCounters]:
    """Of each disk, partition and what is made of these, from `/proc/diskstats`."""
    found = {}
    for line in text.splitlines():
        cells = line.split()
        if len(cells) > 12:
            read_bytes, written_bytes = (int(cells[place]) * SECTOR_BYTES for place in (5, 9))
            found[cells[2].decode()] = DiskCounters(read_bytes, written_bytes, int(cells[12]) / 1000)
    return found


def process_stat(pid: int) -> ProcessStat:
    """A process as it is now.

    Raises:
        OSError: There is none of this number, or it vanished while it was looked at.
    """
    text = read(f"/proc/{pid}/stat")
    cells = text[text.rindex(b")") + 2 :].split()  # the name before it may hold anything
    return ProcessStat(
        pid=pid,
        parent=int(cells[1]),
        ended=cells[0] in (b"Z", b"X"),
        began_s=int(cells[19]) / TICKS_PER_S,
        cpu_s=(int(cells[11]) + int(cells[12])) / TICKS_PER_S,
        reaped_s=(int(cells[13]) + int(cells[14])) / TICKS_PER_S,
        threads=int(cells[17]),
        rss_bytes=int(cells[21]) * PAGE_BYTES,
    )


def open_files(pid: int) -> int:
    """How many files and sockets a process has open.

    Raises:
        OSError: It vanished, or it is not ours to look at.
    """
    folder = f"/proc/{pid}/fd"
    # Since Linux 6.2 the folder's size is the count; before, it is 0. Listing it costs one step for each file.
    return os.stat(folder).st_size or len(os.listdir(folder))  # noqa: PTH116, PTH208 - many times a minute
