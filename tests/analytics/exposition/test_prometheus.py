"""A real Prometheus scrapes us by the shipped example, loads the rules and fills every panel of the dashboard."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from audapolis.analytics.exposition.registry import Exposition
from audapolis.domain.events import JobQueued, JobStarted, StageStarted

from tests.analytics.exposition.happening import happenings, look
from tests.analytics.exposition.test_shipped import CURVES, RULES, SHIPPED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="prometheus is not installed (Debian's package of this name has it)"
    ),
]

TOKEN = "a-token-of-sixteen-or-more"
PATIENCE_S = 120.0


class Scraped:
    """A small HTTP server that answers `/metrics` as ours does, to those who know the token."""

    def __init__(self, exposition: Exposition) -> None:
        self.content_types: set[str] = set()
        scraped = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    self.send_error(401)
                    return
                body, content_type = exposition.render(self.headers.get("Accept", ""))
                scraped.content_types.add(content_type)
                self.send_response(200 if self.path == "/metrics" else 404)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Prometheus:
    """A Prometheus with our example configuration, asked by its HTTP API."""

    def __init__(self, folder: Path, target: str) -> None:
        example = yaml.safe_load((SHIPPED / "prometheus.yml").read_text())
        example["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        example["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(example))
        (folder / "audapolis.token").write_text(TOKEN)
        shutil.copy(SHIPPED / "audapolis-rules.yml", folder)
        self._folder = folder
        self._start()

    def _start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        with (self._folder / "log.txt").open("wb") as log:
            self._process = subprocess.Popen(
                ["prometheus", f"--config.file={self._folder}/prometheus.yml", "--log.level=warn",
                 f"--storage.tsdb.path={self._folder}/data", f"--web.listen-address=127.0.0.1:{port}"],
                stdout=log, stderr=log,
            )  # fmt: skip

    def get(self, path: str, **query: str) -> Any:
        assert self._process.poll() is None, (self._folder / "log.txt").read_text()
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, promql: str) -> list[Any]:
        result: list[Any] = self.get("query", query=promql)["result"]
        return result

    def wait_for(self, what: str, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                if ready():
                    return
            except OSError:  # it is not up yet
                pass
            time.sleep(0.5)
        pytest.fail(f"{what} did not come. Prometheus says: {(self._folder / 'log.txt').read_text()}")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture(scope="module")
def exposition() -> Exposition:
    exposition = Exposition()
    happen(exposition)
    return exposition


def happen(exposition: Exposition) -> None:
    for event in happenings():
        exposition.listen(event)
    exposition.observe(look())
    running = "1b2f0c9e-0000-4000-8000-000000000001"
    for event in (JobQueued(job_id=running), JobStarted(job_id=running, attempt=1)):
        exposition.listen(event)
    exposition.listen(StageStarted(job_id=running, stage="transcribe"))


@pytest.fixture(scope="module")
def scraped(exposition: Exposition) -> Iterator[Scraped]:
    server = Scraped(exposition)
    yield server
    server.close()


@pytest.fixture(scope="module")
def prometheus(scraped: Scraped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), scraped.address)
    try:
        server.wait_for("the target", lambda: bool(server.query('up{job="audapolis"} == 1')))
        yield server
    finally:
        server.close()


def test_the_target_is_up_and_speaks_open_metrics(prometheus: Prometheus, scraped: Scraped) -> None:
    [target] = prometheus.get("targets")["activeTargets"]
    assert (target["health"], target["lastError"], target["labels"]["job"]) == ("up", "", "audapolis")
    assert {kind.partition(";")[0] for kind in scraped.content_types} == {"application/openmetrics-text"}


def test_the_rules_are_loaded_and_evaluate(prometheus: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]

    prometheus.wait_for("the first evaluation", lambda: all(rule["health"] != "unknown" for rule in rules()))
    assert {rule["name"] for rule in rules()} == {rule.get("alert") or rule["record"] for rule in RULES}
    assert [rule["lastError"] for rule in rules() if rule["health"] != "ok"] == []


def test_a_metric_can_be_asked_for(prometheus: Prometheus) -> None:
    [found] = prometheus.query('audapolis_jobs_total{outcome="failed"}')
    assert found["metric"]["error"] == "out_of_memory"
    assert float(found["value"][1]) >= 1
    [median] = prometheus.query("histogram_quantile(0.5, sum by (le) (audapolis_job_run_seconds_bucket))")
    assert 60 <= float(median["value"][1]) <= 120


def test_every_panel_of_the_dashboard_shows_something(prometheus: Prometheus, exposition: Exposition) -> None:
    happen(exposition)  # between two scrapes, or no rate would be more than nothing
    empty = {target["expr"] for _, target in CURVES}

    def all_filled() -> bool:
        for promql in sorted(empty):
            asked = promql.replace("$__rate_interval", "2m").replace("$instance", ".*")
            if any(sample["value"][1] != "NaN" for sample in prometheus.query(asked)):
                empty.discard(promql)
        return not empty

    try:
        prometheus.wait_for("something in every panel", all_filled)
    finally:
        assert empty == set()
