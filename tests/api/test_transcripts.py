"""`/api/transcripts` and `/api/exports`."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from audapolis.domain.codec import from_json
from audapolis.domain.transcript import Transcript

from .conftest import finish, problem, submit


@pytest.fixture
def done(client: httpx.Client) -> Any:
    return finish(client, submit(client, "Grüße 🎙️.wav", chunks=3)["id"])


def test_a_transcript_is_contract_json_by_its_own_or_its_tasks_id(client: httpx.Client, done: Any) -> None:
    by_transcript = client.get(f"/api/transcripts/{done['transcript_id']}")
    by_task = client.get(f"/api/transcripts/{done['id']}")
    assert by_transcript.content == by_task.content
    assert by_transcript.headers["content-type"] == "application/json"
    transcript = from_json(Transcript, by_transcript.content)
    assert [word.text for word in transcript.words] == ["word0", "word1", "word2"]
    assert transcript.recording.name == "Grüße 🎙️.wav"


def test_transcripts_are_listed_newest_first(client: httpx.Client, done: Any) -> None:
    newer = finish(client, submit(client, chunks=1)["id"])
    submit(client, deeds={"0": "refuse"})
    found = client.get("/api/transcripts", params={"limit": 2}).json()
    assert [entry["task_id"] for entry in found["transcripts"]] == [newer["id"], done["id"]]
    assert found["total"] >= 2
    assert found["transcripts"][1]["name"] == "Grüße 🎙️.wav"


def test_every_format_can_be_downloaded(client: httpx.Client, done: Any) -> None:
    formats = client.get("/api/exports/formats").json()["formats"]
    assert {"txt", "json", "srt", "vtt", "rttm", "audapolis"} <= {each["id"] for each in formats}
    for each in formats:
        if each["id"] == "audapolis":  # carries the recording, which must be the real one: see test_run.py
            continue
        answer = client.get(f"/api/transcripts/{done['transcript_id']}/export", params={"format": each["id"]})
        assert answer.status_code == 200, answer.text
        assert answer.content or each["id"] == "rttm"  # this transcript knows no speakers
        assert answer.headers["content-type"].split(";")[0] == each["media_type"].split(";")[0]
        assert answer.headers["content-disposition"] == (
            f"attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%F0%9F%8E%99%EF%B8%8F.{each['extension']}"
        )
        assert isinstance(json.loads(answer.headers["audapolis-losses"]), list)


def test_query_parameters_are_options_of_the_format(client: httpx.Client, done: Any) -> None:
    path = f"/api/transcripts/{done['id']}/export"
    plain = client.get(path, params={"format": "srt"}).content
    assert client.get(path, params={"format": "srt", "newline": "crlf"}).content.count(b"\r\n") == plain.count(b"\n")
    problem(client.get(path, params={"format": "srt", "newlin": "crlf"}), 422, "unknown_name")


def test_an_unknown_format_names_the_nearest(client: httpx.Client, done: Any) -> None:
    body = problem(client.get(f"/api/transcripts/{done['id']}/export?format=srtt"), 422, "unknown_name")
    assert "'srt'" in body["detail"]
    assert "srt" in body["known"]
    missing = problem(client.get(f"/api/transcripts/{done['id']}/export"), 422, "invalid_request")
    assert missing["field"] == "format"


def test_unknown_and_unfinished_transcripts(client: httpx.Client) -> None:
    problem(client.get("/api/transcripts/nothing"), 404, "not_found")
    problem(client.get("/api/transcripts/nothing/export?format=srt"), 404, "not_found")
    task = submit(client, chunks=100, chunk_s=0.1)
    problem(client.get(f"/api/transcripts/{task['id']}"), 409, "conflict")
    client.delete(f"/api/tasks/{task['id']}")
