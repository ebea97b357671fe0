"""`/api/exports/templates`."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from .conftest import finish, problem, submit

BASE = "/api/exports/templates"
SOURCE = "{% for s in segments %}\n{{ s.text }}\n{% endfor %}\n"


@pytest.fixture
def name(client: httpx.Client) -> Iterator[str]:
    yield "minutes"
    client.delete(f"{BASE}/minutes")


def test_templates_are_saved_listed_shown_restored_and_deleted(client: httpx.Client, name: str) -> None:
    answer = client.put(f"{BASE}/{name}", json={"source": SOURCE, "extension": ".MD"})
    assert answer.status_code == 200, answer.text
    first = answer.json()
    assert (first["version"], first["extension"], first["warning"]) == (1, "md", "")
    client.put(f"{BASE}/{name}", json={"source": SOURCE + "end\n", "extension": "md"})
    assert [each["version"] for each in client.get(f"{BASE}/{name}/versions").json()["templates"]] == [2, 1]
    assert client.get(f"{BASE}/{name}", params={"version": 1}).json()["source"] == SOURCE
    diff = client.get(f"{BASE}/{name}/diff", params={"before": 1, "after": 2}).json()["diff"]
    assert diff.endswith("+end\n")
    assert client.post(f"{BASE}/{name}/versions/1/restore").json()["version"] == 3
    assert [each["name"] for each in client.get(BASE).json()["templates"]] == [name]
    assert client.delete(f"{BASE}/{name}").status_code == 204
    problem(client.get(f"{BASE}/{name}"), 404, "not_found")


def test_a_template_is_previewed_before_and_after_it_is_saved(client: httpx.Client, name: str) -> None:
    sample = client.post(f"{BASE}/preview", json={"source": SOURCE}).json()
    assert sample["text"].startswith("Good morning")
    assert sample["cut"] is False
    client.put(f"{BASE}/{name}", json={"source": SOURCE})
    task = finish(client, submit(client, chunks=2)["id"])
    on_task = client.post(f"{BASE}/preview", json={"name": name, "transcript_id": task["id"]})
    assert on_task.json()["text"] == "word0 word1\n"
    download = client.get(f"/api/transcripts/{task['id']}/export", params={"format": f"template:{name}"})
    assert download.text == "word0 word1\n"
    problem(client.post(f"{BASE}/preview", json={}), 422, "invalid_option")


def test_what_is_wrong_is_told_with_its_line(client: httpx.Client) -> None:
    body = problem(client.put(f"{BASE}/bad", json={"source": "a\n{% if %}"}), 422, "invalid_template")
    assert body["line"] == 2
    problem(client.put(f"{BASE}/bad", json={"source": "{{ nobody }}"}), 422, "invalid_template")
    problem(client.post(f"{BASE}/preview", json={"source": "{{ [1] * 10**9 }}"}), 422, "invalid_template")
    problem(client.put(f"{BASE}/Bad Name", json={"source": "x"}), 422, "invalid_option")
    problem(client.put(f"{BASE}/bad", json={"source": "x", "more": 1}), 422, "invalid_request")
    problem(client.get(f"{BASE}/bad"), 404, "not_found")
