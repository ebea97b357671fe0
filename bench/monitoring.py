"""What being watched costs: the same batch with analytics on and off, turn and turn about.

    python -m bench.monitoring [--rounds 5] [--copies 2]

Each round is a batch of copies of the sample conversation in a process of its own, once with and once without; which
goes first changes from round to round. Reported are medians of wall and processor time and of their ratios, and what
hearing one event costs whoever emits it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from audapolis.config import Settings
from audapolis.domain.events import StageProgress
from audapolis.performance_monitor import PerformanceMonitor

from .meter import run

SAMPLE = Path(__file__).parents[1] / "samples" / "conversation.flac"
_EVENTS = 20_000


def batch(folder: Path, *, watched: bool) -> tuple[float, float]:
    """Wall and processor time of one batch, in seconds."""
    environment = {
        **os.environ,
        "AUDAPOLIS_ANALYTICS__ENABLED": str(watched).lower(),
        "AUDAPOLIS_ANALYTICS__DIR": str(folder / "analytics"),
        "AUDAPOLIS_CACHE__ENABLED": "false",
    }
    out = Path(tempfile.mkdtemp(dir=folder))
    command = [sys.executable, "-m", "audapolis", "batch", str(folder / "in"), "-o", str(out), "-f", "json", "-q"]
    done, cost = run(command, environment=environment)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    shutil.rmtree(out)
    return cost.wall_s, cost.cpu_s


def event_cost_s(folder: Path) -> float:
    """What one event costs whoever emits it, in seconds."""
    with PerformanceMonitor(Settings(data_dir=folder)) as monitor:
        event = StageProgress(stage="decode", done_s=1.0, total_s=2.0)
        began = time.perf_counter()
        for _ in range(_EVENTS):
            monitor.listen(event)
        return (time.perf_counter() - began) / _EVENTS


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, default=2)
    args = parser.parse_args()
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for number in range(args.copies):  # a byte more, so that no two are the same recording
            (folder / "in" / f"{number}.flac").write_bytes(SAMPLE.read_bytes() + bytes(number))
        print(f"One event costs its emitter {event_cost_s(folder / 'events') * 1e6:.1f} µs.")
        for number in range(args.rounds):
            order = (True, False) if number % 2 else (False, True)
            took = {watched: batch(folder, watched=watched) for watched in order}
            walls.append(took[True][0] / took[False][0])
            cpus.append(took[True][1] / took[False][1])
            (wall_on, cpu_on), (wall_off, cpu_off) = took[True], took[False]
            print(
                f"on {wall_on:.2f} s wall, {cpu_on:.2f} s cpu; off {wall_off:.2f} s wall, {cpu_off:.2f} s cpu; "
                f"ratio {walls[-1]:.3f} wall, {cpus[-1]:.3f} cpu"
            )
    print(f"Median ratio on/off: {statistics.median(walls):.4f} wall, {statistics.median(cpus):.4f} cpu.")


if __name__ == "__main__":
    main()
