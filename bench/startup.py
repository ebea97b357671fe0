"""How long `audapolis --help` takes, how soon a started server answers, and what it needs while idle.

python -m bench.startup
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

import psutil

from .meter import run

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Startup:
    """Times in seconds, memory in bytes.

    Attributes:
        help_s: Median of `audapolis --help`, after a first run that fills the caches.
        live_s: Median from the start of `audapolis serve` to its first answer.
        ready_s: The same to its first "ready", with a model worker waiting.
        idle_bytes: Memory of the idle server and its workers; shared pages are shared out (PSS).
        idle_largest_bytes: Most resident memory of one of these processes.
        idle_cpu: Share of one core they use while nothing is asked.
    """

    help_s: float
    live_s: float
    ready_s: float
    idle_bytes: int
    idle_largest_bytes: int
    idle_cpu: float


def help_times(count: int) -> list[float]:
    """How long `audapolis --help` takes, `count` times, the first run left out."""
    command = [sys.executable, "-m", "audapolis", "--help"]
    return [run(command)[1].wall_s for _ in range(count + 1)][1:]


@contextmanager
def server(folder: str) -> Iterator[tuple[psutil.Process, str, float]]:
    """A running server: its process, its address, and when it was started (`perf_counter`).

    Raises:
        RuntimeError: It ended by itself, or did not say where it listens.
    """
    command = [sys.executable, "-m", "audapolis", "serve", "--port", "0", "--data-dir", folder]
    started = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            lines = process.stderr or ()
            address = _address(lines)
            drain = threading.Thread(target=lambda: [None for _ in lines], daemon=True)
            drain.start()
            yield psutil.Process(process.pid), address, started
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(lines: Iterable[str]) -> str:
    said = []
    for line in lines:
        said.append(line)
        if found := re.search(r"http://\S+", line):
            return found[0].rstrip("/")
    raise RuntimeError(f"The server did not say where it listens: {''.join(said)}")


def answers(url: str, started: float) -> float:
    """Wait until an address answers with 200; the time since `started`.

    Raises:
        TimeoutError: It did not within 30 s.
    """
    while time.perf_counter() - started < PATIENCE_S:
        with suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return time.perf_counter() - started
        time.sleep(0.01)
    raise TimeoutError(f"{url} did not answer.")


def idle(process: psutil.Process, seconds: float) -> tuple[int, int, float]:
    """Leave a server alone for a while; its memory (PSS of all, largest RSS) and its share of a core."""
    before, started = _cpu_s(process), time.perf_counter()
    time.sleep(seconds)
    share = (_cpu_s(process) - before) / (time.perf_counter() - started)
    family = [process, *process.children(recursive=True)]
    total = sum(member.memory_full_info().pss for member in family)
    return total, max(member.memory_info().rss for member in family), share


def _cpu_s(process: psutil.Process) -> float:
    times = [member.cpu_times() for member in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def measure(count: int, idle_s: float) -> Startup:
    """Start everything `count` times and take medians; idle use is measured once."""
    live, ready = [], []
    left_alone = (0, 0, 0.0)
    for number in range(count + 1):
        with tempfile.TemporaryDirectory() as folder, server(folder) as (process, address, started):
            live.append(answers(f"{address}/health/live", started))
            ready.append(answers(f"{address}/health/ready", started))
            if number == count:
                time.sleep(2.0)
                left_alone = idle(process, idle_s)
    return Startup(
        help_s=statistics.median(help_times(count)),
        live_s=statistics.median(live[1:]),
        ready_s=statistics.median(ready[1:]),
        idle_bytes=left_alone[0],
        idle_largest_bytes=left_alone[1],
        idle_cpu=left_alone[2],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=5, help="measurements of each (default: %(default)s)")
    parser.add_argument("--idle-s", type=float, default=5.0, help="how long to watch the idle server")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(arguments)
    found = measure(args.count, args.idle_s)
    if args.json:
        print(json.dumps(asdict(found), indent=1))
        return 0
    print(f"audapolis --help     {found.help_s:.2f} s")
    print(f"server answers       {found.live_s:.2f} s after its start, ready after {found.ready_s:.2f} s")
    print(f"idle                 {found.idle_bytes / 1e6:.0f} MB in all, {found.idle_cpu:.1%} of one core")
    print(f"                     {found.idle_largest_bytes / 1e6:.0f} MB in the largest process")
    return 0


if __name__ == "__main__":
    sys.exit(main())
