"""Who is let in: tokens, host names, origins, and how errors are told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from audapolis.api.errors import STATUS, status_of
from audapolis.api.middleware import MAX_BODY_BYTES, is_local_host
from audapolis.config import Settings
from audapolis.errors import AudapolisError, InvalidInput, NotFound
from audapolis.main import create_app

from .conftest import TOKEN, Served, problem, serving, settings_for

OPEN = {"/health/live", "/health/ready", "/openapi.json", "/docs"}


def routes(served: Served) -> list[tuple[str, str]]:
    paths = served.app.openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def test_every_route_but_health_needs_the_token(served: Served) -> None:
    with served.client(None) as stranger, served.client("x" * 43) as impostor:
        for method, path in routes(served):
            if path in OPEN:
                continue
            for client in (stranger, impostor):
                answer = client.request(method, path)
                if path.startswith("/v1/"):  # as OpenAI says it
                    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
                else:
                    problem(answer, 401, "unauthorized")
                assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", sorted(OPEN))
def test_health_and_documentation_need_none(served: Served, path: str) -> None:
    with served.client(None) as stranger:
        answer = stranger.get(path)
    assert answer.status_code == 200
    assert TOKEN not in answer.text
    assert str(served.settings.data_dir) not in answer.text


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        (b"Bearer \xff\xfe", 401),
    ],
)
def test_only_the_exact_token_counts(served: Served, header: str | bytes, status: int) -> None:
    with served.client(None) as client:
        assert client.get("/api/tasks", headers={"Authorization": header}).status_code == status


def test_a_token_is_made_where_none_is_set(tmp_path: Any) -> None:
    first, second = (create_app(Settings(data_dir=tmp_path)) for _ in range(2))
    assert len(first.state.token) >= 40
    assert first.state.token != second.state.token


def test_ready_means_store_and_workers_are_there(client: httpx.Client, served: Served) -> None:
    assert client.get("/health/ready").json() == {"status": "ok", "store": True, "workers": 1}
    assert client.get("/health/live").json() == {"status": "ok"}


def test_not_ready_without_a_store(serve_with: Callable[..., Served]) -> None:
    served = serve_with()
    served.tasks.stop()
    with served.client(None) as client:
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {"status": "unavailable", "store": False, "workers": 0}
        assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:80", "localhost:1", "[::1]:8000", "server", "a.localhost", ""]
)
def test_requests_for_this_machine_pass(host: str) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "192.168.1.5", "evil.example:127"])
def test_requests_for_another_site_are_misdirected(served: Served, host: str) -> None:
    with served.client() as client:
        problem(client.get("/api/tasks", headers={"Host": host}), 421, "misdirected_request")
    assert not is_local_host(host)


def test_a_server_for_other_machines_takes_any_name(serve_with: Callable[..., Served]) -> None:
    with serve_with(host="0.0.0.0").client() as client:
        assert client.get("/api/tasks", headers={"Host": "audapolis.example"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["null", "file://", "app://audapolis", "http://localhost:3000", "http://127.0.0.1:8000"]
)
def test_the_desktop_app_and_local_pages_may_read_answers(served: Served, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    with served.client(None) as client:
        answer = client.options("/tasks/start_transcription/", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert answer.headers["access-control-allow-private-network"] == "true"
    with served.client() as client:
        assert client.get("/tasks/list/", headers={"Origin": origin}).headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "http://192.168.1.5"])
def test_other_pages_may_not(served: Served, origin: str) -> None:
    with served.client() as client:
        answer = client.get("/api/tasks", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        preflight = client.options("/api/tasks", headers={"Origin": origin, "Access-Control-Request-Method": "GET"})
        assert "access-control-allow-origin" not in preflight.headers


def test_unknown_routes_and_wrong_methods_are_problems(client: httpx.Client) -> None:
    assert "/docs" in problem(client.get("/api/nothing"), 404, "not_found")["hint"]
    answer = client.put("/api/tasks")
    assert "PUT" in problem(answer, 405, "method_not_allowed")["detail"]
    assert answer.headers["allow"]


def test_wrong_json_names_the_field(client: httpx.Client) -> None:
    url = "/util/otio/convert?name=film&adapter=otio_json"
    answer = client.post(url, content=b"[{", headers={"Content-Type": "application/json"})
    problem(answer, 422, "invalid_request")
    body = problem(client.post(url, json=[{"speaker": "A"}]), 422, "invalid_request")
    assert {each["field"] for each in body["errors"]} >= {"0.source_file", "0.length"}
    assert problem(client.post("/util/otio/convert", json=[]), 422, "invalid_request")["field"] == "name"


def test_large_bodies_are_refused_announced_or_not(client: httpx.Client) -> None:
    url = "/util/otio/convert?name=film&adapter=otio_json"
    json = {"Content-Type": "application/json"}

    def endless() -> Iterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 2**20 + 2):
            yield b" " * 2**20

    problem(client.post(url, content=b" " * (MAX_BODY_BYTES + 1), headers=json), 413, "too_large")
    problem(client.post(url, content=endless(), headers=json), 413, "too_large")


def test_an_unexpected_error_is_logged_and_not_shown(
    serve_with: Callable[..., Served], caplog: pytest.LogCaptureFixture
) -> None:
    served = serve_with()
    served.app.state.exporter = None  # as a bug would have it
    with caplog.at_level(logging.ERROR), served.client() as client:
        body = problem(client.get("/api/exports/formats"), 500, "internal_error")
    assert "NoneType" not in str(body)
    assert any("GET /api/exports/formats" in record.getMessage() for record in caplog.records)


def test_every_error_has_a_status() -> None:
    def family(kind: type[AudapolisError]) -> Iterator[type[AudapolisError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from family(child)

    ours = [kind for kind in family(AudapolisError) if kind.__module__ == "audapolis.errors"]
    assert set(ours) == set(STATUS)
    assert all(400 <= STATUS[kind] < 500 for kind in ours if issubclass(kind, InvalidInput))

    class SpecialCase(NotFound):
        """Not in the table."""

    assert status_of(SpecialCase("gone")) == 404


def test_a_second_server_on_the_same_data_is_refused_with_a_reason(tmp_path: Any) -> None:
    settings = settings_for(tmp_path)
    from audapolis.errors import Conflict
    from audapolis.main import serve
    from audapolis.terminal.serving import listen

    with serving(create_app(settings), settings):
        began = time.monotonic()
        with pytest.raises(Conflict, match="data folder"):
            serve(settings, listen("127.0.0.1", 0), lambda _running: None)
        assert time.monotonic() - began < 10
