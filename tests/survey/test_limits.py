"""Cores, within the limits of control groups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from audapolis.survey.limits import count_cores

CORES = len(os.sched_getaffinity(0))


def groups(root: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    for name, content in files.items():
        path = root / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "own").write_text(own)
    return root / "cgroup", root / "own"


def test_without_a_quota_all_cores_of_the_affinity_count(tmp_path: Path) -> None:
    found = count_cores(*groups(tmp_path, "0::/\n", {"cpu.max": "max 100000\n"}))
    assert found.usable == CORES
    assert found.present == os.cpu_count()


def test_where_nothing_can_be_read_there_is_no_quota(tmp_path: Path) -> None:
    assert count_cores(tmp_path / "none", tmp_path / "none").usable == CORES


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/\n", {"cpu.max": "50000 100000\n"}),
        ("0::/system.slice/audapolis.service\n", {"system.slice/cpu.max": "50000 100000\n"}),
        (
            "0::/a/b\n",
            {"a/cpu.max": "50000 100000\n", "a/b/cpu.max": "9900000 100000\n"},
        ),
        ("3:memory:/x\n2:cpu,cpuacct:/y\n", {"cpu/y/cpu.cfs_quota_us": "50000", "cpu/y/cpu.cfs_period_us": "100000"}),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}),
    ],
)
def test_the_tightest_quota_of_this_group_and_those_above_counts(
    tmp_path: Path, own: str, files: dict[str, str]
) -> None:
    found = count_cores(*groups(tmp_path, own, files))
    assert found.usable == 1
    assert "0.5 cores" in found.limited_by


def test_version_1_says_minus_one_where_there_is_no_quota(tmp_path: Path) -> None:
    files = {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}
    assert count_cores(*groups(tmp_path, "1:cpu:/\n", files)).usable == CORES


def test_damaged_files_are_no_quota(tmp_path: Path) -> None:
    assert count_cores(*groups(tmp_path, "nonsense\n:\n", {"cpu.max": "a b c\n"})).usable == CORES
