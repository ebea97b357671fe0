"""Ratings and corrections: counted, never kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from audapolis.api.middleware import MAX_BODY_BYTES
from audapolis.performance_monitor import PerformanceMonitor

from .conftest import Served, finish, problem, submit

COUNTS = ("words", "substitutions", "deletions", "insertions")


@pytest.fixture(scope="module")
def task(served: Served) -> Iterator[Any]:
    """A finished task of six words, one a segment, in order."""
    with served.client() as client:
        yield finish(client, submit(client, chunks=6)["id"])


@pytest.fixture
def url(task: Any) -> str:
    return f"/api/tasks/{task['id']}"


def words_of(client: httpx.Client, url: str) -> list[str]:
    text: str = client.get(f"{url.replace('tasks', 'transcripts')}/export", params={"format": "txt"}).text
    transcript = client.get(url.replace("tasks", "transcripts")).json()
    words = [word["text"] for segment in transcript["segments"] for word in segment["words"]]
    assert all(word in text for word in words)
    return words


def kept(served: Served, task: Any, kind: str) -> list[dict[str, Any]]:
    monitor: PerformanceMonitor = served.app.state.monitor
    names = ("stars", "domain", "model", *COUNTS)
    frame = monitor.history.frame("feedback", None, names, {"job_id": task["id"], "kind": kind})
    return [dict(zip(names, row, strict=True)) for row in zip(*(frame[name] for name in names), strict=True)]


def test_a_rating_is_remembered_with_its_model(client: httpx.Client, served: Served, task: Any, url: str) -> None:
    answer = client.post(f"{url}/rating", json={"stars": 4, "domain": " Phone  call "})
    assert answer.status_code == 200
    assert answer.json()["task_id"] == task["id"]
    assert (answer.json()["stars"], answer.json()["domain"]) == (4, "phone call")
    provenance = client.get(f"/api/transcripts/{task['id']}").json()["provenance"]
    assert answer.json()["model"] == provenance["model"]
    last = kept(served, task, "rating")[-1]
    assert (last["stars"], last["domain"], last["model"]) == (4, "phone call", provenance["model"])
    body = client.get("/api/analytics/satisfaction", params={"last": "1h"}).json()
    assert "answer" in body


@pytest.mark.parametrize("stars", [0, 6, -1, 3.5, "4", True, None])
def test_other_stars_are_refused(client: httpx.Client, url: str, stars: object) -> None:
    answer = client.post(f"{url}/rating", json={"stars": stars})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_domain_is_a_kind_of_speech_and_no_sentence(client: httpx.Client, url: str) -> None:
    sentence = "It was Anna, who said that."
    problem(client.post(f"{url}/rating", json={"stars": 3, "domain": sentence}), 422, "invalid_option")
    answer = client.post(f"{url}/correction", params={"domain": sentence}, content="something")
    problem(answer, 422, "invalid_option")


def test_a_corrected_text_is_counted_and_its_words_are_not_kept(
    client: httpx.Client, served: Served, task: Any, url: str
) -> None:
    words = words_of(client, url)
    text = " ".join(["xylophone", *words[1:-1], "quixotic", "zeppelin"])  # two replaced, one added
    answer = client.post(f"{url}/correction", params={"domain": "lecture"}, content=text)
    body = answer.json()
    assert answer.status_code == 200
    assert [body[name] for name in COUNTS] == [len(words) + 1, 2, 0, 1]
    assert body["word_error"] == pytest.approx(3 / (len(words) + 1))
    assert (body["domain"], body["speaker_words"]) == ("lecture", None)
    assert "none of the words" in body["kept"]
    last = kept(served, task, "correction")[-1]
    assert [last[name] for name in COUNTS] == [body[name] for name in COUNTS]
    for file in served.settings.data_dir.rglob("*"):
        if file.is_file():
            assert b"xylophone" not in file.read_bytes(), file


def test_a_corrected_transcript_and_a_document_are_understood(client: httpx.Client, task: Any, url: str) -> None:
    transcript = client.get(f"/api/transcripts/{task['id']}").json()
    same = client.post(f"{url}/correction", json=transcript)
    assert same.status_code == 200, same.text
    assert same.json()["word_error"] == 0
    for segment in transcript["segments"][:1]:
        segment["words"][0]["text"] = segment["text"] = "otherwise"
    assert client.post(f"{url}/correction", json=transcript).json()["substitutions"] >= 1


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "invalid_document"),
        (b"  \n", 422, "invalid_document"),
        (b"\xff\xfe\x00", 422, "invalid_document"),
        (b'{"schema": "other"}', 422, "invalid_document"),
        (b'{"version": 99}', 422, "invalid_document"),
        (b"PK\x03\x04 no archive", 422, "invalid_document"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "too_large"),
    ],
    ids=["nothing", "blank", "no text", "no transcript", "no document", "no archive", "large"],
)
def test_what_is_no_correction_is_refused(
    client: httpx.Client, url: str, content: bytes, status: int, code: str
) -> None:
    problem(client.post(f"{url}/correction", content=content), status, code)


def test_a_form_is_refused_with_what_to_send_instead(client: httpx.Client, url: str) -> None:
    body = problem(client.post(f"{url}/correction", files={"file": b"some words"}), 415, "unsupported_media")
    assert "--data-binary" in body["hint"]


def test_feedback_is_about_finished_tasks(client: httpx.Client) -> None:
    waiting = submit(client, chunks=200, chunk_s=0.1)
    for task_id, status, code in (("nothing", 404, "not_found"), (waiting["id"], 409, "conflict")):
        problem(client.post(f"/api/tasks/{task_id}/rating", json={"stars": 3}), status, code)
        problem(client.post(f"/api/tasks/{task_id}/correction", content="some words"), status, code)
    client.delete(f"/api/tasks/{waiting['id']}")


def test_nothing_is_taken_where_nothing_is_remembered(served: Served, client: httpx.Client, url: str) -> None:
    monitor: PerformanceMonitor = served.app.state.monitor
    monitor.enabled = False
    try:
        problem(client.post(f"{url}/rating", json={"stars": 3}), 409, "conflict")
        problem(client.post(f"{url}/correction", content=json.dumps({})), 409, "conflict")
    finally:
        monitor.enabled = True
