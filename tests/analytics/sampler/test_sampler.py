"""The sampler's thread: it goes on whatever fails, stops when told, and keeps its cost down."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from audapolis.analytics.facts import Sample
from audapolis.analytics.sampler.pace import SHARE
from audapolis.analytics.sampler.sampler import Sampler

from .children import PATIENCE_S, until


class Taker:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[Sequence[Sample]] = []

    def __call__(self, samples: Sequence[Sample]) -> None:
        self.taken.append(samples)

    def has(self, count: int) -> bool:
        return len(self.taken) >= count


@pytest.fixture
def taker() -> Taker:
    return Taker()


def steady(at: float) -> Iterator[Sample]:
    yield Sample("cpu.utilisation", at, 0.5)


def idle(at: float) -> Iterator[Sample]:
    yield Sample("cpu.utilisation", at, 0.0)


class Moody:
    """Fails when told to, after its first sample."""

    def __init__(self) -> None:
        self.broken = False

    def __call__(self, at: float) -> Iterator[Sample]:
        yield Sample("memory.used_bytes", at, 1.0)
        if self.broken:
            raise ZeroDivisionError("no figure")


def test_samples_come_again_and_again_with_the_time_of_their_look(taker: Taker) -> None:
    moments = iter(range(10**6))
    sampler = Sampler({"a": steady, "b": idle}, taker, 0.01, now=lambda: float(next(moments)))
    sampler.start()
    until(lambda: taker.has(3))
    sampler.stop()
    for number, samples in enumerate(taker.taken[:3]):
        assert [(sample.at, sample.value) for sample in samples] == [(number, 0.5), (number, 0.0)]


def test_a_source_that_fails_is_logged_once_and_left_out_until_it_works_again(
    taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    moody = Moody()
    sampler = Sampler({"moody": moody, "steady": steady}, taker, 0.01)
    moody.broken = True
    with caplog.at_level(logging.INFO):
        assert [len(sampler.look()) for _ in range(3)] == [1, 1, 1]
        moody.broken = False
        assert len(sampler.look()) == 2
        moody.broken = True
        assert len(sampler.look()) == 1
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]
    assert all("moody" in record.message for record in caplog.records)


def test_somebody_who_cannot_take_samples_does_not_end_the_sampler(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def refuse(samples: Sequence[Sample]) -> None:
        calls.append(samples)
        raise OSError("disk full")

    sampler = Sampler({"steady": steady}, refuse, 0.01)
    with caplog.at_level(logging.WARNING):
        sampler.start()
        until(lambda: len(calls) >= 3)
        sampler.stop()
    assert len(caplog.records) == 1


def test_after_stop_nobody_is_told_anything_and_it_can_start_again(taker: Taker) -> None:
    sampler = Sampler({"steady": steady}, taker, 0.01)
    sampler.stop()
    for _ in range(3):
        sampler.start()
        sampler.start()
        until(lambda: taker.has(1))
        sampler.stop()
        assert not any(thread.name == "sampler" and thread.is_alive() for thread in threading.enumerate())
        taker.taken.clear()


def test_stop_does_not_wait_for_the_next_look(taker: Taker) -> None:
    sampler = Sampler({"steady": steady}, taker, 3600.0)
    sampler.start()
    until(lambda: taker.has(1))
    sampler.stop()
    assert not any(thread.name == "sampler" and thread.is_alive() for thread in threading.enumerate())


def test_stop_does_not_wait_for_a_source_that_hangs(taker: Taker) -> None:
    hangs, go_on = threading.Event(), threading.Event()

    def hang(at: float) -> Iterator[Sample]:
        hangs.set()
        go_on.wait(PATIENCE_S)
        return iter(())

    sampler = Sampler({"hangs": hang}, taker, 0.01)
    sampler.start()
    assert hangs.wait(PATIENCE_S)
    sampler.stop()
    assert not go_on.is_set()
    go_on.set()
    until(lambda: not any(thread.name == "sampler" for thread in threading.enumerate()))


def test_what_costs_much_is_looked_at_seldom(taker: Taker) -> None:
    def costly(at: float) -> Iterator[Sample]:
        end_s = time.thread_time() + 0.03
        while time.thread_time() < end_s:
            pass
        return iter(())

    sampler = Sampler({"costly": costly}, taker, 0.01)
    assert sampler.interval_s == 0.01
    sampler.start()
    until(lambda: sampler.cost_s > 0)
    sampler.stop()
    assert sampler.cost_s >= 0.03
    assert sampler.interval_s >= 0.03 / SHARE


def test_on_an_idle_machine_looks_become_seldom_until_somebody_says_that_something_begins() -> None:
    intervals_s: list[float] = []
    sampler = Sampler({"idle": idle}, lambda _samples: intervals_s.append(sampler.pace.interval_s), 0.05)
    sampler.start()
    until(lambda: bool(intervals_s) and intervals_s[-1] == pytest.approx(0.3))
    intervals_s.clear()
    sampler.wake()
    until(lambda: 0.05 in intervals_s)
    sampler.stop()


def test_being_woken_while_there_is_work_changes_nothing(taker: Taker) -> None:
    sampler = Sampler({"steady": steady}, taker, 3600.0)
    sampler.start()
    until(lambda: taker.has(1))
    for _ in range(50):
        sampler.wake()
    assert sampler.pace.interval_s == 3600.0
    assert len(taker.taken) == 1
    sampler.stop()
