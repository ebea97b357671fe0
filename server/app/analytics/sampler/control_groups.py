"""Limits of our control groups, and what these groups use: what a container has, rather than the machine it is on.

Version 2 and version 1 (Linux documentation: `cgroup-v2.rst`, `sched-bwc.rst`, `cpuacct.rst`, `memory.rst`). Limits of
groups above ours count as well, where they can be seen. They are read each time: they may be changed while we run.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...survey.limits import control_group_folders
from .proc import read

_UNLIMITED_BYTES = 2**60
"""Version 1 says "no limit" by one that no machine reaches."""


@dataclass(frozen=True, slots=True)
class CoreLimit:
    """Of one group: cores' time it may use, and the processor time used by all in it, in seconds."""

    cores: float
    used_s: float


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """Of one group: bytes it may hold, and those it holds that don't give way."""

    limit_bytes: int
    held_bytes: int


class ControlGroups:
    """The control groups of this process.

    Args:
        root: Where they are mounted.
        own: Tells which this process is in.
    """

    def __init__(self, root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> None:
        self._root = root
        self._cores = _having(control_group_folders(root, own, "cpu"), ("cpu.max", "cpu.cfs_quota_us"))
        self._memory = _having(control_group_folders(root, own, "memory"), ("memory.max", "memory.limit_in_bytes"))

    def cores(self) -> dict[Path, CoreLimit]:
        """Groups that limit processor time, by their folder."""
        found = {}
        for folder in self._cores:
            with suppress(OSError, ValueError):  # "max" is no number: no limit
                if (cores := _quota(folder)) is not None:
                    found[folder] = CoreLimit(cores, self._used_s(folder))
        return found

    def memory(self) -> list[MemoryLimit]:
        """Groups that limit memory."""
        found = []
        for folder in self._memory:
            with suppress(OSError, ValueError):  # as above
                if (limit := _room(folder)) is not None:
                    found.append(limit)
        return found

    def _used_s(self, folder: Path) -> float:
        with suppress(OSError):
            if (used_us := _line(read(f"{folder}/cpu.stat"), b"usage_usec")) is not None:
                return used_us / 1e6
        with suppress(OSError):
            return int(read(f"{folder}/cpuacct.usage")) / 1e9
        beside = self._root / "cpuacct" / folder.relative_to(self._root / "cpu")
        return int(read(f"{beside}/cpuacct.usage")) / 1e9


def _quota(folder: Path) -> float | None:
    """Cores' time a group may use; None where it may use all.

    Raises:
        OSError, ValueError: It can't be told.
    """
    if (folder / "cpu.max").exists():
        limit, period = read(f"{folder}/cpu.max").split()
        return int(limit) / int(period)
    limit_us = int(read(f"{folder}/cpu.cfs_quota_us"))
    return limit_us / int(read(f"{folder}/cpu.cfs_period_us")) if limit_us > 0 else None


def _room(folder: Path) -> MemoryLimit | None:
    """What a group may hold of memory and holds, None where it may hold all; file cache not in use gives way.

    Raises:
        OSError, ValueError: It can't be told, or is said to be no limit.
    """
    if (folder / "memory.max").exists():
        limit, held, cache = "memory.max", "memory.current", b"inactive_file"
    else:
        limit, held, cache = "memory.limit_in_bytes", "memory.usage_in_bytes", b"total_inactive_file"
    if (limit_bytes := int(read(f"{folder}/{limit}"))) >= _UNLIMITED_BYTES:
        return None
    held_bytes = int(read(f"{folder}/{held}"))
    return MemoryLimit(limit_bytes, held_bytes - (_line(read(f"{folder}/memory.stat"), cache) or 0))


def _line(text: bytes, name: bytes) -> int | None:
    """Value of the line that begins with a name."""
    for line in text.splitlines():
        key, _, value = line.partition(b" ")
        if key == name:
            return int(value)
    return None


def _having(folders: Iterable[Path], names: tuple[str, ...]) -> list[Path]:
    return [folder for folder in folders if any((folder / name).is_file() for name in names)]
