"""Who of us used how much processor time between two looks. Pure arithmetic.

A process that ended between two looks can't be asked any more. Its time is not lost: the kernel adds it to its
parent's `reaped_s` as soon as that has waited for it. So helpers that live shorter than the time between two looks
count in full; for one seen at the first look, what it had used by then is taken off again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .process_tree import Member

_TICK_S = 0.01
"""Start times are told in ticks, so a process may have begun up to one later than it says."""


@dataclass(slots=True)
class Spent:
    """Processor time in seconds.

    Attributes:
        by_role: By all of a role.
        by_worker: By a worker with its helpers, by the worker's process number.
        unknown: Roles and workers with members older than the first look, that were not seen then: what these used
            in between can't be told, so their totals are too small.
    """

    by_role: dict[str, float] = field(default_factory=dict)
    by_worker: dict[int, float] = field(default_factory=dict)
    unknown: set[str | int] = field(default_factory=set)

    def add(self, role: str, worker: int | None, spent_s: float) -> None:
        """Count some time."""
        self.by_role[role] = self.by_role.get(role, 0.0) + spent_s
        if worker is not None:
            self.by_worker[worker] = self.by_worker.get(worker, 0.0) + spent_s


def spent_between(before: Mapping[int, Member], after: Mapping[int, Member], before_s: float) -> Spent:
    """Processor time used between two looks.

    Args:
        before: Our processes at the first look.
        after: At the second.
        before_s: When the first was, in seconds since the machine started.
    """
    spent = Spent()
    buried, lost_worker = _buried(before, after)
    for pid, member in after.items():
        stat = member.stat
        own_s, reaped_s = stat.cpu_s, stat.reaped_s
        if _same(before, member):
            own_s -= before[pid].stat.cpu_s
            reaped_s -= before[pid].stat.reaped_s + buried.get(pid, 0.0)
        elif stat.began_s < before_s - _TICK_S:
            spent.unknown |= {member.role} if member.worker is None else {member.role, member.worker}
            continue
        spent.add(member.role, member.worker, max(0.0, own_s))
        spent.add("worker" if pid in lost_worker else "helper", member.worker, max(0.0, reaped_s))
    return spent


def _buried(before: Mapping[int, Member], after: Mapping[int, Member]) -> tuple[dict[int, float], set[int]]:
    """What processes that are gone had used by the first look, by who waited for them; and who waited for a worker."""
    used_s: dict[int, float] = {}
    lost_worker = set()
    for member in before.values():
        if _same(after, member):
            continue
        heir, steps = member.stat.parent, 0
        while heir in before and not _same(after, before[heir]) and steps < len(before):
            heir, steps = before[heir].stat.parent, steps + 1
        used_s[heir] = used_s.get(heir, 0.0) + member.stat.cpu_s + member.stat.reaped_s
        if member.role == "worker":
            lost_worker.add(heir)
    return used_s, lost_worker


def _same(members: Mapping[int, Member], member: Member) -> bool:
    """Whether a process is among others: numbers are used again, so the time it began decides as well."""
    other = members.get(member.stat.pid)
    return other is not None and other.stat.began_s == member.stat.began_s
