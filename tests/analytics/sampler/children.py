"""Real processes that do as they are told: burn processor time, hold memory, open files, have helpers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from audapolis.analytics.facts import Sample

PATIENCE_S = 60.0

_PROGRAM = """
import os, subprocess, sys, threading, time
held = []

def burn(seconds):
    end_s = time.process_time() + float(seconds)
    while time.process_time() < end_s:
        sum(range(1000))

def hold(mebibytes):
    held.append(bytearray(os.urandom(2**20)) * int(mebibytes))

def open_files(count):
    held.extend(open(os.devnull) for _ in range(int(count)))

def threads(count):
    held.extend(threading.Thread(target=time.sleep, args=(600,), daemon=True) for _ in range(int(count)))
    [thread.start() for thread in held[-int(count):]]

def helper(_):
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    held.append(child)

def thread_helper(_):
    thread = threading.Thread(target=lambda: (helper(_), time.sleep(600)), daemon=True)
    before = len(held)
    thread.start()
    while len(held) == before:
        time.sleep(0.001)

def brief_helper(seconds):
    program = "import time\\nwhile time.process_time() < %s: sum(range(1000))" % seconds
    subprocess.run([sys.executable, "-c", program], check=True)

def zombie(_):
    child = subprocess.Popen([sys.executable, "-c", ""])
    held.append(child)
    while open("/proc/%d/stat" % child.pid).read().rpartition(") ")[2][0] != "Z":
        time.sleep(0.001)

print("ready", flush=True)
for line in sys.stdin:
    order, _, value = line.strip().partition(" ")
    globals()[order](value)
    print("done", flush=True)
"""


class Child:
    """A process of ours."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def tell(self, order: str, value: object = "") -> None:
        """Have it do something, and wait until it has."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order} {value}\n")
        self._process.stdin.flush()
        self.hear("done")

    def hear(self, word: str) -> None:
        """Wait until it says something."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == word

    def kill(self) -> None:
        """End it, and wait for its end."""
        self._process.kill()
        self._process.wait()


@contextmanager
def child() -> Iterator[Child]:
    """A child of this process. Whoever is left of its helpers ends when it does: their input ends."""
    command = [sys.executable, "-c", _PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        found = Child(process)
        found.hear("ready")
        try:
            yield found
        finally:
            found.kill()


def value_of(samples: Iterable[Sample], series: str, **labels: str) -> float | None:
    """The value of a curve; None where there is no sample of it."""
    wanted = tuple(sorted(labels.items()))
    return next((s.value for s in samples if s.series == series and s.labels == wanted), None)


def told(samples: Iterable[Sample], series: str, **labels: str) -> float:
    """The value of a curve, which must be there."""
    value = value_of(samples, series, **labels)
    assert value is not None, f"{series} {labels} is not told"
    return value


def until(condition: Callable[[], bool]) -> None:
    """Wait for something, long enough for any machine."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.005)
