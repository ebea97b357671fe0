"""Events are taken down in order, and whoever tells them never waits."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from audapolis.analytics.scribe import Scribe
from audapolis.domain.events import Event


def test_events_are_taken_down_in_order() -> None:
    taken: list[float] = []
    scribe = Scribe(lambda events: taken.extend(event.at for event in events), lambda _lost: None)
    scribe.start()
    for number in range(500):
        scribe.listen(Event(at=float(number)))
    scribe.stop()
    assert taken == [float(number) for number in range(500)]


def test_a_burst_is_taken_down_at_once() -> None:
    batches: list[int] = []
    scribe = Scribe(lambda events: batches.append(len(events)), lambda _lost: None)
    scribe.start()
    for _ in range(200):
        scribe.listen(Event())
    scribe.stop()
    assert sum(batches) == 200
    assert len(batches) < 20


def test_what_goes_wrong_once_does_not_stop_the_rest() -> None:
    taken: list[Event] = []

    def take(events: Sequence[Event]) -> None:
        if not taken:
            taken.append(events[0])
            raise ValueError("the disk is full")
        taken.extend(events)

    scribe = Scribe(take, lambda _lost: None)
    scribe.start()
    scribe.listen(Event(at=1.0))
    scribe.settle(10.0)
    scribe.listen(Event(at=2.0))
    scribe.stop()
    assert [event.at for event in taken] == [1.0, 2.0]


def test_what_is_told_before_the_start_or_after_the_end_is_not_heard() -> None:
    taken: list[Event] = []
    scribe = Scribe(taken.extend, lambda _lost: None)
    scribe.listen(Event())
    scribe.start()
    scribe.stop()
    scribe.listen(Event())
    scribe.stop()
    assert taken == []


def test_many_threads_may_tell_at_once() -> None:
    taken: list[Event] = []
    scribe = Scribe(taken.extend, lambda _lost: None)
    scribe.start()
    threads = [threading.Thread(target=lambda: [scribe.listen(Event()) for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scribe.settle(10.0)
    assert len(taken) == 800
    scribe.stop()
