"""Leases on device memory: never too many, never for ever, and each in its turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.leases import ABSENT_S, DeviceLeases, Lease
from audapolis.errors import Cancelled, DeviceLost, EngineUnavailable, OutOfDeviceMemory
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .machines import GIB, TestProbe, gpu

GPU = gpu(0, 8 * GIB)
PATIENCE_S = 60.0


class Clock:
    def __init__(self) -> None:
        self.now_s = 1e9

    def __call__(self) -> float:
        return self.now_s


def leases(folder: Path, probe: TestProbe | None = None, clock: Callable[[], float] = time.time) -> DeviceLeases:
    return DeviceLeases(folder, probe or TestProbe([GPU]), spare_bytes=0, now=clock)


def granted(lease: Lease) -> bool:
    return lease.poll()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_two_that_fit_share_a_device_and_a_third_waits_for_one_of_them(tmp_path: Path) -> None:
    book = leases(tmp_path)
    first, second = book.request(GPU, 4 * GIB, "transcription"), book.request(GPU, 3 * GIB, "diarization")
    third = book.request(GPU, 2 * GIB, "another")
    assert (granted(first), granted(second), granted(third)) == (True, True, False)
    second.release()
    assert granted(third)


def test_a_small_request_does_not_overtake_a_large_one(tmp_path: Path) -> None:
    book = leases(tmp_path)
    assert granted(book.request(GPU, 5 * GIB, "at work"))
    large, small = book.request(GPU, 6 * GIB, "large"), book.request(GPU, GIB, "small")
    assert not granted(small)
    large.release()
    assert granted(small)


def test_what_other_programs_use_is_not_leased(tmp_path: Path) -> None:
    probe = TestProbe([GPU], used={"GPU-0": 6 * GIB})
    book = leases(tmp_path, probe)
    lease = book.request(GPU, 4 * GIB, "transcription")
    assert not granted(lease)
    probe.used["GPU-0"] = 0
    assert granted(lease)


def test_memory_that_a_lease_has_filled_is_not_counted_twice(tmp_path: Path) -> None:
    probe = TestProbe([GPU])
    book = leases(tmp_path, probe)
    first = book.request(GPU, 4 * GIB, "first")
    assert granted(first)
    probe.used["GPU-0"] = 4 * GIB
    first.loaded(4 * GIB)
    assert granted(book.request(GPU, 4 * GIB, "second"))


def test_more_than_a_device_has_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutOfDeviceMemory, match="9216 MiB and cuda:0 has 8192 MiB"):
        leases(tmp_path).request(GPU, 9 * GIB, "large-v3")


def test_memory_that_strangers_keep_is_given_up_on_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    book = leases(tmp_path, TestProbe([GPU], used={"GPU-0": 6 * GIB}), clock)
    lease = book.request(GPU, 4 * GIB, "transcription")
    assert not granted(lease)
    clock.now_s += 3.1
    with pytest.raises(OutOfDeviceMemory, match="other programs leave 2048 MiB"):
        lease.poll()


def test_nobody_is_given_up_on_while_somebody_here_could_give_memory_back(tmp_path: Path) -> None:
    clock = Clock()
    book = leases(tmp_path, clock=clock)
    assert granted(book.request(GPU, 6 * GIB, "at work"))
    lease = book.request(GPU, 4 * GIB, "transcription")
    for _ in range(100):
        clock.now_s += 5
        assert not granted(lease)


def test_a_request_whose_owner_stopped_is_passed_over_and_keeps_its_place(tmp_path: Path) -> None:
    clock = Clock()
    book, other = leases(tmp_path, clock=clock), leases(tmp_path, clock=clock)
    work = book.request(GPU, 6 * GIB, "at work")
    assert granted(work)
    stopped, patient = other.request(GPU, 6 * GIB, "stopped"), book.request(GPU, GIB, "patient")
    assert not granted(patient)
    clock.now_s += ABSENT_S + 1
    assert granted(patient)
    work.release()
    assert granted(stopped)


def test_a_lost_device_is_said_to_be_lost(tmp_path: Path) -> None:
    probe = TestProbe([GPU], lost={"GPU-0"})
    with pytest.raises(DeviceLost):
        leases(tmp_path, probe).acquire(GPU, GIB, "transcription", CancelToken())


def test_waiting_can_be_cancelled_and_leaves_nothing_behind(tmp_path: Path) -> None:
    book = leases(tmp_path)
    assert granted(book.request(GPU, 6 * GIB, "at work"))
    cancel, ended = CancelToken(), threading.Event()

    def wait() -> None:
        with pytest.raises(Cancelled):
            book.acquire(GPU, 4 * GIB, "transcription", cancel)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    until(lambda: book.wanted(GPU))
    cancel.cancel()
    assert ended.wait(PATIENCE_S)
    assert not book.wanted(GPU)


def test_what_happens_on_a_device_can_be_seen(tmp_path: Path) -> None:
    clock = Clock()
    book = leases(tmp_path, clock=clock)
    assert granted(book.request(GPU, 5 * GIB, "at work", for_s=30))
    idle = book.request(GPU, GIB, "warm")
    assert granted(idle)
    idle.idle()
    book.request(GPU, 4 * GIB, "waiting", for_s=12)
    clock.now_s += 10
    queue = book.queue(GPU)
    assert queue.free_bytes == 2 * GIB
    seen = [(held.size_bytes, held.for_s, held.idle) for held in queue.held]
    assert seen == [(5 * GIB, 20, False), (GIB, None, True)]
    assert queue.waiting == ((4 * GIB, 12),)


def test_leases_survive_an_emptied_folder(tmp_path: Path) -> None:
    book = leases(tmp_path)
    lease = book.request(GPU, GIB, "before")
    assert granted(lease)
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    lease.idle()
    lease.release()
    assert granted(book.request(GPU, GIB, "after"))


def test_a_folder_that_is_not_ours_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable) as refused:
        leases(tmp_path / "file").request(GPU, GIB, "work")
    assert "AUDAPOLIS_DEVICES__RUN_DIR" in refused.value.hint


HOLD = """
import sys, time
from pathlib import Path
from audapolis.engines.leases import DeviceLeases
from audapolis.engines.devices import Device, Reading

