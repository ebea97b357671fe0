"""What one look of the sampler costs, and each of its sources: a server, its workers, their helpers.

python -m bench.sampling
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from audapolis.analytics.facts import Sample
from audapolis.analytics.history.store import History
from audapolis.analytics.sampler.inside import Kept, Queue, QueueState, Source, size_bytes
from audapolis.analytics.sampler.sampler import Sampler
from audapolis.analytics.sampler.sources import machine_sources
from audapolis.engines.devices import MachineProbe

WARM_UP = 3

_MEMBER = """
import subprocess, sys, threading, time
threads, helpers, mebibytes = map(int, sys.argv[1:])
held = b"1" * (mebibytes * 2**20)
for _ in range(threads - 1):
    threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
kept = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(helpers)]
for helper in kept:
    helper.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds, medians.

    Attributes:
        look_ms: One look at everything: time on the clock.
        look_cpu_ms: Processor time of it.
        kept_cpu_ms: Processor time of a look whose samples are written to a history.
        samples: How many there are.
        sources_ms: Each source by itself: time on the clock.
    """

    look_ms: float
    look_cpu_ms: float
    kept_cpu_ms: float
    samples: int
    sources_ms: Mapping[str, float]


@contextmanager
def workers(count: int, helpers: int, threads: int, mebibytes: int) -> Iterator[list[int]]:
    """Process numbers of workers that wait, each with helpers and threads that wait too."""
    command = [sys.executable, "-c", _MEMBER, str(threads), str(helpers), str(mebibytes)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(count)]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.kill()
            process.communicate()


def milliseconds(work: Callable[[], object], count: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Median of `count` times some work, by a clock."""
    taken_s = []
    for _ in range(WARM_UP + count):
        began_s = clock()
        work()
        taken_s.append(clock() - began_s)
        time.sleep(0.002)  # caches cool down a little, as they do between real looks
    return statistics.median(taken_s[WARM_UP:]) * 1000


def _ask(source: Source) -> list[Sample]:
    return list(source(0.0))


def measure(count: int, pids: Sequence[int], folder: Path) -> Cost:
    """Look `count` times at this machine, these workers and a small history."""
    history = History(folder / "history.sqlite")
    sources: dict[str, Source] = {
        **machine_sources({"data": folder, "models": folder, "cache": folder}, MachineProbe(), folder, lambda: pids),
        "queue": Queue(lambda: QueueState({"batch": 3, "interactive": 0}, 1.0, len(pids), 1)),
        "cache": Kept("cache.bytes", lambda: size_bytes(folder / "cache")),
        "history": Kept("history.bytes", lambda: size_bytes(folder / "history.sqlite")),
    }
    sampler = Sampler(sources, lambda _samples: None)
    kept: list[Sample] = []

    def look_and_keep() -> None:
        kept[:] = sampler.look()
        history.write(samples=kept)

    cost = Cost(
        look_ms=milliseconds(sampler.look, count),
        look_cpu_ms=milliseconds(sampler.look, count, time.thread_time),
        kept_cpu_ms=milliseconds(look_and_keep, count, time.thread_time),
        samples=len(kept),
        sources_ms={name: milliseconds(partial(_ask, source), count) for name, source in sources.items()},
    )
    history.close()
    return cost


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.sampling", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=200, help="looks (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default: %(default)s)")
    parser.add_argument("--helpers", type=int, default=2, help="helpers of each worker (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=12, help="threads of each worker (default: %(default)s)")
    parser.add_argument("--megabytes", type=int, default=200, help="memory of each worker (default: %(default)s)")
    parser.add_argument("--every-s", type=float, default=10.0, help="time between looks (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        workers(args.workers, args.helpers, args.threads, args.megabytes) as pids,
    ):
        cost = measure(args.count, pids, Path(folder))
    if args.json:
        print(json.dumps(asdict(cost), indent=1))
        return 0
    helpers = args.workers * args.helpers
    print(
        f"1 server, {args.workers} workers with {args.threads} threads each, {helpers} helpers: {cost.samples} samples"
    )
    print(f"one look         {cost.look_ms:.2f} ms, {cost.look_cpu_ms:.2f} ms of processor time (medians)")
    print(f"with keeping it  {cost.kept_cpu_ms:.2f} ms of processor time")
    print(f"every {args.every_s:g} s       {cost.kept_cpu_ms / args.every_s / 1000:.3%} of one core")
    for name, taken_ms in cost.sources_ms.items():
        print(f"  {name:14} {taken_ms:.3f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
