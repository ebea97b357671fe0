"""`/api/tasks`, over a real socket with real workers."""

from __future__ import annotations

import threading

import httpx
import pytest

from .conftest import Served, finish, problem, recording, submit


def test_an_upload_becomes_a_transcript(client: httpx.Client, served: Served) -> None:
    answer = client.post("/api/tasks", files={"file": ("talk.wav", recording(chunks=3))})
    task = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/tasks/{task['id']}"
    assert task["name"] == "talk.wav"
    assert task["created_at"].endswith("Z")
    done = finish(client, task["id"])
    assert (done["state"], done["progress"], done["ended"]) == ("done", 1.0, True)
    transcript = client.get(f"/api/transcripts/{done['transcript_id']}").json()
    assert transcript["schema"] == "audapolis.transcript/1"
    assert [word["text"] for word in transcript["segments"][0]["words"]] == ["word0", "word1", "word2"]
    assert served.uploads() == []


def test_paths_of_the_machine_stay_inside(client: httpx.Client, served: Served) -> None:
    task = submit(client)
    assert str(served.settings.data_dir) not in client.get(f"/api/tasks/{task['id']}").text


def test_options_come_as_form_fields(client: httpx.Client) -> None:
    form = {"diarize": "false", "min_speakers": "2", "max_speakers": "3", "language": "", "mode": "fast"}
    task = submit(client, form={**form, "priority": "7", "name": "Board meeting"})
    assert task["options"]["diarize"] is False
    assert task["options"]["min_speakers"] == 2
    assert task["options"]["max_speakers"] == 3
    assert task["options"]["language"] is None
    assert task["options"]["mode"] == "fast"
    assert (task["priority"], task["name"]) == (7, "Board meeting")


@pytest.mark.parametrize(
    ("form", "code", "named"),
    [
        ({"diarise": "true"}, "unknown_name", "diarize"),
        ({"max_speakers": "many"}, "invalid_option", "max_speakers"),
        ({"mode": "quick"}, "invalid_option", "mode"),
        ({"min_speakers": "3", "max_speakers": "2"}, "invalid_option", "3"),
        ({"priority": "high"}, "invalid_option", "priority"),
        ({"priority": "9" * 30}, "invalid_option", "priority"),
        ({"engine": "pocketsphynx"}, "unknown_name", "pocketsphinx"),
        ({"diarizer": "acustic"}, "unknown_name", "acoustic"),
        ({"model": "/etc"}, "invalid_option", "path"),
        ({"model": "a/../../etc"}, "invalid_option", "path"),
    ],
)
def test_wrong_options_are_refused_and_the_upload_removed(
    client: httpx.Client, served: Served, form: dict[str, str], code: str, named: str
) -> None:
    before = client.get("/api/tasks").json()["total"]
    answer = client.post("/api/tasks", files={"file": ("a.wav", recording())}, data=form)
    assert named in problem(answer, 422, code)["detail"]
    assert client.get("/api/tasks").json()["total"] == before
    assert served.uploads() == []


def test_tasks_are_listed_newest_first_in_pages(client: httpx.Client) -> None:
    ids = [submit(client, f"{number}.wav")["id"] for number in range(3)]
    page = client.get("/api/tasks", params={"limit": 2}).json()
    assert [task["id"] for task in page["tasks"]] == [ids[2], ids[1]]
    assert client.get("/api/tasks", params={"limit": 1, "offset": 2}).json()["tasks"][0]["id"] == ids[0]
    assert page["total"] >= 3
    for task_id in ids:
        finish(client, task_id)
    done = client.get("/api/tasks", params={"state": "done"}).json()
    assert set(ids) <= {task["id"] for task in done["tasks"]}
    assert "limit" in problem(client.get("/api/tasks?limit=0"), 422, "invalid_request")["detail"]


def test_a_failed_task_says_why_and_what_to_do(client: httpx.Client) -> None:
    failed = finish(client, submit(client, deeds={"1": "refuse"})["id"])
    assert failed["state"] == "failed"
    assert failed["error"] == {
        "code": "unsupported_media",
        "message": "This is no sound.",
        "hint": "Give another file.",
    }
    body = problem(client.get(f"/api/transcripts/{failed['id']}"), 409, "conflict")
    assert "This is no sound." in body["detail"]


def test_a_task_is_cancelled_and_tried_again(client: httpx.Client) -> None:
    task = submit(client, chunks=100, chunk_s=0.1)
    assert client.post(f"/api/tasks/{task['id']}/cancel").status_code == 200
    assert finish(client, task["id"])["state"] == "cancelled"
    problem(client.post(f"/api/tasks/{submit_done(client)}/cancel"), 409, "conflict")
    assert client.post(f"/api/tasks/{task['id']}/retry").json()["state"] == "queued"
    assert client.delete(f"/api/tasks/{task['id']}").status_code == 204


def submit_done(client: httpx.Client) -> str:
    task_id: str = finish(client, submit(client, chunks=1)["id"])["id"]
    return task_id


def test_deleting_removes_everything(client: httpx.Client, served: Served) -> None:
    task_id = submit_done(client)
    answer = client.delete(f"/api/tasks/{task_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    problem(client.get(f"/api/tasks/{task_id}"), 404, "not_found")
    problem(client.get(f"/api/transcripts/{task_id}"), 404, "not_found")
    assert not (served.settings.data_dir / "media" / task_id).exists()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("task_id", ["nothing", "..%2F..%2Fetc%2Fpasswd", "%00", "0" * 3000, "ü"])
def test_unknown_ids_are_not_found(client: httpx.Client, method: str, task_id: str) -> None:
    problem(client.request(method, f"/api/tasks/{task_id}"), 404, "not_found")


def test_many_clients_upload_at_once(served: Served) -> None:
    found: list[str] = []

    def work() -> None:
        with served.client() as client:
            found.append(finish(client, submit(client, chunks=1)["id"])["state"])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == ["done"] * 8
