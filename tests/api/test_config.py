"""The settings over HTTP."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.config import load_configuration
from audapolis.main import create_app
from audapolis.tasks import TaskManager

from ..jobs.runners import ChunkRunner
from .conftest import TOKEN, Served, problem, recording, serving, submit

HUSH = "hush-hush-hush"


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose settings come from a file."""
    folder = tmp_path_factory.mktemp("configured")
    file = folder / "config.toml"
    file.write_text(
        f'[server]\ntoken = "{TOKEN}"\nmin_free_bytes = 0\n'
        f'[models]\ntoken = "{HUSH}"\n[models.aliases]\nmine = "tiny"\n'
        "[jobs]\npoll_s = 0.05\nheartbeat_s = 0.3\nlease_s = 3.0\n"
    )
    configuration = load_configuration(config_file=file, data_dir=folder / "data")
    tasks = TaskManager(configuration.settings, ChunkRunner)
    with serving(create_app(configuration, tasks), configuration.settings) as running:
        yield running


@pytest.fixture
def client(configured: Served) -> Iterator[httpx.Client]:
    with configured.client() as client:
        yield client


def change(client: httpx.Client, patch: Any, **headers: str) -> httpx.Response:
    return client.patch("/api/config", json=patch, headers=headers)


def test_values_are_told_with_their_origin_and_when_a_change_takes_effect(client: httpx.Client) -> None:
    answer = client.get("/api/config")
    assert answer.status_code == 200
    body = answer.json()
    assert body["settings"]["models"]["aliases"]["mine"] == "tiny"
    origin = body["origins"]["server.min_free_bytes"]
    assert (origin["layer"], origin["effect"]) == ("file", "at once")
    assert origin["where"].endswith("config.toml")
    assert body["origins"]["server.port"] == {"layer": "default", "where": "", "effect": "restart"}
    assert set(body["presets"]) == {"basic", "enhanced", "advanced"}
    assert isinstance(body["conflicts"], list)


def test_secrets_are_never_told(client: httpx.Client) -> None:
    for answer in (client.get("/api/config"), change(client, {"log_level": "info"})):
        assert HUSH not in answer.text
        assert TOKEN not in answer.text
        assert answer.json()["settings"]["models"]["token"] == "(hidden)"


def test_a_change_takes_effect_is_logged_and_put_on_record(
    client: httpx.Client, configured: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "audapolis"):
        answer = change(client, {"server": {"max_upload_bytes": 10}})
    assert answer.json()["changes"] == [
        {"key": "server.max_upload_bytes", "old": 20 * 2**30, "new": 10, "effect": "at once"}
    ]
    assert "127.0.0.1 changed server.max_upload_bytes" in caplog.text
    record = (configured.settings.data_dir / "settings-changes.jsonl").read_text().splitlines()
    assert json.loads(record[-1])["by"] == "127.0.0.1"
    files = {"file": ("talk.wav", recording() + b" " * 2**21)}
    problem(client.post("/api/tasks", files=files), 413, "too_large")
    assert change(client, {"server": {"max_upload_bytes": None}}).status_code == 200
    assert submit(client)["state"] in {"queued", "running", "done"}


def test_conflicts_follow_the_change(client: httpx.Client) -> None:
    body = change(client, {"speech": {"max_chunk_s": 45}, "transcription": {"engine": "auto"}}).json()
    assert any(each["settings"] == ["speech.max_chunk_s"] for each in body["conflicts"])
    body = change(client, {"speech": {"max_chunk_s": None}}).json()
    assert not any(each["settings"] == ["speech.max_chunk_s"] for each in body["conflicts"])


def test_everything_wrong_is_told_and_nothing_is_changed(client: httpx.Client) -> None:
    before = client.get("/api/config")
    body = problem(change(client, {"speech": {"threshold": 7, "pad_s": -1}}), 422, "invalid_option")
    assert {each["field"] for each in body["errors"]} == {"speech.threshold", "speech.pad_s"}
    body = problem(change(client, {"speech": {"treshold": 0.5}}), 422, "invalid_option")
    assert "did you mean speech.threshold?" in body["detail"]
    assert client.get("/api/config").json() == before.json()
    assert client.get("/api/config").headers["etag"] == before.headers["etag"]


