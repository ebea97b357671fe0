"""Our processes, with real ones that burn time, hold memory, open files and have helpers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audapolis.analytics.facts import Sample
from audapolis.analytics.sampler.processes import Processes
from audapolis.analytics.series import ROLES

from .children import Child, child, told, value_of

MIB = 2**20


class Clock:
    """The machine's own, which also says how much time was between the last two looks."""

    def __init__(self) -> None:
        self.elapsed_s = self._last_s = 0.0

    def __call__(self) -> float:
        now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.elapsed_s, self._last_s = now_s - self._last_s, now_s
        return now_s


class Team:
    """A server and two workers, and somebody who looks at them."""

    def __init__(self, server: Child, workers: list[Child]) -> None:
        self.server, self.workers = server, workers
        self.pids = [worker.pid for worker in workers]
        self._clock = Clock()
        self._processes = Processes(lambda: self.pids, server=server.pid, clock=self._clock)

    def look(self) -> list[Sample]:
        return list(self._processes(1.0))

    def burned_s(self, samples: list[Sample], series: str, **labels: str) -> float:
        return told(samples, series, **labels) * self._clock.elapsed_s


@pytest.fixture
def team() -> Iterator[Team]:
    with child() as server, child() as first, child() as second:
        yield Team(server, [first, second])


def test_the_first_look_tells_all_but_processor_time(team: Team) -> None:
    samples = team.look()
    for role, count in zip(ROLES, (1, 2, 0), strict=True):
        assert told(samples, "process.count", role=role) == count
        assert told(samples, "process.threads", role=role) == count
        assert (told(samples, "process.rss_bytes", role=role) > MIB) == (count > 0)
        assert value_of(samples, "process.cpu", role=role) is None
    assert told(samples, "process.open_files", role="server") >= 3
    assert told(samples, "worker.rss_bytes", worker="2") > MIB


def test_processor_time_is_told_by_role_and_by_worker(team: Team) -> None:
    team.look()
    team.server.tell("burn", 0.2)
    team.workers[0].tell("burn", 0.3)
    team.workers[1].tell("burn", 0.1)
    samples = team.look()

    def close(seconds: float) -> Any:
        return pytest.approx(seconds, rel=0.25, abs=0.06)  # the kernel counts in ticks

    assert team.burned_s(samples, "process.cpu", role="server") == close(0.2)
    assert team.burned_s(samples, "process.cpu", role="worker") == close(0.4)
    assert team.burned_s(samples, "process.cpu", role="helper") == 0.0
    assert team.burned_s(samples, "worker.cpu", worker="1") == close(0.3)
    assert team.burned_s(samples, "worker.cpu", worker="2") == close(0.1)


def test_helpers_that_were_born_and_died_between_two_looks_count(team: Team) -> None:
    team.look()
    team.workers[1].tell("brief_helper", 0.4)
    samples = team.look()
    assert told(samples, "process.count", role="helper") == 0
    assert 0.35 < team.burned_s(samples, "process.cpu", role="helper") < 0.8
    assert 0.35 < team.burned_s(samples, "worker.cpu", worker="2") < 0.8
    assert team.burned_s(samples, "worker.cpu", worker="1") < 0.1


def test_helpers_are_counted_with_the_worker_they_help(team: Team) -> None:
    before = team.look()
    team.workers[0].tell("helper")
    team.workers[0].tell("thread_helper")
    after = team.look()
    assert told(after, "process.count", role="helper") == 2
    assert told(after, "process.count", role="worker") == 2
    helpers = told(after, "process.rss_bytes", role="helper")
    grown = told(after, "worker.rss_bytes", worker="1") - told(before, "worker.rss_bytes", worker="1")
    assert 0 < helpers <= grown + MIB
    assert abs(told(after, "worker.rss_bytes", worker="2") - told(before, "worker.rss_bytes", worker="2")) < MIB


def test_memory_threads_and_open_files_are_told_of_who_has_them(team: Team) -> None:
    before = team.look()
    team.workers[1].tell("hold", 50)
    team.workers[1].tell("threads", 7)
    team.workers[1].tell("open_files", 23)
    after = team.look()

    def grown(series: str, **labels: str) -> float:
        return told(after, series, **labels) - told(before, series, **labels)

    assert 45 * MIB < grown("process.rss_bytes", role="worker") < 70 * MIB
    assert 45 * MIB < grown("worker.rss_bytes", worker="2") < 70 * MIB
    assert grown("process.threads", role="worker") == 7
    assert grown("process.open_files", role="worker") == 23
    for series in ("process.threads", "process.open_files", "process.count"):
        assert grown(series, role="server") == 0


def test_a_successor_gets_the_number_of_the_worker_it_replaces(team: Team) -> None:
    team.look()
    team.workers[0].kill()
    team.pids = team.pids[1:]
    samples = team.look()
    assert value_of(samples, "worker.rss_bytes", worker="1") is None
    assert told(samples, "worker.rss_bytes", worker="2") > 0
    with child() as successor:
        successor.tell("burn", 0.1)
        team.pids = [*team.pids, successor.pid]
        samples = team.look()
        assert told(samples, "worker.cpu", worker="1") > 0
        assert value_of(samples, "worker.rss_bytes", worker="3") is None


def test_a_worker_that_has_just_died_is_no_worker(team: Team) -> None:
    team.look()
    team.workers[0].kill()  # and nobody has told us yet
    samples = team.look()
    assert told(samples, "process.count", role="worker") == 1
    assert value_of(samples, "worker.cpu", worker="1") is None


def test_the_dead_that_nobody_has_buried_hold_nothing(team: Team) -> None:
    team.server.tell("zombie")
    samples = team.look()
    assert told(samples, "process.count", role="helper") == 0
    assert told(samples, "process.threads", role="helper") == 0


def test_without_being_told_otherwise_the_server_is_this_process() -> None:
    samples = list(Processes()(1.0))
    assert told(samples, "process.count", role="server") == 1
    # the listing itself is open for a moment where the kernel does not count them
    assert abs(told(samples, "process.open_files", role="server") - len(list(Path("/proc/self/fd").iterdir()))) <= 2
