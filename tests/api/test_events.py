"""Server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx

from .conftest import Served, finish, problem, submit


def read(answer: httpx.Response) -> Iterator[tuple[str, str, Any]]:
    """Events as (id, name, data), by the rules of the standard; comments as ('', 'comment', text)."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line.startswith(":"):
            yield "", "comment", line[1:].strip()
        elif line:
            key, _, value = line.partition(": ")
            event[key] = value
        elif event:
            yield event.get("id", ""), event["event"], json.loads(event["data"])
            event = {}


def test_events_begin_with_the_present_state_and_end_with_the_last(client: httpx.Client) -> None:
    task = submit(client, chunks=8, chunk_s=0.15)
    with client.stream("GET", f"/api/tasks/{task['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        events = [event for event in read(answer) if event[1] != "comment"]
    names = [name for _, name, _ in events]
    assert names == ["task"] * (len(names) - 1) + ["end"]
    assert events[0][2]["id"] == task["id"]
    assert events[-1][2]["state"] == "done"
    assert events[-1][2] == client.get(f"/api/tasks/{task['id']}").json()
    progress = [data["progress"] for _, _, data in events]
    assert progress == sorted(progress)
    assert len(set(progress)) > 2
    ids = [event_id for event_id, _, _ in events]
    assert len(set(ids)) == len(ids)


def test_a_client_that_saw_the_end_is_told_to_stop_reconnecting(client: httpx.Client) -> None:
    task = finish(client, submit(client, chunks=1)["id"])
    path = f"/api/tasks/{task['id']}/events"
    with client.stream("GET", path) as answer:
        ((last, name, data),) = list(read(answer))
    assert (name, data) == ("end", task)
    assert client.get(path, headers={"Last-Event-ID": last}).status_code == 204
    with client.stream("GET", path, headers={"Last-Event-ID": "something older"}) as answer:
        assert [event[1] for event in read(answer)] == ["end"]


def test_a_quiet_line_is_kept_alive(served: Served, client: httpx.Client) -> None:
    task = submit(client, chunks=1, chunk_s=1.5)
    served.app.state.live.heartbeat_s = 0.2
    try:
        with client.stream("GET", f"/api/tasks/{task['id']}/events") as answer:
            names = [name for _, name, _ in read(answer)]
    finally:
        served.app.state.live.heartbeat_s = 15.0
    assert names.count("comment") >= 2
    assert names[-1] == "end"


def test_deleting_a_task_ends_its_events(served: Served, client: httpx.Client) -> None:
    task = submit(client, chunks=200, chunk_s=0.1)
    names = []
    with client.stream("GET", f"/api/tasks/{task['id']}/events") as answer:
        for _, name, _ in read(answer):
            if not names:
                threading.Thread(target=client_deletes, args=(served, task["id"])).start()
            names.append(name)
    assert names[-1] in {"deleted", "end"}


def client_deletes(served: Served, task_id: str) -> None:
    with served.client() as client:
        client.delete(f"/api/tasks/{task_id}")


def test_one_stream_tells_of_all_tasks(served: Served, client: httpx.Client) -> None:
    waiting = submit(client, chunks=200, chunk_s=0.1)
    with client.stream("GET", "/api/events") as answer:
        events = read(answer)
        assert next(data["id"] for _, name, data in events if name == "task") == waiting["id"]
        with served.client() as other:
            other.post(f"/api/tasks/{waiting['id']}/cancel")
        ended = next(data for _, name, data in events if name == "end")
    assert (ended["id"], ended["state"]) == (waiting["id"], "cancelled")


def test_events_of_an_unknown_task_are_a_problem(client: httpx.Client) -> None:
    problem(client.get("/api/tasks/nothing/events"), 404, "not_found")


def test_open_streams_do_not_keep_the_server_from_stopping(serve_with: Any) -> None:
    running = serve_with()
    ended = threading.Event()

    def listen() -> None:
        with running.client() as client, client.stream("GET", "/api/events") as answer:
            for _ in answer.iter_lines():
                started.set()
        ended.set()

    started = threading.Event()
    threading.Thread(target=listen).start()
    assert started.wait(10)
    running.app.state.live.close()
    began = time.monotonic()
    assert ended.wait(3)
    assert time.monotonic() - began < 2
