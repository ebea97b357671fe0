from __future__ import annotations

import logging

import pytest
from audapolis.domain.events import Event, JobQueued
from audapolis.jobs.listeners import Listeners


def test_a_listener_that_fails_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError("my own fault")

    listeners = Listeners()
    listeners.subscribe(broken)
    listeners.subscribe(heard.append)
    with caplog.at_level(logging.ERROR):
        listeners.publish(JobQueued(job_id="a"))
    assert [type(event) for event in heard] == [JobQueued]
    assert "my own fault" in caplog.text


def test_an_ended_subscription_hears_nothing_even_when_ended_twice_or_while_being_told() -> None:
    heard: list[Event] = []
    listeners = Listeners()

    def once(event: Event) -> None:
        heard.append(event)
        unsubscribe()

    unsubscribe = listeners.subscribe(once)
    for _ in range(3):
        listeners.publish(JobQueued(job_id="a"))
    unsubscribe()
    assert len(heard) == 1
