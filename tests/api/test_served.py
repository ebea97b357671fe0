"""Every request is told of once, by the pattern of its route, whatever becomes of it."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.api.middleware import GONE, UNMATCHED, TellServed
from audapolis.domain.events import Event, RequestServed
from audapolis.main import create_app
from audapolis.tasks import TaskManager
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

from ..jobs.runners import ChunkRunner
from .conftest import TOKEN, Served, finish, serving, settings_for, submit


class Watched:
    """A server whose requests are listened to."""

    def __init__(self, served: Served, told: list[Event]) -> None:
        self.served = served
        self._told = told

    def take(self) -> list[RequestServed]:
        """What was told since last asked."""
        taken, self._told[:] = list(self._told), []
        return [event for event in taken if isinstance(event, RequestServed)]

    def ask(self, method: str, path: str, *, token: str | None = TOKEN, headers: dict[str, str] | None = None) -> str:
        """Make one request; what was told of it, shortly."""
        self.take()
        with self.served.client(token) as client:
            answer = client.request(method, path, headers=headers)
        [event] = self.take()
        assert event.status == answer.status_code
        assert 0 <= event.wall_s < 60
        return f"{event.method} {event.route} {event.status}"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    settings = settings_for(tmp_path_factory.mktemp("server"))
    app = create_app(settings, TaskManager(settings, ChunkRunner))
    told: list[Event] = []
    app.add_middleware(TellServed, emit=told.append)
    with serving(app, settings) as served:
        yield Watched(served, told)


def routes() -> list[tuple[str, str]]:
    """Method and pattern of every route of the application."""
    app = create_app(settings_for(Path("/nowhere")))
    return [(method, route.path) for route in flat(app.routes) for method in sorted(route.methods)]


def flat(routes: Iterable[Any]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from flat(route.original_router.routes)


def test_there_are_routes_to_be_told_of() -> None:
    assert ("GET", "/api/tasks/{task_id}") in routes()


@pytest.mark.parametrize(("method", "pattern"), routes(), ids=lambda part: part)
def test_every_route_is_told_of_by_its_pattern(watched: Watched, method: str, pattern: str) -> None:
    path = re.sub(r"\{[^}]*\}", "5f3a-secret", pattern)
    told = watched.ask(method, path, token=None)
    assert "secret" not in told
    assert told.startswith(f"{method} {pattern} ")


def test_the_description_of_the_routes_is_told_of_too(watched: Watched) -> None:
    assert watched.ask("GET", "/openapi.json") == "GET /openapi.json 200"


def test_what_no_route_answers_is_told_of_without_its_path(watched: Watched) -> None:
    assert watched.ask("GET", "/my/secret/path") == f"GET {UNMATCHED} 404"


def test_a_method_that_a_route_does_not_answer_is_told_with_the_route(watched: Watched) -> None:
    assert watched.ask("PUT", "/api/tasks").endswith("405")


def test_methods_that_nobody_knows_are_all_called_the_same(watched: Watched) -> None:
    assert watched.ask("BREW", "/api/tasks").startswith("other ")


def test_a_request_refused_before_any_route_is_told_of(watched: Watched) -> None:
    assert watched.ask("GET", "/health/live", headers={"Host": "evil.example"}) == f"GET {UNMATCHED} 421"


def test_a_stream_is_told_of_when_it_begins_and_once(watched: Watched) -> None:
    with watched.served.client() as client:
        task = submit(client, chunks=2)
        finish(client, task["id"])
        watched.take()
        with client.stream("GET", "/api/events") as answer:
            next(answer.iter_bytes())
            [event] = watched.take()
            assert (event.route, event.status) == ("/api/events", 200)
    time.sleep(0.2)
    assert watched.take() == []


def test_a_client_that_leaves_in_the_middle_of_its_upload_is_told_of(watched: Watched) -> None:
    watched.take()
    with socket.create_connection(("127.0.0.1", watched.served.port)) as line:
        line.sendall(
            b"POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
            + f"Authorization: Bearer {TOKEN}\r\n\r\n--x\r\n".encode()
        )
    end = time.monotonic() + 20
    told: list[RequestServed] = []
    while not (told := told + watched.take()):
        assert time.monotonic() < end
        time.sleep(0.02)
    [event] = told
    assert (event.method, event.route) == ("POST", "/api/tasks")
    assert event.status in {400, GONE}


async def _never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return


async def _breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise KeyError("oops")


async def _breaks_late(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise KeyError("oops")


async def _run(app: Callable[..., object], told: list[Event]) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        return

    await TellServed(app, told.append)({"type": "http", "method": "GET", "path": "/x"}, receive, send)  # type: ignore[arg-type]


@pytest.mark.parametrize(("app", "status"), [(_never, GONE), (_breaks, 500), (_breaks_late, 200)])
def test_an_application_that_breaks_or_never_answers_is_told_of(app: Callable[..., object], status: int) -> None:
    told: list[Event] = []
    with suppress(KeyError):
        asyncio.run(_run(app, told))
    assert [(event.route, event.status) for event in told if isinstance(event, RequestServed)] == [(UNMATCHED, status)]


def test_what_is_no_request_passes(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    told: list[Event] = []
    app = create_app(settings, TaskManager(settings, ChunkRunner))
    app.add_middleware(TellServed, emit=told.append)
    with serving(app, settings) as served:  # which needs the application's start to get through
        assert httpx.get(f"{served.url}/health/live").status_code == 200
    assert len(told) == 1
