"""`/api/webhooks`, and what follows the end of tasks and exports: once each, whatever restarts there are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.aftermath import Aftermath
from audapolis.config import Settings
from audapolis.main import create_app
from audapolis.tasks import TaskManager
from standardwebhooks.webhooks import Webhook

from ..export.webhooks.receiver import Receiver, receiving
from ..jobs.runners import ChunkRunner
from .conftest import finish, problem, serving, settings_for, submit

BASE = "/api/webhooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    usual = settings_for(tmp_path / "data")
    changes = {
        "webhook_networks": ["127.0.0.0/8", "::1/128"],
        "targets": {"nas": str(tmp_path / "nas")},
        "on_completion": ["captions@nas"],
    }
    return usual.model_copy(update={"exports": usual.exports.model_copy(update=changes)})


@pytest.fixture
def start(settings: Settings) -> Callable[[], Any]:
    return lambda: serving(create_app(settings, TaskManager(settings, ChunkRunner)), settings)


@pytest.fixture
def here(start: Callable[[], Any]) -> Iterator[httpx.Client]:
    with start() as served, served.client() as client:
        client.put("/api/exports/presets/captions", json={"outputs": [{"format": "srt"}]})
        yield client


def until(wanted: Callable[[], Any], seconds: float = 15.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = wanted()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def kinds(receiver: Receiver) -> list[str]:
    return [json.loads(each.body)["type"] for each in receiver.received]


def exports_of(client: httpx.Client, task_id: str) -> list[Any]:
    found: list[Any] = client.get("/api/exports", params={"task": task_id}).json()["exports"]
    return found


def test_a_finished_task_is_exported_and_told_of_once(here: httpx.Client, receiver: Receiver, tmp_path: Path) -> None:
    added = here.post(BASE, json={"url": receiver.url}).json()
    task = finish(here, submit(here, chunks=2)["id"])
    until(lambda: sorted(kinds(receiver)) == ["export.done", "task.done"])
    [file] = (tmp_path / "nas").glob("captions-*/*.srt")
    assert "word0 word1" in file.read_text()
    assert file.parent.name == f"captions-{task['id'][:8]}"
    [export] = exports_of(here, task["id"])
    assert (export["state"], export["task_id"]) == ("done", task["id"])
    for each in receiver.received:
        told = Webhook(added["secret"]).verify(each.body, each.headers)
        assert "talk" not in each.body.decode()  # no names, no words: ids and links
        assert here.get(next(iter(told["data"]["links"].values()))).status_code == 200


def test_failed_and_cancelled_tasks_are_told_of_too(here: httpx.Client, receiver: Receiver) -> None:
    here.post(BASE, json={"url": receiver.url, "events": ["task.failed", "task.cancelled"]})
    finish(here, submit(here, deeds={"0": "refuse"})["id"])
    task = submit(here, chunks=100, chunk_s=0.1)
    here.post(f"/api/tasks/{task['id']}/cancel")
    until(lambda: sorted(kinds(receiver)) == ["task.cancelled", "task.failed"])
    failed = next(each for each in receiver.received if b"task.failed" in each.body)
    assert json.loads(failed.body)["data"]["error"] == "unsupported_media"


def test_a_task_may_want_other_exports_or_none(here: httpx.Client) -> None:
    here.put("/api/exports/presets/plain", json={"outputs": [{"format": "txt"}]})
    own = finish(here, submit(here, form={"exports": "plain, captions@nas"}, chunks=1)["id"])
    none = finish(here, submit(here, form={"exports": "none"}, chunks=1)["id"])
    assert (own["exports"], none["exports"]) == (["plain", "captions@nas"], [])
    until(lambda: [each["state"] for each in exports_of(here, own["id"])] == ["done", "done"])
    assert exports_of(here, none["id"]) == []
    bad = {"file": ("talk.wav", b"{}")}
    problem(here.post("/api/tasks", files=bad, data={"exports": "gone"}), 404, "not_found")
    problem(here.post("/api/tasks", files=bad, data={"exports": "plain@moon"}), 422, "unknown_name")


def test_an_automatic_export_that_fails_is_visible_retried_and_harms_no_task(
    here: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "nas").write_text("a file where a folder should be")
    task = finish(here, submit(here, chunks=1)["id"])
    assert task["state"] == "done"
    failed = until(lambda: [each for each in exports_of(here, task["id"]) if each["state"] == "failed"])[0]
    assert failed["ended"] is False
    assert failed["retry_at"]
    (tmp_path / "nas").unlink()
    here.post(f"/api/exports/{failed['id']}/retry")
    until(lambda: exports_of(here, task["id"])[0]["state"] == "done")
    assert len(list((tmp_path / "nas").glob("*/*.srt"))) == 1


def test_a_deleted_preset_is_visible_too(here: httpx.Client) -> None:
    here.delete("/api/exports/presets/captions")
    task = finish(here, submit(here, chunks=1)["id"])
    [export] = until(lambda: exports_of(here, task["id"]))
    assert (export["state"], export["error"]["code"]) == ("failed", "not_found")


def test_what_ended_while_nobody_looked_follows_at_the_next_start_and_only_once(
    start: Callable[[], Any], receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start() as served, served.client() as client:
        client.put("/api/exports/presets/captions", json={"outputs": [{"format": "srt"}]})
        client.post(BASE, json={"url": receiver.url})
        monkeypatch.setattr(Aftermath, "_settle", lambda *_: None)  # as if killed right after the task was done
        task = finish(client, submit(client, chunks=1)["id"])
    monkeypatch.undo()
    assert not (tmp_path / "nas").exists()
    for _ in range(3):
        with start() as served, served.client() as client:
            until(lambda: len(receiver.received) >= 2)
            until(lambda: exports_of(client, task["id"])[0]["state"] == "done")
            time.sleep(0.3)
    assert sorted(kinds(receiver)) == ["export.done", "task.done"]
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 2
    assert len(list((tmp_path / "nas").glob("*/*.srt"))) == 1


def test_webhooks_are_managed_and_secrets_shown_once(here: httpx.Client, receiver: Receiver) -> None:
    answer = here.post(BASE, json={"url": receiver.url, "events": ["task.done"], "description": "Mine."})
    assert answer.status_code == 201, answer.text
    added = answer.json()
    path = answer.headers["location"]
    assert added["secret"].startswith("whsec_")
    for shown in (here.get(path), here.get(BASE), here.patch(path, json={"events": ["export.done"]})):
        assert "whsec_" not in shown.text
    assert here.get(path).json()["events"] == ["export.done"]
    rotated = here.post(f"{path}/rotate").json()["secret"]
    message = here.post(f"{path}/ping").json()["message_id"]
    until(lambda: receiver.received)
    for secret in (added["secret"], rotated):
        Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    log = until(lambda: [d for d in here.get(f"{path}/deliveries").json()["deliveries"] if d["tries"]])
    assert (log[0]["message_id"], log[0]["state"], log[0]["tries"][0]["status"]) == (message, "delivered", 204)
    assert here.post(f"{path}/deliveries/{message}/redeliver").status_code == 202
    until(lambda: len(receiver.received) == 2)
    assert receiver.received[1].headers["webhook-id"] == message
    assert here.patch(path, json={"enabled": False}).json()["disabled_because"] == "Somebody disabled it."
    problem(here.post(f"{path}/ping"), 409, "conflict")
    assert here.delete(path).status_code == 204
    problem(here.get(path), 404, "not_found")
    problem(here.get(f"{path}/deliveries"), 404, "not_found")


def test_private_addresses_and_nonsense_are_refused(here: httpx.Client) -> None:
    for url in ("https://10.0.0.1/x", "https://169.254.169.254/latest", "ftp://x", "http://8.8.8.8/", "https://a@b/"):
        assert problem(here.post(BASE, json={"url": url}), 422, "invalid_option")["field"] == "url"
    problem(here.post(BASE, json={"url": "https://10.0.0.1", "more": 1}), 422, "invalid_request")
    assert here.get(BASE).json() == {"webhooks": []}
