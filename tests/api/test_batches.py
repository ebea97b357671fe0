"""`/api/exports` in the background, and `/api/exports/presets`."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.config import Settings
from audapolis.main import create_app
from audapolis.tasks import TaskManager

from ..jobs.runners import ChunkRunner
from .conftest import Served, finish, problem, serving, settings_for, submit

BASE = "/api/exports"


@pytest.fixture
def targets(tmp_path: Path) -> Settings:
    settings = settings_for(tmp_path / "data")
    exports = settings.exports.model_copy(update={"targets": {"nas": str(tmp_path / "nas")}})
    return settings.model_copy(update={"exports": exports})


@pytest.fixture
def start(targets: Settings) -> Callable[[], Any]:
    return lambda: serving(create_app(targets, TaskManager(targets, ChunkRunner)), targets)


@pytest.fixture
def here(start: Callable[[], Any]) -> Iterator[httpx.Client]:
    served: Served
    with start() as served, served.client() as client:
        yield client


def ended(client: httpx.Client, export_id: str) -> Any:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        shown = client.get(f"{BASE}/{export_id}").json()
        if shown["ended"]:
            return shown
        time.sleep(0.05)
    raise AssertionError(shown)


def talk(client: httpx.Client, name: str = "talk.wav") -> str:
    return str(finish(client, submit(client, name, chunks=2)["id"])["transcript_id"])


def test_many_transcripts_come_in_many_formats_as_one_archive(here: httpx.Client) -> None:
    ids = [talk(here), talk(here), talk(here, "Grüße.wav")]
    wish = {"transcripts": ids, "outputs": [{"format": "srt"}, {"format": ".VTT"}]}
    answer = here.post(BASE, json=wish)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{BASE}/{answer.json()['id']}"
    shown = ended(here, answer.json()["id"])
    assert (shown["state"], shown["done"], shown["total"], shown["progress"]) == ("done", 6, 6, 1.0)
    archive = zipfile.ZipFile(io.BytesIO(here.get(f"{BASE}/{shown['id']}/download").content))
    assert len(archive.namelist()) == 7
    assert {"Grüße.srt", "Grüße.vtt"} < set(archive.namelist())
    report = here.get(f"{BASE}/{shown['id']}/report").json()
    assert all(each["state"] == "done" and len(each["sha256"]) == 64 for each in report["files"])
    assert here.get(BASE).json()["exports"][0] == shown
    assert here.delete(f"{BASE}/{shown['id']}").status_code == 204
    problem(here.get(f"{BASE}/{shown['id']}"), 404, "not_found")


def test_presets_are_checked_kept_and_used_for_targets(here: httpx.Client, tmp_path: Path) -> None:
    preset = {"outputs": [{"format": "txt", "options": {"case": "upper"}}]}
    assert here.put(f"{BASE}/presets/loud", json=preset).json()["name"] == "loud"
    assert here.get(f"{BASE}/presets").json()["presets"] == [here.get(f"{BASE}/presets/loud").json()]
    problem(here.put(f"{BASE}/presets/bad", json={"outputs": [{"format": "strt"}]}), 422, "unknown_name")
    problem(
        here.put(f"{BASE}/presets/bad", json={"outputs": [{"format": "txt", "options": {"case": "x"}}]}),
        422,
        "invalid_option",
    )
    problem(here.put(f"{BASE}/presets/Bad", json=preset), 422, "invalid_option")
    wish = {"transcripts": [talk(here)], "presets": ["loud"], "target": "nas", "folder": "monday"}
    shown = ended(here, here.post(BASE, json=wish).json()["id"])
    assert shown["state"] == "done"
    assert (tmp_path / "nas" / "monday" / "talk.txt").read_text().strip().endswith("WORD0 WORD1")
    assert (tmp_path / "nas" / "monday" / "report.json").exists()
    problem(here.get(f"{BASE}/{shown['id']}/download"), 409, "conflict")
    assert here.delete(f"{BASE}/presets/loud").status_code == 204
    problem(here.get(f"{BASE}/presets/loud"), 404, "not_found")


def test_what_is_wrong_is_refused_before_anything_begins(here: httpx.Client) -> None:
    made = talk(here)
    srt = [{"format": "srt"}]
    problem(here.post(BASE, json={"transcripts": [made]}), 422, "invalid_option")
    problem(here.post(BASE, json={"transcripts": [], "outputs": srt}), 422, "invalid_request")
    problem(here.post(BASE, json={"transcripts": ["nothing"], "outputs": srt}), 404, "not_found")
    problem(here.post(BASE, json={"transcripts": [made], "outputs": [{"format": "strt"}]}), 422, "unknown_name")
    problem(here.post(BASE, json={"transcripts": [made], "presets": ["gone"]}), 404, "not_found")
    for target in ("elsewhere", "s3://bucket", "/etc"):
        wish = {"transcripts": [made], "outputs": srt, "target": target}
        problem(here.post(BASE, json=wish), 422, "unknown_name")
    wish = {"transcripts": [made], "outputs": srt, "target": "nas", "folder": "../x"}
    problem(here.post(BASE, json=wish), 422, "invalid_option")
    problem(here.get(f"{BASE}/..%2f..%2fx"), 404, "not_found")
    assert here.get(BASE).json()["total"] == 0


def test_a_failing_format_spoils_no_other_and_can_be_retried(here: httpx.Client) -> None:
    wish = {"transcripts": [talk(here)], "outputs": [{"format": "txt"}, {"format": "audapolis"}]}
    shown = ended(here, here.post(BASE, json=wish).json()["id"])  # the test's recording is no recording
    assert (shown["state"], shown["failed"]) == ("failed", 1)
    report = here.get(f"{BASE}/{shown['id']}/report").json()
    assert sorted(each["state"] for each in report["files"]) == ["done", "failed"]
    assert here.get(f"{BASE}/{shown['id']}/download").status_code == 200
    assert here.post(f"{BASE}/{shown['id']}/retry").json()["state"] in {"queued", "running", "failed"}
    assert ended(here, shown["id"])["attempts"] == 2


def test_an_export_that_was_cancelled_stays_so_until_it_is_retried(here: httpx.Client) -> None:
    ids = [talk(here) for _ in range(3)]
    here.put("/api/exports/templates/slow", json={"source": "{% for i in range(9999) %}{{ i }}{% endfor %}"})
    made = here.post(BASE, json={"transcripts": ids, "outputs": [{"format": "template:slow"}]}).json()
    assert here.post(f"{BASE}/{made['id']}/cancel").json()["state"] == "cancelled"
    time.sleep(0.5)
    assert ended(here, made["id"])["state"] == "cancelled"
    problem(here.post(f"{BASE}/{made['id']}/cancel"), 409, "conflict")
    here.post(f"{BASE}/{made['id']}/retry")
    assert ended(here, made["id"])["state"] == "done"


def test_a_restart_goes_on_with_what_was_not_finished(start: Callable[[], Any], tmp_path: Path) -> None:
    with start() as served, served.client() as client:
        ids = [talk(client) for _ in range(2)]
        client.put("/api/exports/templates/slow", json={"source": "{% for i in range(9999) %}{{ i }}{% endfor %}"})
        outputs = [{"format": "template:slow", "options": {"offset_s": number}} for number in range(4)]
        made = client.post(BASE, json={"transcripts": ids, "outputs": outputs}).json()
        until = time.monotonic() + 20
        while client.get(f"{BASE}/{made['id']}").json()["done"] == 0 and time.monotonic() < until:
            time.sleep(0.02)
    with start() as served, served.client() as client:
        shown = ended(client, made["id"])
        assert (shown["state"], shown["done"]) == ("done", 8)
        assert shown["attempts"] == 2
        archive = zipfile.ZipFile(io.BytesIO(client.get(f"{BASE}/{made['id']}/download").content))
        assert len(archive.namelist()) == 9
