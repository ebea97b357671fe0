"""How many cores this process really has, container limits included."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cores:
    """Processor cores.

    Attributes:
        usable: What this process may use, at least 1.
        present: What the machine has.
        limited_by: What keeps it from using all; empty where nothing does.
    """

    usable: int
    present: int
    limited_by: str = ""


def count_cores(control_groups: Path = Path("/sys/fs/cgroup"), own_groups: Path = Path("/proc/self/cgroup")) -> Cores:
    """Count cores, by the affinity of this process and the quota of its control groups.

    Args:
        control_groups: Where control groups are mounted, version 2 or 1 (Linux documentation, `cgroup-v2.rst`,
            `cpu.max`; `sched-bwc.rst`, `cpu.cfs_quota_us`).
        own_groups: Tells which of them this process is in.
    """
    present = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else present
    limited_by = "its affinity" if usable < present else ""
    quota = min(_quotas(control_groups, own_groups), default=math.inf)
    if quota < usable:
        usable, limited_by = max(1, math.ceil(quota)), f"a control group, to {quota:g} cores' time"
    return Cores(usable, present, limited_by)


def _quotas(control_groups: Path, own_groups: Path) -> list[float]:
    """Quotas in cores of the process's group and of those above it; inside a container its own group is the root."""
    found = []
    for folder in control_group_folders(control_groups, own_groups, "cpu"):
        with suppress(OSError, ValueError):
            limit, period = (folder / "cpu.max").read_text().split()
            found.append(int(limit) / int(period))  # "max" is no number: no limit
        with suppress(OSError, ValueError):
            limit_us = int((folder / "cpu.cfs_quota_us").read_text())
            if limit_us > 0:
                found.append(limit_us / int((folder / "cpu.cfs_period_us").read_text()))
    return found


def control_group_folders(root: Path, own: Path, controller: str) -> list[Path]:
    """Where a controller's files may be: our group and those above. Inside a container our own group is the root.

    Args:
        root: Where control groups are mounted, version 2 or 1.
        own: Tells which of them this process is in, as `/proc/self/cgroup` does.
        controller: `cpu` or `memory`.
    """
    folders = [root, root / controller]
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, _, rest = line.partition(":")
            controllers, _, path = rest.partition(":")
            if controllers and controller not in controllers.split(","):
                continue
            top = root / controller if controllers else root
            inside = top / path.lstrip("/")
            folders += [folder for folder in (inside, *inside.parents) if top in folder.parents]
    return list(dict.fromkeys(folders))
