"""Which processes are ours: the server, its workers, and the children of these."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .proc import ProcessStat, process_stat, read

_TELLS_CHILDREN = Path("/proc/thread-self/children").exists()  # CONFIG_PROC_CHILDREN


@dataclass(frozen=True, slots=True)
class Member:
    """One of our processes.

    Attributes:
        stat: What the kernel tells of it.
        role: One of `series.ROLES`.
        worker: Process number of the worker that it is or helps; None for the server and its other children.
    """

    stat: ProcessStat
    role: str
    worker: int | None = None


ChildrenOf = Callable[[ProcessStat], Iterable[int]]


def family(server: int, workers: Sequence[int], children_of: ChildrenOf | None = None) -> dict[int, Member]:
    """Our processes by their numbers; those that vanish meanwhile are left out.

    Args:
        server: The server's.
        workers: Those of workers, which need not be children of the server.
        children_of: Tells a process's children; the kernel's way when not given.
    """
    children_of = children_of or (_told_children if _TELLS_CHILDREN else searched_children())
    found: dict[int, Member] = {}
    left: list[tuple[int, int | None]] = [(server, None), *((pid, None) for pid in workers)]
    while left:
        pid, worker = left.pop()
        if pid in found:
            continue
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            stat = process_stat(pid)
            role = "server" if pid == server else "worker" if pid in workers else "helper"
            worker = pid if role == "worker" else worker
            found[pid] = Member(stat, role, worker)
            left += ((child, worker) for child in children_of(stat))
    return found


def _told_children(stat: ProcessStat) -> list[int]:
    """The children of all threads of a process, as the kernel lists them."""
    if stat.ended:
        return []
    tasks = [str(stat.pid)] if stat.threads == 1 else os.listdir(f"/proc/{stat.pid}/task")  # noqa: PTH208 - often
    found: list[int] = []
    for task in tasks:
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found += map(int, read(f"/proc/{stat.pid}/task/{task}/children").split())
    return found


def searched_children() -> ChildrenOf:
    """For kernels that don't list children: looks at all processes of the machine, once."""
    found: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended, or is not ours to look at
                stat = process_stat(int(entry.name))
                found.setdefault(stat.parent, []).append(stat.pid)
    return lambda stat: found.get(stat.pid, ())
