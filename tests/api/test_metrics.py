"""`/metrics` as Prometheus gets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audapolis.analytics.exposition.metrics import METRICS
from audapolis.main import create_app
from audapolis.tasks import TaskManager
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from ..jobs.runners import ChunkRunner
from .conftest import Served, finish, problem, serving, settings_for, submit

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def served_with(folder: Path, **analytics: Any) -> Any:
    usual = settings_for(folder)
    settings = usual.model_copy(update={"analytics": usual.analytics.model_copy(update=analytics)})
    return serving(create_app(settings, TaskManager(settings, ChunkRunner)), settings)


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_with(tmp_path_factory.mktemp("scraped")) as served:
        with served.client() as client:
            finish(client, submit(client, chunks=1)["id"])
        served.app.state.monitor.settle()
        yield served


def test_what_happened_is_told_in_prometheus_own_text(scraped: Served) -> None:
    with scraped.client() as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    samples = [sample for family in plain_text(answer.text) for sample in family.samples]
    done = [each for each in samples if each.name == "audapolis_jobs_total" and each.labels["outcome"] == "done"]
    assert sum(each.value for each in done) == 1
    bare = {name.removesuffix(end) for name in METRICS for end in ("", "_total", "_info")}
    assert {family.name for family in plain_text(answer.text)} <= bare


def test_open_metrics_is_told_where_it_is_asked_for(scraped: Served) -> None:
    with scraped.client() as client:
        answer = client.get("/metrics", headers={"Accept": OPEN_METRICS})
    assert answer.headers["content-type"].startswith(OPEN_METRICS)
    assert answer.text.endswith("# EOF\n")
    assert list(open_metrics(answer.text))


def test_the_token_is_needed_unless_the_server_was_told_otherwise(scraped: Served, tmp_path: Path) -> None:
    with scraped.client(None) as stranger, scraped.client("x" * 43) as impostor:
        for client in (stranger, impostor):
            problem(client.get("/metrics"), 401, "unauthorized")
    with served_with(tmp_path, open_metrics=True) as served:
        for token in (None, "x" * 43):
            with served.client(token) as client:
                assert client.get("/metrics").status_code == 200
                problem(client.get("/api/analytics"), 401, "unauthorized")


def test_switched_off_there_is_nothing_to_tell_and_no_zeros(tmp_path: Path) -> None:
    with served_with(tmp_path, enabled=False) as served, served.client() as client:
        problem(client.get("/metrics"), 409, "conflict")
