"""The machine's figures: exact where the test writes what the kernel would tell, and moving where it really does."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from audapolis.analytics.sampler.control_groups import ControlGroups
from audapolis.analytics.sampler.system import Cores, Disks, Folders, Memory
from hypothesis import given
from hypothesis import strategies as st

from .children import child, told, until, value_of
from .test_control_groups import groups

MIB = 2**20
FIRST = min(os.sched_getaffinity(0))
NOBODY = max(os.sched_getaffinity(0)) + 1


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def free() -> ControlGroups:
    return ControlGroups(Path("/nowhere"), Path("/nowhere"))


Tell = Callable[..., None]


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """Write what each core did: user, idle and waiting ticks, by the core's number."""

    def write(cores: dict[int, tuple[int, int, int]]) -> None:
        lines = [f"cpu{core} {user} 0 0 {idle} {waited} 0 0 0 0 0" for core, (user, idle, waited) in cores.items()]
        (tmp_path / "stat").write_text("\n".join(["cpu  1 2 3 4 5 6 7 8 0 0", *lines, "intr 5 0 1", "ctxt 3", ""]))

    return write


def test_cores_are_as_busy_as_the_kernel_says(tmp_path: Path, free: ControlGroups, clock: Clock, tell: Tell) -> None:
    cores = Cores(free, tmp_path, clock)
    tell({FIRST: (100, 1000, 50)})
    assert [sample.series for sample in cores(0.0)] == ["cpu.load"]
    tell({FIRST: (400, 1600, 150)})
    clock.now_s += 10
    samples = list(cores(10.0))
    assert told(samples, "cpu.utilisation") == pytest.approx(0.3)
    assert told(samples, "cpu.iowait") == pytest.approx(0.1)
    assert {sample.at for sample in samples} == {10.0}


def test_cores_this_process_may_not_use_do_not_count(
    tmp_path: Path, free: ControlGroups, clock: Clock, tell: Tell
) -> None:
    cores = Cores(free, tmp_path, clock)
    tell({FIRST: (0, 0, 0), NOBODY: (0, 0, 0)})
    list(cores(0.0))
    tell({FIRST: (0, 1000, 0), NOBODY: (1000, 0, 0)})
    clock.now_s += 10
    assert told(list(cores(10.0)), "cpu.utilisation") == 0.0


