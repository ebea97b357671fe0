"""`/api/models` and the desktop app's model manager, against a real hub on this machine."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.config import Settings
from audapolis.main import create_app
from audapolis.tasks import TaskManager

from ..catalog.conftest import TINY
from ..catalog.hubserver import TOKEN as HUB_TOKEN
from ..catalog.hubserver import HubServer, serving_hub
from ..jobs.runners import ChunkRunner
from .conftest import TOKEN, problem, serving


@pytest.fixture(scope="module")
def hub(tiny_whisper: Path) -> Iterator[HubServer]:
    with serving_hub() as server, pytest.MonkeyPatch.context() as patch:
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            patch.delenv(name, raising=False)
        server.hold(TINY, tiny_whisper)
        yield server


@pytest.fixture(scope="module")
def client(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path_factory.mktemp("server"),
            "server": {"token": TOKEN, "min_free_bytes": 0},
            "models": {"endpoint": hub.url, "token": HUB_TOKEN},
        }
    )
    app = create_app(settings, TaskManager(settings, ChunkRunner))
    with serving(app, settings) as running, running.client() as client:
        yield client


def followed(client: httpx.Client, path: str) -> Any:
    """Poll until it has ended."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        shown = client.get(path).json()
        if shown["state"] in {"done", "failed", "cancelled", "canceled"}:
            return shown
        time.sleep(0.05)
    raise AssertionError(f"{path} did not end: {shown}")


def installed(client: httpx.Client) -> list[str]:
    return [model["name"] for model in client.get("/api/models").json()["installed"]]


def pulled(client: httpx.Client, model: str = "tiny") -> Any:
    answer = client.post("/api/models/pull", json={"model": model})
    assert answer.status_code == 202, answer.text
    return followed(client, f"/api/models/fetches/{answer.json()['id']}")


def test_a_model_is_fetched_listed_and_deleted(client: httpx.Client) -> None:
    done = pulled(client)
    assert (done["state"], done["model"], done["progress"], done["error"]) == ("done", "tiny", 1.0, None)
    listed = client.get("/api/models").json()
    [model] = listed["installed"]
    assert (model["name"], model["engine"]) == ("tiny", "whisper")
    assert "path" not in model
    assert {"tiny", "large-v3", "pyannote-3.1"} <= {entry["name"] for entry in listed["available"]}
    assert done["id"] in [fetch["id"] for fetch in listed["fetches"]]
    assert client.delete(f"/api/models/fetches/{done['id']}").status_code == 204
    problem(client.get(f"/api/models/fetches/{done['id']}"), 404, "not_found")
    assert client.delete("/api/models/tiny").status_code == 204
    assert installed(client) == []
    problem(client.delete("/api/models/tiny"), 404, "not_found")


def test_a_fetch_that_fails_says_why_and_never_shows_the_token(client: httpx.Client) -> None:
    failed = pulled(client, "base")
    assert failed["state"] == "failed"
    assert failed["error"]["code"] == "model_missing"
    assert HUB_TOKEN not in client.get("/api/models").text


def test_wrong_requests_are_refused(client: httpx.Client) -> None:
    body = problem(client.post("/api/models/pull", json={"model": "smal"}), 422, "unknown_name")
    assert "Did you mean 'small'" in body["detail"]
    problem(client.post("/api/models/pull", json={}), 422, "invalid_request")
    problem(client.post("/api/models/..%2f..%2fetc/verify"), 404, "not_found")
    problem(client.post("/api/models/.hidden/verify"), 422, "invalid_option")
    problem(client.delete("/api/models/pocketsphinx-en-us"), 409, "conflict")
    files = {"file": ("x.zip", b"no archive")}
    problem(client.post("/api/models/import", files=files, data={"nme": "x"}), 422, "invalid_option")
    problem(client.post("/api/models/import", files=files, data={"allow_pickle": "perhaps"}), 422, "invalid_option")
    problem(client.post("/api/models/import", files=files, data={"name": "small/../x"}), 422, "invalid_option")


def test_a_download_is_stopped_and_goes_on_later(client: httpx.Client, hub: HubServer) -> None:
    hub.stall = threading.Event()
    hub.stalled.clear()
    begun = client.post("/api/models/pull", json={"model": "tiny"}).json()
    assert hub.stalled.wait(60)
    again = client.post("/api/models/pull", json={"model": "tiny"}).json()
    assert again["id"] == begun["id"]
    assert client.delete(f"/api/models/fetches/{begun['id']}").status_code == 204
    hub.stall.set()
    hub.stall = None
    assert pulled(client)["state"] == "done"
    assert client.delete("/api/models/tiny").status_code == 204


@pytest.mark.slow
def test_an_archive_is_imported_and_verified(client: httpx.Client, tiny_whisper: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "mine"), "zip", tiny_whisper))
    answer = client.post("/api/models/import", files={"file": ("mine.zip", archive.read_bytes())})
    assert answer.status_code == 202, answer.text
    done = followed(client, f"/api/models/fetches/{answer.json()['id']}")
    assert (done["state"], done["model"], done["kind"]) == ("done", "mine", "import"), done
    trial = client.post("/api/models/mine/verify").json()
    assert trial["tried"]
    assert trial["realtime_factor"] > 0
    assert client.delete("/api/models/mine").status_code == 204


def test_a_broken_archive_is_refused_with_the_reason(client: httpx.Client) -> None:
    answer = client.post("/api/models/import", files={"file": ("bad.zip", b"no archive at all")})
    failed = followed(client, f"/api/models/fetches/{answer.json()['id']}")
    assert failed["state"] == "failed"
    assert failed["error"]["code"] == "invalid_model"


@pytest.mark.parametrize("slash", ["/", ""])
def test_the_desktop_app_downloads_shows_and_deletes_models(client: httpx.Client, slash: str) -> None:
    task = client.post(f"/tasks/download_model{slash}", params={"model_id": "tiny@de"}).json()
    assert task["model_id"] == "tiny@de"
    done = followed(client, f"/tasks/{task['uuid']}{slash}")
    assert (done["state"], done["progress"]) == ("done", 1.0)
    assert done["processed"] == done["total"] > 1_000_000
    downloaded = client.get(f"/models/downloaded{slash}").json()
    assert {"pocketsphinx-en-us", "tiny@de", "tiny@en"} <= set(downloaded)
    assert "small@de" not in downloaded
    assert client.delete(f"/tasks/{task['uuid']}{slash}").json() is None
    problem(client.get(f"/tasks/{task['uuid']}{slash}"), 404, "not_found")
    assert client.post(f"/models/delete{slash}", params={"model_id": "tiny@de"}).status_code == 200
    assert set(client.get(f"/models/downloaded{slash}").json()) == {"pocketsphinx-en-us"}
    problem(client.post(f"/models/delete{slash}", params={"model_id": "tiny@de"}), 404, "not_found")


def test_the_desktop_apps_model_id_says_the_language(client: httpx.Client) -> None:
    from audapolis.api.legacy_tasks import legacy_options

    library: Any = None
    assert legacy_options("pocketsphinx-en-us", False, None, library).language == "en"
    files = {"file": ("a.wav", b"x"), "fileName": (None, "a.wav")}
    answer = client.post("/tasks/start_transcription/", params={"transcription_model": "small@xx"}, files=files)
    problem(answer, 404, "not_found")
