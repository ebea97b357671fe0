"""What stages take of the machine, measured on real work."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from audapolis.stages.metering import LOOK_S, Meter, TreeMeter, Usage

BURN = "import time; until = time.process_time() + {s}\nwhile time.process_time() < until: pass"


def burn(cpu_s: float) -> None:
    until = time.thread_time() + cpu_s
    while time.thread_time() < until:
        pass


def test_processor_time_of_the_stages_own_thread_is_its_own() -> None:
    meter, busy, idle = TreeMeter(), Usage(), Usage()

    def work() -> None:
        nonlocal busy
        with meter.stage() as usage:
            burn(0.4)
        busy = usage

    with meter.running():
        thread = threading.Thread(target=work)
        thread.start()
        with meter.stage() as idle:
            thread.join()
    assert busy.cpu_s is not None
    assert idle.cpu_s is not None
    assert busy.cpu_s >= 0.4
    assert idle.cpu_s < 0.3 < busy.cpu_s


def test_processor_time_of_a_child_counts_even_when_it_is_gone() -> None:
    meter = TreeMeter()
    with meter.running(), meter.stage() as usage:
        subprocess.run([sys.executable, "-c", BURN.format(s=0.5)], check=True)
    assert usage.cpu_s is not None
    assert usage.cpu_s >= 0.45


def test_what_helpers_use_is_shared_by_the_stages_that_run() -> None:
    meter, usages = TreeMeter(), []

    def wait_for_child() -> None:
        with meter.stage() as usage:
            usages.append(usage)
            both.wait()
            child.wait()

    both = threading.Barrier(2)
    with meter.running():
        child = subprocess.Popen([sys.executable, "-c", BURN.format(s=0.6)])
        threads = [threading.Thread(target=wait_for_child) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    shares = [usage.cpu_s or 0.0 for usage in usages]
    assert sum(shares) > 0.4
    assert min(shares) > 0.15


def test_memory_held_only_in_the_middle_of_a_stage_is_seen() -> None:
    meter = TreeMeter()
    with meter.running():
        with meter.stage() as before:
            pass
        with meter.stage() as usage:
            held = bytearray(b"x") * 120_000_000
            time.sleep(3 * LOOK_S)
            del held
    assert usage.peak_rss_bytes is not None
    assert before.peak_rss_bytes is not None
    assert usage.peak_rss_bytes - before.peak_rss_bytes > 100_000_000


def written_by_this_process() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def test_bytes_written_to_a_disk_are_counted_as_the_kernel_counts_them(tmp_path: Path) -> None:
    meter, before = TreeMeter(), written_by_this_process()
    with meter.running(), meter.stage() as usage, (tmp_path / "file").open("wb") as file:
        file.write(b"x" * 8_000_000)
    assert usage.written_bytes is not None
    assert 0 <= written_by_this_process() - before - usage.written_bytes < 1_000_000


def test_a_meter_that_is_switched_off_says_nothing() -> None:
    meter = Meter()
    with meter.running(), meter.stage() as usage:
        burn(0.01)
    assert usage == Usage()