@pytest.mark.parametrize(
    ("used_and_idle", "expected"),
    [
        ((0.0, 1000), 0.0),
        ((2.5, 750), 0.5),
        ((5.0, 500), 1.0),
        ((0.0, 100), 0.8),  # of the half core that is ours others leave a tenth
        ((0.0, 0), 1.0),
        ((9.0, 100), 1.0),
    ],
)
def test_a_quota_that_is_used_up_is_full_utilisation(
    tmp_path: Path, clock: Clock, tell: Tell, used_and_idle: tuple[float, int], expected: float
) -> None:
    used_s, idle = used_and_idle
    files = {"cpu.max": "50000 100000\n", "cpu.stat": "usage_usec 1000000\n"}
    root, own = groups(tmp_path, "0::/\n", files)
    cores = Cores(ControlGroups(root, own), tmp_path, clock)
    tell({FIRST: (0, 0, 0)})
    list(cores(0.0))
    tell({FIRST: (1000 - idle, idle, 0)})
    (root / "cpu.stat").write_text(f"usage_usec {1_000_000 + int(used_s * 1e6)}\n")
    clock.now_s += 10
    assert told(list(cores(10.0)), "cpu.utilisation") == pytest.approx(expected)


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), min_size=2, max_size=4))
def test_a_share_is_a_share_whatever_the_counters_do(counts: list[tuple[int, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock()
        cores = Cores(ControlGroups(folder, folder), folder, clock)
        for user, idle, waited in counts:
            (folder / "stat").write_text(f"cpu{FIRST} {user} 0 0 {idle} {waited} 0 0 0\n")
            clock.now_s += 1
            for sample in cores(0.0):
                assert sample.series == "cpu.load" or 0.0 <= sample.value <= 1.0


def test_a_core_that_is_kept_busy_shows_up() -> None:
    cores = Cores()
    list(cores(0.0))
    began_s = time.monotonic()
    with child() as worker:
        worker.tell("burn", 0.5)
    samples = list(cores(1.0))
    elapsed_s = time.monotonic() - began_s
    utilisation = told(samples, "cpu.utilisation")
    assert utilisation * len(os.sched_getaffinity(0)) * elapsed_s > 0.3
    assert utilisation <= 1.0
    assert 0.0 <= told(samples, "cpu.iowait") <= 1.0
    assert told(samples, "cpu.load") >= 0.0


def write_meminfo(folder: Path, **mebibytes: int) -> None:
    (folder / "meminfo").write_text("".join(f"{name}: {size * 1024:10} kB\n" for name, size in mebibytes.items()))


def test_memory_is_that_of_the_machine_where_there_is_no_limit(tmp_path: Path, free: ControlGroups) -> None:
    write_meminfo(tmp_path, MemTotal=1000, MemFree=100, MemAvailable=600, SwapTotal=50, SwapFree=20)
    samples = list(Memory(free, tmp_path)(0.0))
    assert told(samples, "memory.used_bytes") == 400 * MIB
    assert told(samples, "memory.available_bytes") == 600 * MIB
    assert told(samples, "swap.used_bytes") == 30 * MIB


@pytest.mark.parametrize(
    ("limit", "held", "available", "expected"),
    [
        (200, 50, 600, (50, 150)),
        (200, 50, 80, (120, 80)),  # others leave less than our limit would
        (200, 230, 600, (200, 0)),
        (4000, 50, 600, (400, 600)),
    ],
)
def test_memory_is_what_the_control_group_leaves(
    tmp_path: Path, limit: int, held: int, available: int, expected: tuple[int, int]
) -> None:
    files = {
        "memory.max": f"{limit * MIB}\n",
        "memory.current": f"{(held + 10) * MIB}\n",
        "memory.stat": f"inactive_file {10 * MIB}\n",
    }
    write_meminfo(tmp_path, MemTotal=1000, MemAvailable=available)
    samples = list(Memory(ControlGroups(*groups(tmp_path, "0::/\n", files)), tmp_path)(0.0))
    used_and_available = (told(samples, "memory.used_bytes"), told(samples, "memory.available_bytes"))
    assert used_and_available == tuple(size * MIB for size in expected)
    assert value_of(samples, "swap.used_bytes") is None


def test_memory_that_is_held_is_used() -> None:
    memory = Memory()

    def shows() -> bool:
        with child() as holder:
            before = told(list(memory(0.0)), "memory.used_bytes")
            holder.tell("hold", 400)
            return 300 * MIB < told(list(memory(0.0)), "memory.used_bytes") - before < 500 * MIB

    until(shows)  # others may come and go just then


def test_folders_are_told_by_purpose_even_before_they_exist(tmp_path: Path) -> None:
    samples = list(Folders({"data": tmp_path, "models": tmp_path / "not" / "yet"})(0.0))
    for purpose in ("data", "models"):
        free_bytes = told(samples, "disk.free_bytes", purpose=purpose)
        assert free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)


def write_disks(folder: Path, *disks: tuple[str, int, int, int]) -> None:
    """Each with sectors read and written, and milliseconds it was busy."""
    lines = [f" 8 0 {name} 5 0 {read} 7 5 0 {written} 7 0 {busy} 14 0 0 0 0" for name, read, written, busy in disks]
    (folder / "diskstats").write_text("\n".join(lines) + "\n")


def test_disks_count_once_and_the_busiest_is_told(tmp_path: Path, clock: Clock) -> None:
    for name in ("sda", "nvme0n1", "cciss!c0d0", "dm-0/slaves/sda", "md0/slaves/nvme0n1", "loop0", "zram0"):
        (tmp_path / "block" / name).mkdir(parents=True)
    (tmp_path / "block" / "sda" / "slaves").mkdir()
    names = ("sda", "sda1", "nvme0n1", "cciss/c0d0", "dm-0", "md0", "loop0", "zram0")
    disks = Disks(tmp_path, tmp_path / "block", clock)
    write_disks(tmp_path, *((name, 1000, 2000, 3000) for name in names))
    assert list(disks(0.0)) == []
    later = [(name, 1000 + 20, 2000 + 200, 3000 + 4000) for name in names]
    later[2] = ("nvme0n1", 1000 + 20, 2000 + 200, 3000 + 9000)
    write_disks(tmp_path, *later, ("sdb", 10**9, 10**9, 10**9))
    (tmp_path / "block" / "sdb").mkdir()
    clock.now_s += 10
    samples = list(disks(0.0))
    assert told(samples, "disk.read_bytes_s") == 3 * 20 * 512 / 10
    assert told(samples, "disk.written_bytes_s") == 3 * 200 * 512 / 10
    assert told(samples, "disk.busy") == pytest.approx(0.9)


def test_where_no_disk_can_be_seen_nothing_is_told_of_them(tmp_path: Path, clock: Clock) -> None:
    disks = Disks(tmp_path, tmp_path / "block", clock)
    assert list(disks(0.0)) == []
    write_disks(tmp_path, ("loop0", 1, 1, 1))
    for _ in range(2):
        clock.now_s += 1
        assert list(disks(0.0)) == []


def test_what_is_written_to_a_disk_shows_up(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    if not Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").exists():
        pytest.skip("the folder for temporary files is on no disk of this machine")
    disks = Disks()
    list(disks(0.0))
    began_s = time.monotonic()
    with (tmp_path / "much").open("wb") as file:
        file.write(os.urandom(32 * MIB))
        file.flush()
        os.fsync(file.fileno())
    samples = list(disks(0.0))
    elapsed_s = time.monotonic() - began_s
    assert told(samples, "disk.written_bytes_s") * elapsed_s > 16 * MIB
    assert 0.0 <= told(samples, "disk.busy") <= 1.0
    assert told(samples, "disk.read_bytes_s") >= 0.0
