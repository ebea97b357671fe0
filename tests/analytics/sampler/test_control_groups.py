"""Limits of control groups, version 2 and version 1, and what the groups use."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from audapolis.analytics.sampler.control_groups import ControlGroups
from audapolis.survey.limits import count_cores

MIB = 2**20
V2_MEMORY = {"memory.max": f"{100 * MIB}\n", "memory.current": f"{60 * MIB}\n"}
V1_MEMORY = {"memory.limit_in_bytes": f"{100 * MIB}\n", "memory.usage_in_bytes": f"{60 * MIB}\n"}


def groups(root: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    for name, content in files.items():
        path = root / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "own").write_text(own)
    return root / "cgroup", root / "own"


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/\n", {"cpu.max": "50000 100000\n", "cpu.stat": "usage_usec 2500000\nuser_usec 1\n"}),
        (
            "0::/a/b\n",
            {"a/b/cpu.max": "50000 100000\n", "a/b/cpu.stat": "usage_usec 2500000\n", "a/cpu.max": "max 100000\n"},
        ),
        (
            "3:memory:/x\n2:cpu,cpuacct:/y\n",
            {
                "cpu/y/cpu.cfs_quota_us": "50000\n",
                "cpu/y/cpu.cfs_period_us": "100000\n",
                "cpu/y/cpu.stat": "nr_periods 0\n",
                "cpu/y/cpuacct.usage": "2500000000\n",
            },
        ),
        (
            "2:cpuacct:/y\n1:cpu:/y\n",
            {
                "cpu/y/cpu.cfs_quota_us": "50000\n",
                "cpu/y/cpu.cfs_period_us": "100000\n",
                "cpuacct/y/cpuacct.usage": "2500000000\n",
            },
        ),
    ],
)
def test_a_limit_of_processor_time_comes_with_what_its_group_has_used(
    tmp_path: Path, own: str, files: dict[str, str]
) -> None:
    where = groups(tmp_path, own, files)
    [limit] = ControlGroups(*where).cores().values()
    assert (limit.cores, limit.used_s) == (0.5, 2.5)
    assert count_cores(*where).usable == min(len(os.sched_getaffinity(0)), math.ceil(limit.cores))


def test_every_group_above_ours_that_has_a_limit_counts(tmp_path: Path) -> None:
    files = {
        "a/cpu.max": "400000 100000\n",
        "a/cpu.stat": "usage_usec 9000000\n",
        "a/b/cpu.max": "150000 100000\n",
        "a/b/cpu.stat": "usage_usec 1000000\n",
    }
    limits = ControlGroups(*groups(tmp_path, "0::/a/b\n", files)).cores()
    assert {folder.name: (limit.cores, limit.used_s) for folder, limit in limits.items()} == {
        "a": (4.0, 9.0),
        "b": (1.5, 1.0),
    }


def test_a_limit_that_is_changed_meanwhile_is_seen(tmp_path: Path) -> None:
    files = {"cpu.max": "max 100000\n", "cpu.stat": "usage_usec 1\n", "memory.max": "max\n", "memory.current": "1\n"}
    root, own = groups(tmp_path, "0::/\n", files)
    ours = ControlGroups(root, own)
    assert (ours.cores(), ours.memory()) == ({}, [])
    (root / "cpu.max").write_text("200000 100000\n")
    [limit] = ours.cores().values()
    assert limit.cores == 2.0


@pytest.mark.parametrize(
    ("own", "folder", "files", "cache"),
    [
        ("0::/\n", "", V2_MEMORY, "inactive_file"),
        ("0::/a/b\n", "a/", V2_MEMORY, "inactive_file"),
        ("4:memory:/x\n", "memory/x/", V1_MEMORY, "total_inactive_file"),
        ("4:memory:/docker/x\n", "memory/", V1_MEMORY, "total_inactive_file"),
    ],
)
def test_file_cache_that_gives_way_is_not_held(
    tmp_path: Path, own: str, folder: str, files: dict[str, str], cache: str
) -> None:
    there = {folder + name: content for name, content in files.items()}
    there[f"{folder}memory.stat"] = f"anon 1\n{cache} {20 * MIB}\nactive_file 7\n"
    [limit] = ControlGroups(*groups(tmp_path, own, there)).memory()
    assert (limit.limit_bytes, limit.held_bytes) == (100 * MIB, 40 * MIB)


def test_version_1_says_that_there_is_no_limit_by_one_that_no_machine_reaches(tmp_path: Path) -> None:
    files = {"memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.usage_in_bytes": "5\n"}
    files["memory/memory.stat"] = "total_inactive_file 1\n"
    assert ControlGroups(*groups(tmp_path, "4:memory:/\n", files)).memory() == []


def test_where_nothing_can_be_read_there_are_no_limits(tmp_path: Path) -> None:
    damaged = {"cpu.max": "a b c\n", "memory.max": "?\n", "cpu/cpu.cfs_quota_us": "-1\n", "cpuset/cpu.max": "1 1\n"}
    for ours in (
        ControlGroups(tmp_path / "none", tmp_path / "none"),
        ControlGroups(*groups(tmp_path, "nonsense\n:\n", damaged)),
    ):
        assert (ours.cores(), ours.memory()) == ({}, [])
