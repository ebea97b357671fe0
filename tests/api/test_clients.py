"""Which door a job came in by, and whose it is, as far as that is to be known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.config import Settings
from audapolis.domain.events import Event, JobQueued
from audapolis.main import create_app
from audapolis.tasks import TaskManager

from .conftest import Served, serving, settings_for
from .speaking import SpeakingRunner, script


@contextmanager
def listened_to(settings: Settings) -> Iterator[tuple[Served, list[JobQueued]]]:
    app = create_app(settings, TaskManager(settings, SpeakingRunner))
    queued: list[JobQueued] = []

    def listen(event: Event) -> None:
        if isinstance(event, JobQueued):
            queued.append(event)

    with serving(app, settings) as served:
        served.tasks.subscribe(listen)
        yield served, queued


def native(client: httpx.Client) -> httpx.Response:
    return client.post("/api/tasks", files={"file": ("talk.wav", script("Good morning."))}, data={"priority": "2"})


def desktop(client: httpx.Client) -> httpx.Response:
    return client.post(
        "/tasks/start_transcription/",
        params={"transcription_model": "pocketsphinx-en-us"},
        files={"file": ("talk.wav", script("Good morning."))},
    )


def openai(client: httpx.Client) -> httpx.Response:
    return client.post(
        "/v1/audio/transcriptions",
        files={"file": ("talk.wav", script("Good morning."))},
        data={"model": "whisper-1"},
    )


DOORS = {
    "api": (native, "batch", 2),
    "desktop": (desktop, "batch", 0),
    "openai": (openai, "interactive", 6),
}


def test_every_door_says_its_name_and_who_sent_the_job(tmp_path: Path) -> None:
    with listened_to(settings_for(tmp_path)) as (served, queued), served.client() as client:
        for ask, _, _ in DOORS.values():
            assert ask(client).is_success
    assert {event.origin: (event.kind, event.priority) for event in queued} == {
        door: (kind, priority) for door, (_, kind, priority) in DOORS.items()
    }
    [sender] = {event.client for event in queued}
    assert re.fullmatch("[0-9a-f]{12}", sender)
    assert (tmp_path / "analytics" / "key").stat().st_mode & 0o777 == 0o600


def test_a_client_is_the_same_after_a_restart_and_another_elsewhere(tmp_path: Path) -> None:
    seen = []
    for folder in ("here", "here", "elsewhere"):
        with listened_to(settings_for(tmp_path / folder)) as (served, queued), served.client() as client:
            native(client)
        seen.append(queued[0].client)
    assert seen[0] == seen[1] != seen[2]


def test_another_address_is_another_client(tmp_path: Path) -> None:
    with listened_to(settings_for(tmp_path)) as (served, queued):
        for address in ("127.0.0.1", "127.0.0.2"):
            with served.client(transport=httpx.HTTPTransport(local_address=address)) as client:
                native(client)
    assert len({event.client for event in queued}) == 2


@pytest.mark.parametrize("analytics", [{"clients": False}, {"enabled": False}], ids=str)
@pytest.mark.parametrize("door", DOORS)
def test_who_is_not_to_be_known_is_not(tmp_path: Path, door: str, analytics: dict[str, Any]) -> None:
    settings = settings_for(tmp_path).model_copy(
        update={"analytics": settings_for(tmp_path).analytics.model_copy(update=analytics)}
    )
    with listened_to(settings) as (served, queued), served.client() as client:
        DOORS[door][0](client)
    assert [event.client for event in queued] == [""]
    assert [event.origin for event in queued] == [door]


def test_a_key_that_can_not_be_kept_harms_no_job(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    (tmp_path / "analytics").mkdir()
    (tmp_path / "analytics" / "key").write_text("damaged")
    with listened_to(settings) as (served, queued), served.client() as client:
        assert native(client).status_code == 201
    assert [event.client for event in queued] == [""]
