"""`/api/knobs`: turned within bounds, on record, and back again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.main import create_app
from audapolis.tasks import TaskManager
from audapolis.tuning.knobs import KNOBS

from ..jobs.runners import ChunkRunner
from .conftest import Served, problem, serving, settings_for

BASE = "/api/knobs"


@pytest.fixture
def turning(tmp_path: Path) -> Iterator[Served]:
    settings = settings_for(tmp_path)
    with serving(create_app(settings, TaskManager(settings, ChunkRunner)), settings) as served:
        yield served


@pytest.fixture
def client(turning: Served) -> Iterator[httpx.Client]:
    with turning.client() as client:
        yield client


def turn(client: httpx.Client, name: str, value: object, reason: str = "a try") -> httpx.Response:
    return client.put(f"{BASE}/{name}", json={"value": value, "reason": reason})


def knob(client: httpx.Client, name: str) -> Any:
    return next(each for each in client.get(BASE).json()["knobs"] if each["name"] == name)


def test_every_knob_is_shown_with_its_bounds(client: httpx.Client) -> None:
    body = client.get(BASE).json()
    assert [each["name"] for each in body["knobs"]] == list(KNOBS)
    keep = knob(client, "model_keep_alive")
    assert (keep["value"], keep["bounds"]["lowest"], keep["bounds"]["highest"]) == (600.0, 0, 604_800)
    assert (keep["unit"], keep["effect"], keep["turn_id"], keep["moved"]) == ("s", "next job", "", None)
    assert knob(client, "warm_up")["bounds"]["choices"] == [False, True]
    assert body["lock"] == {"locked": False, "by": "", "reason": "", "at": 0.0}


def test_a_turn_changes_the_setting_is_on_record_and_can_be_undone(client: httpx.Client, turning: Served) -> None:
    answer = turn(client, "model_keep_alive", 1800, "mornings are slow")
    done = answer.json()
    assert answer.status_code == 200
    assert (done["old"], done["new"], done["by"], done["reason"]) == (600.0, 1800.0, "127.0.0.1", "mornings are slow")
    assert client.get("/api/config").json()["settings"]["models"]["keep_alive_s"] == 1800.0
    assert knob(client, "model_keep_alive")["turn_id"] == done["id"]
    turn(client, "warm_up", True)
    turns = client.get(f"{BASE}/turns").json()["turns"]
    assert [each["knob"] for each in turns] == ["warm_up", "model_keep_alive"]
    assert client.get(f"{BASE}/turns", params={"knob": "model_keep_alive"}).json()["turns"] == [done]
    assert len(client.get(f"{BASE}/turns", params={"limit": 1}).json()["turns"]) == 1
    undone = client.post(f"{BASE}/turns/{done['id']}/undo").json()
    assert (undone["new"], undone["undoes"]) == (600.0, done["id"])
    problem(client.post(f"{BASE}/turns/{done['id']}/undo"), 409, "conflict")
    kept = turning.app.state.monitor.history.frame("changes", None, ["key", "new", "by"], {"what": "knob"})
    assert [json.loads(new) for new in kept["new"]] == [1800.0, True, 600.0]
    assert set(kept["by"]) == {"127.0.0.1"}


def test_what_was_changed_otherwise_meanwhile_is_not_undone(client: httpx.Client) -> None:
    done = turn(client, "cache_age", 30).json()
    client.patch("/api/config", json={"cache": {"max_age_days": 3}})
    problem(client.post(f"{BASE}/turns/{done['id']}/undo"), 412, "stale")


@pytest.mark.parametrize("value", [-1, 1e9, "high", None, [600], {"s": 600}, True])
def test_a_value_that_can_not_be_is_refused_with_the_bounds(client: httpx.Client, value: object) -> None:
    body = problem(turn(client, "model_keep_alive", value), 422, "invalid_option")
    assert body["field"] == "value"
    assert "0 to 604800 s" in body["hint"]
    assert client.get(f"{BASE}/turns").json() == {"turns": []}


def test_other_refusals_say_why(client: httpx.Client) -> None:
    assert "'workers'" in problem(turn(client, "worker", 2), 422, "unknown_name")["detail"]
    problem(turn(client, "default_model:nowhere", "small"), 422, "invalid_option")
    assert problem(turn(client, "warm_up", True, " "), 422, "invalid_option")["field"] == "reason"
    assert problem(client.put(f"{BASE}/warm_up", json={"value": True}), 422, "invalid_request")["field"] == "reason"
    problem(client.put(f"{BASE}/warm_up", json={"value": True, "reason": "x", "by": "me"}), 422, "invalid_request")
    problem(turn(client, "warm_up", False), 409, "conflict")
    problem(client.post(f"{BASE}/turns/nothing/undo"), 404, "not_found")
    problem(client.get(f"{BASE}/turns", params={"knob": "worker"}), 422, "unknown_name")


def test_the_lock_keeps_programs_out_and_people_not(client: httpx.Client) -> None:
    locked = client.put(f"{BASE}/lock", json={"locked": True, "reason": "measurements"}).json()
    assert (locked["locked"], locked["by"], locked["reason"]) == (True, "127.0.0.1", "measurements")
    assert client.get(BASE).json()["lock"] == locked
    assert turn(client, "warm_up", True).status_code == 200
    assert client.put(f"{BASE}/lock", json={"locked": False}).json()["locked"] is False
    problem(client.put(f"{BASE}/lock", json={"locked": "perhaps"}), 422, "invalid_request")


def test_models_on_this_machine_are_what_may_be_chosen(turning: Served, client: httpx.Client) -> None:
    here = [model.name for model in turning.app.state.library.installed() if model.engine == "whisper"]
    assert knob(client, "default_model")["bounds"]["choices"] == here