class Probe:
    def reading(self, device):
        return Reading(memory_used_bytes=0)

gpu = Device("cuda", 0, "test GPU", "GPU-0", 8 * 2**30)
lease = DeviceLeases(Path(sys.argv[1]), Probe(), spare_bytes=0).request(gpu, 6 * 2**30, "another process")
assert lease.poll()
print("held", flush=True)
time.sleep(600)
"""


def test_what_a_killed_process_held_is_free_again(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        lease = leases(tmp_path).request(GPU, 4 * GIB, "ours")
        assert not granted(lease)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)
        assert granted(lease)
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        if process.stdout:
            process.stdout.close()


@settings(max_examples=25, stateful_step_count=30, deadline=None)
class Machine(RuleBasedStateMachine):
    """Processes that come, ask, work, rest and die, on one GPU that strangers use as well."""

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.probe = TestProbe([GPU])
        self.processes = [self._process() for _ in range(3)]
        self.requests: list[tuple[DeviceLeases, Lease, int]] = []
        self.held: list[tuple[DeviceLeases, Lease, int]] = []

    def _process(self) -> DeviceLeases:
        return DeviceLeases(Path(self.folder.name), self.probe, spare_bytes=0, now=self.clock)

    @rule(who=st.integers(0, 2), size=st.integers(1, 8))
    def ask(self, who: int, size: int) -> None:
        process = self.processes[who]
        self.requests.append((process, process.request(GPU, size * GIB, "work"), size))

    @rule()
    def look(self) -> None:
        """Everybody who waits looks once, the latest first: it must not help them."""
        for request in reversed(self.requests[:]):
            try:
                if request[1].poll():
                    self.requests.remove(request)
                    self.held.append(request)
                    assert self.strangers + sum(size for *_, size in self.held) <= 8
            except OutOfDeviceMemory:
                assert self.strangers + request[2] > 8
                assert not self.held
                request[1].release()
                self.requests.remove(request)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99), fill=st.booleans())
    def finish(self, which: int, fill: bool) -> None:
        request = self.held.pop(which % len(self.held))
        if fill:
            request[1].idle()
            assert request[1].wanted() == bool(self.requests)
        request[1].release()

    @rule(who=st.integers(0, 2))
    def die(self, who: int) -> None:
        """A process is gone; nobody cleans up after it but the others."""
        process, self.processes[who] = self.processes[who], self._process()
        if process._holder is not None:
            os.close(process._holder._descriptor)
            process._holder._descriptor = -1
        self.held = [each for each in self.held if each[0] is not process]
        self.requests = [each for each in self.requests if each[0] is not process]

    @rule(size=st.integers(0, 8))
    def strangers_come_and_go(self, size: int) -> None:
        self.probe.used["GPU-0"] = size * GIB

    @rule(seconds=st.floats(0.1, 4))
    def time_passes(self, seconds: float) -> None:
        self.clock.now_s += seconds

    @property
    def strangers(self) -> int:
        return self.probe.used.get("GPU-0", 0) // GIB

    @invariant()
    def never_more_is_leased_than_there_is(self) -> None:
        if hasattr(self, "held"):
            assert sum(size for *_, size in self.held) <= 8

    @invariant()
    def memory_of_the_dead_is_free(self) -> None:
        if hasattr(self, "held"):
            queue = self.processes[0].queue(GPU)
            assert sum(held.size_bytes for held in queue.held) == sum(size for *_, size in self.held) * GIB
            assert queue.free_bytes == (8 - self.strangers - sum(size for *_, size in self.held)) * GIB

    def teardown(self) -> None:
        """Without strangers, everybody gets their turn in the order they came."""
        if not hasattr(self, "held"):
            return
        self.probe.used.clear()
        waiting = list(self.requests)
        for held in self.held:
            held[1].release()
        for request in waiting:
            assert request[1].poll()
            request[1].release()
        for process in self.processes:
            process.close()
        self.folder.cleanup()


TestLeases = Machine.TestCase
