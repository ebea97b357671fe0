"""Real servers on free ports. Most run `ChunkRunner`, whose recordings are scripts that say what shall happen."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.config import Settings
from audapolis.main import Server, create_app
from audapolis.tasks import TaskManager
from audapolis.terminal.serving import listen
from fastapi import FastAPI

from ..jobs.runners import ChunkRunner, Script

TOKEN = "a-token-for-tests-only"


@dataclass(frozen=True)
class Served:
    """A running server."""

    app: FastAPI
    settings: Settings
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tasks(self) -> TaskManager:
        tasks: TaskManager = self.app.state.tasks
        return tasks

    def client(self, token: str | None = TOKEN, **more: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, **more)

    def uploads(self) -> list[Path]:
        return list((self.settings.data_dir / "transfers").glob("*"))


@contextmanager
def serving(app: FastAPI, settings: Settings) -> Iterator[Served]:
    """Run an application on a free port of loopback."""
    up = threading.Event()
    listener = listen("127.0.0.1", 0)
    server = Server(app, up.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert up.wait(30), "the server did not start"
        yield Served(app, settings, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"


def settings_for(data_dir: Path, **server: Any) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": data_dir,
            "server": {"token": TOKEN, "min_free_bytes": 0, **server},
            "jobs": {"poll_s": 0.05, "heartbeat_s": 0.3, "lease_s": 3.0},
        }
    )


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that leave it as it was."""
    settings = settings_for(tmp_path_factory.mktemp("server"))
    with serving(create_app(settings, TaskManager(settings, ChunkRunner)), settings) as running:
        yield running


@pytest.fixture
def serve_with(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start a server with other settings."""
    with ExitStack() as stack:

        def start(**server: Any) -> Served:
            settings = settings_for(tmp_path, **server)
            return stack.enter_context(serving(create_app(settings, TaskManager(settings, ChunkRunner)), settings))

        yield start


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def recording(**script: Any) -> bytes:
    """A recording of `ChunkRunner`."""
    return json.dumps(asdict(Script(**script))).encode()


def submit(client: httpx.Client, name: str = "talk.wav", *, form: dict[str, str] | None = None, **script: Any) -> Any:
    answer = client.post("/api/tasks", files={"file": (name, recording(**script))}, data=form or {})
    assert answer.status_code == 201, answer.text
    return answer.json()


def finish(client: httpx.Client, task_id: str) -> Any:
    """Follow a task to its end by its events."""
    with client.stream("GET", f"/api/tasks/{task_id}/events") as answer:
        for _line in answer.iter_lines():
            pass
    return client.get(f"/api/tasks/{task_id}").json()


def problem(answer: httpx.Response, status: int, code: str) -> Any:
    """Check that an answer is a complete problem description."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:audapolis:problem:{code}"
    assert body["instance"] == answer.request.url.path
    assert body["title"]
    assert body["detail"]
    assert "hint" in body
    assert "Traceback" not in answer.text
    return body
