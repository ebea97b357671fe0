"""`/api/transcripts/…/translations`: a transcript's text in other languages."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.config import Settings
from audapolis.main import create_app
from audapolis.tasks import TaskManager

from ..jobs.runners import ChunkRunner
from ..translations.libre import libre_translate
from .conftest import finish, problem, serving, settings_for, submit

SRT = (
    b"1\n00:00:00,000 --> 00:00:30,000\nWort null, Wort eins\n\n2\n01:00:00,000 --> 01:00:01,000\nUntertitel: Studio\n"
)


@pytest.fixture
def path(client: httpx.Client) -> str:
    done = finish(client, submit(client, chunks=3)["id"])
    return f"/api/transcripts/{done['transcript_id']}"


def segments(client: httpx.Client, path: str) -> list[Any]:
    found: list[Any] = client.get(path).json()["segments"]
    return found


def add(client: httpx.Client, path: str, language: str, text: str = "Hallo.") -> httpx.Response:
    lines = [{"segment": segment["id"], "text": text} for segment in segments(client, path)]
    return client.post(f"{path}/translations", json={"language": language, "lines": lines})


def languages(client: httpx.Client, path: str) -> list[str]:
    return [track["language"] for track in client.get(f"{path}/translations").json()["languages"]]


def test_a_translation_is_added_line_by_line_and_exported(client: httpx.Client, path: str) -> None:
    answer = add(client, path, "de_CH")
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"language": "de-CH", "original": False, "covered": 1.0, "alignment": None}
    assert languages(client, path) == [client.get(path).json()["language"], "de-CH"]
    exported = client.get(f"{path}/export", params={"format": "txt", "language": "de"})
    assert "Hallo." in exported.text
    assert "word0" not in exported.text


def test_another_of_the_same_language_takes_its_place(client: httpx.Client, path: str) -> None:
    add(client, path, "de")
    add(client, path, "DE", "Servus.")
    assert {line["text"] for line in client.get(path).json()["translations"]["de"]} == {"Servus."}


def test_subtitles_are_uploaded_and_aligned(client: httpx.Client, path: str) -> None:
    answer = client.post(f"{path}/translations", files={"file": ("film.srt", SRT)}, data={"language": "de"})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["covered"] == 1.0
    assert body["alignment"]["cues"] == 2
    assert body["alignment"]["leftovers"] == ["at 3600.000 s: Untertitel: Studio"]
    text = " ".join(line["text"] for line in client.get(path).json()["translations"]["de"])
    assert text == "Wort null, Wort eins"


def test_translations_are_deleted(client: httpx.Client, path: str) -> None:
    add(client, path, "de")
    assert client.delete(f"{path}/translations/DE").status_code == 204
    assert len(languages(client, path)) == 1
    problem(client.delete(f"{path}/translations/de"), 404, "not_found")


def test_translations_added_at_the_same_time_are_all_kept(client: httpx.Client, path: str) -> None:
    wanted = ["de", "fr", "es", "it", "nl", "pt"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda language: add(client, path, language), wanted))
    assert {answer.status_code for answer in answers} == {201}
    assert set(wanted) <= set(languages(client, path))


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"json": {"language": "no language!", "lines": []}}, 422, "invalid_option"),
        ({"json": {"language": "de", "lines": [{"segment": "seg-x", "text": "?"}]}}, 422, "invalid_option"),
        ({"json": {"lines": []}}, 400, "invalid_input"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "invalid_input"),
        ({"json": {"language": "de"}}, 422, "invalid_option"),
        ({"files": {"file": ("a.srt", SRT)}}, 422, "invalid_option"),
        ({"files": {"file": ("a.srt", b"nothing here")}, "data": {"language": "de"}}, 422, "invalid_document"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: httpx.Client, path: str, request_: dict[str, Any], status: int, code: str
) -> None:
    problem(client.post(f"{path}/translations", **request_), status, code)
    assert len(languages(client, path)) == 1


def test_the_original_language_is_refused(client: httpx.Client, path: str) -> None:
    problem(add(client, path, client.get(path).json()["language"]), 422, "invalid_option")


def test_tasks_without_transcript_have_no_translations(client: httpx.Client) -> None:
    failed = finish(client, submit(client, deeds={"0": "refuse"})["id"])
    url = f"/api/transcripts/{failed['id']}/translations"
    problem(client.get(url), 409, "conflict")
    problem(client.post(url, json={"language": "de", "lines": []}), 409, "conflict")
    problem(client.get("/api/transcripts/nobody/translations"), 404, "not_found")


@pytest.fixture
def translating(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server whose settings name a translation service."""
    with libre_translate() as service:
        values = settings_for(tmp_path).model_dump() | {"translation": {"service": service.url}}
        settings = Settings.model_validate(values)
        app = create_app(settings, TaskManager(settings, ChunkRunner))
        with serving(app, settings) as served, served.client() as client:
            yield client


def test_the_servers_own_translator_is_used_when_no_lines_are_sent(translating: httpx.Client) -> None:
    done = finish(translating, submit(translating, chunks=2)["id"])
    path = f"/api/transcripts/{done['id']}"
    answer = translating.post(f"{path}/translations", json={"language": "de"})
    assert answer.status_code == 201, answer.text
    assert translating.get(path).json()["translations"]["de"][0]["text"].startswith("[de] word0")
    problem(translating.post(f"{path}/translations", json={"language": "tlh"}), 422, "invalid_option")
    patch = translating.patch("/api/config", json={"translation": {"service": "http://elsewhere.example"}})
    assert patch.status_code == 409