def test_an_engine_there_is_not_is_refused_with_the_nearest(client: httpx.Client) -> None:
    body = problem(change(client, {"transcription": {"engine": "whispr"}}), 422, "unknown_name")
    assert "whisper" in body["detail"]


def test_what_takes_a_restart_is_refused_as_such(client: httpx.Client) -> None:
    body = problem(change(client, {"server": {"port": 9, "token": "x" * 20}}), 409, "conflict")
    assert {each["field"] for each in body["errors"]} == {"server.port", "server.token"}
    assert "restart" in body["detail"]
    assert "x" * 20 not in json.dumps(body)


@pytest.mark.parametrize("table", ["aliases", "defaults"])
@pytest.mark.parametrize("path", ["/etc", "../models", "~/models", "a/../../b"])
def test_paths_of_the_servers_machine_are_refused(client: httpx.Client, table: str, path: str) -> None:
    body = problem(change(client, {"models": {table: {"mine": path}}}), 422, "invalid_option")
    assert body["field"] == f"models.{table}.mine"


def test_the_hub_can_not_be_changed_to_where_the_token_would_go(client: httpx.Client) -> None:
    problem(change(client, {"models": {"endpoint": "https://elsewhere.example"}}), 409, "conflict")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b'"text"', b"null"])
def test_what_is_no_object_is_refused(client: httpx.Client, content: bytes) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = client.patch("/api/config", content=content, headers=headers)
    problem(answer, 422, "invalid_request")
    problem(client.patch("/api/config", content=b"\xff", headers=headers), 400, "bad_request")


def test_the_media_type_of_merge_patches_is_taken(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = client.patch("/api/config", content=b'{"log_level": "warning"}', headers=headers)
    assert answer.json()["settings"]["log_level"] == "warning"
    assert change(client, {"log_level": None}).json()["settings"]["log_level"] == "info"


def test_a_change_for_another_state_is_refused(client: httpx.Client) -> None:
    tag = client.get("/api/config").headers["etag"]
    answer = change(client, {"speech": {"pad_s": 0.1}}, **{"If-Match": f'"other", {tag}'})
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag
    problem(change(client, {"speech": {"pad_s": 0.3}}, **{"If-Match": tag}), 412, "stale")
    assert change(client, {"speech": {"pad_s": None}}, **{"If-Match": "*"}).status_code == 200


def test_of_many_changes_for_the_same_state_one_is_made(configured: Served) -> None:
    with configured.client() as client:
        tag = client.get("/api/config").headers["etag"]
    statuses: list[int] = []

    def attempt(number: int) -> None:
        with configured.client() as client:
            patch = {"models": {"aliases": {"raced": f"model-{number}"}}}
            statuses.append(change(client, patch, **{"If-Match": tag}).status_code)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200, *[412] * 5]


def test_a_change_survives_a_restart(tmp_path: Path, configured: Served) -> None:
    with configured.client() as client:
        change(client, {"audio": {"max_channels": 5}})
    again = load_configuration(data_dir=configured.settings.data_dir)
    assert again.settings.audio.max_channels == 5


def test_a_page_of_this_machine_may_change_settings(served: Served) -> None:
    asked = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    with served.client(None) as client:
        assert client.options("/api/config", headers=asked).status_code == 200


@pytest.mark.slow
def test_workers_are_replaced_and_become_more(serve_with: Callable[..., Served]) -> None:
    served = serve_with()
    with served.client() as client:
        [before] = served.tasks.worker_pids
        answer = change(client, {"jobs": {"workers": 2}, "speech": {"threshold": 0.6}})
        assert {each["effect"] for each in answer.json()["changes"]} == {"next job"}
        patience = threading.Event()
        for _ in range(1200):
            if len(served.tasks.worker_pids) == 2 and before not in served.tasks.worker_pids:
                break
            patience.wait(0.1)
        assert len(served.tasks.worker_pids) == 2
        assert before not in served.tasks.worker_pids
