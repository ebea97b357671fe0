"""`/api/analytics`: questions, curves, waterfalls, the stream, the report, advice, forgetting."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from audapolis.analytics.facts import ExportFact, Fact, FallbackFact, FeedbackFact, LoadFact, Sample
from audapolis.analytics.questions import QUESTIONS
from audapolis.analytics.series import SERIES
from audapolis.analytics.span import DAY_S, HOUR_S
from audapolis.analytics.waterfall import waterfall
from audapolis.api.analytics_stream import now_stream
from audapolis.api.events import HEARTBEAT, Live
from audapolis.main import create_app
from audapolis.performance_monitor import PerformanceMonitor
from audapolis.tasks import TaskManager

from ..analytics.advice_scenes import SCENES
from ..analytics.fact_builders import MONDAY, failure_of, site, stage
from ..jobs.runners import ChunkRunner
from .conftest import Served, finish, problem, serving, settings_for, submit

BASE = "/api/analytics"
WEEK = {"since": str(MONDAY), "until": str(MONDAY + 7 * DAY_S)}


@contextmanager
def remembering(folder: Path, **analytics: Any) -> Iterator[Served]:
    """A server that forgets nothing by itself, however long ago it was."""
    usual = settings_for(folder)
    kept = dict.fromkeys(("raw_days", "minute_days", "hour_days", "fact_days"), 36_500.0)
    settings = usual.model_copy(update={"analytics": usual.analytics.model_copy(update={**kept, **analytics})})
    with serving(create_app(settings, TaskManager(settings, ChunkRunner)), settings) as running:
        yield running


def monitor_of(served: Served) -> PerformanceMonitor:
    monitor: PerformanceMonitor = served.app.state.monitor
    return monitor


def week() -> tuple[list[Fact], list[Sample]]:
    """A lively week with everything that is remembered."""
    jobs = site(7, jobs=500, days=7)
    facts: list[Fact] = [*jobs]
    for number, job in enumerate(jobs):
        facts.append(stage(job, "transcribe", 0.8 * job.run_s, path_s=0.8 * job.run_s, engine=job.engine))
        if job.outcome == "failed":
            facts.append(failure_of(job))
        elif number % 3 == 0:
            facts.append(ExportFact(at=job.at + 60, format="srt", transcript_id=job.transcript_id, size_bytes=1000))
            facts.append(FeedbackFact(at=job.at + 90, job_id=job.job_id, kind="rating", stars=4, model=job.model))
        if number % 50 == 0:
            facts.append(LoadFact(at=job.at - job.run_s, what="cold", model=job.model, wall_s=3.0, job_id=job.job_id))
            facts.append(FallbackFact(at=job.at, job_id=job.job_id, wanted="cuda", used="cpu", reason="no GPU"))
    samples = [
        Sample(series, MONDAY + minute * 60, float(minute % 60), labels)
        for minute in range(0, 2 * 24 * 60, 5)
        for series, labels in (
            ("cpu.load", ()),
            ("gpu.utilisation", (("device", "cuda:0"),)),
            ("gpu.utilisation", (("device", "cuda:1"),)),
        )
    ]
    return facts, samples


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with remembering(tmp_path_factory.mktemp("known")) as served:
        monitor_of(served).history.write(*week())
        yield served


@pytest.fixture
def client(known: Served) -> Iterator[httpx.Client]:
    with known.client() as client:
        yield client


def strict(answer: httpx.Response) -> Any:
    """JSON as the standard has it: no NaN, no Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_constant=refuse)


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_what_can_be_asked_is_listed(client: httpx.Client) -> None:
    body = strict(client.get(BASE))
    assert body["enabled"] is True
    assert [each["name"] for each in body["questions"]] == list(QUESTIONS)
    assert [each["name"] for each in body["series"]] == list(SERIES)
    told = {each["name"] for each in body["dimensions"]}
    assert told == {name for question in QUESTIONS.values() for name in question.by}
    assert all(each["tells"].endswith(".") for kind in ("questions", "dimensions", "figures") for each in body[kind])


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered_as_json_and_as_a_table(client: httpx.Client, question: str) -> None:
    for params in (WEEK, {"last": "1m"}, {"last": "9999w"}, {"since": "0", "until": "9999-12-31"}):
        body = strict(client.get(f"{BASE}/{question}", params=params))
        assert body["question"] == question
        assert body["period"]["since"] < body["period"]["until"]
        assert body["answer"] is not None
    table(client.get(f"{BASE}/{question}", params={**WEEK, "format": "csv"}))


@pytest.mark.parametrize(("question", "by"), [(name, by) for name, each in QUESTIONS.items() for by in each.by])
def test_every_question_can_be_grouped_as_it_says(client: httpx.Client, question: str, by: str) -> None:
    strict(client.get(f"{BASE}/{question}", params={**WEEK, "by": by}))


def test_groups_are_columns_of_the_table(client: httpx.Client) -> None:
    params = {**WEEK, "by": "model, language,model"}
    body = strict(client.get(f"{BASE}/processing", params=params))
    assert body["by"] == ["model", "language"]
    rows = table(client.get(f"{BASE}/processing", params={**params, "format": "csv"}))
    assert {(row["group.model"], row["group.language"]) for row in rows} == {
        (each["group"]["model"], each["group"]["language"]) for each in body["answer"]
    }
    assert sum(int(row["jobs"]) for row in rows) == 500


def test_hours_are_those_of_the_zone(client: httpx.Client) -> None:
    params = {"since": "2026-01-05T00:00:00+01:00", "until": "2026-01-12"}
    here, there = (
        strict(client.get(f"{BASE}/usage", params={**params, "zone": zone})) for zone in ("UTC", "Asia/Tokyo")
    )
    assert there["zone"] == "Asia/Tokyo"
    assert here["period"]["since"] == MONDAY - HOUR_S
    hours = here["answer"]["by_hour"]
    assert there["answer"]["by_hour"] == hours[-9:] + hours[:-9]


def test_a_plus_that_nobody_escaped_is_understood(client: httpx.Client) -> None:
    body = strict(client.get(f"{BASE}/usage?since=2026-01-05T00:00:00+01:00&until=2026-01-12"))
    assert body["period"]["since"] == MONDAY - HOUR_S


@pytest.mark.parametrize(
    "query",
    [
        "last=7x",
        "last=0d",
        "last=7d&since=2026-01-01",
        "since=yesterday",
        "since=nan",
        "since=2026-02-01&until=2026-01-01",
        "since=9999-12-31",
        "zone=Europe/Berlinn",
        "zone=../../etc/passwd",
        "zone=",
        "by=model",
    ],
)
def test_what_makes_no_sense_is_refused(client: httpx.Client, query: str) -> None:
    body = problem(client.get(f"{BASE}/usage?{query}"), 422, "invalid_option")
    assert body["hint"] or "not by both" in body["detail"]


def test_unknown_names_are_answered_with_the_nearest(client: httpx.Client) -> None:
    assert "'processing'" in problem(client.get(f"{BASE}/proccessing"), 422, "unknown_name")["detail"]
    assert "'cpu.load'" in problem(client.get(f"{BASE}/series/cpu.laod"), 422, "unknown_name")["detail"]
    answer = client.get(f"{BASE}/series/gpu.utilisation", params={"label.devices": "cuda:0"})
    assert "'device'" in problem(answer, 422, "unknown_name")["detail"]
    problem(client.get(f"{BASE}/usage", params={"format": "xml"}), 422, "invalid_request")


def test_curves_are_told_apart_by_labels(client: httpx.Client) -> None:
    url = f"{BASE}/series/gpu.utilisation"
    body = strict(client.get(url, params={**WEEK, "step_s": "3600"}))
    assert (body["unit"], [each["labels"]["device"] for each in body["curves"]]) == ("fraction", ["cuda:0", "cuda:1"])
    [curve] = strict(client.get(url, params={**WEEK, "step_s": "3600", "label.device": "cuda:1"}))["curves"]
    assert curve["at"] == [MONDAY + hour * HOUR_S for hour in range(48)]
    assert (set(curve["low"]), set(curve["high"]), set(curve["count"])) == ({0.0}, {55.0}, {12})
    rows = table(client.get(url, params={**WEEK, "step_s": "3600", "format": "csv"}))
    assert list(rows[0]) == ["device", "at", "mean", "low", "high", "count"]
    assert len(rows) == 96
    assert client.get(f"{BASE}/series/gpu.power_w?format=csv").text == "device,at,mean,low,high,count\r\n"


@pytest.mark.parametrize("step", ["0", "-1", "nan", "inf", "0.001"])
def test_senseless_steps_are_refused(client: httpx.Client, step: str) -> None:
    answer = client.get(f"{BASE}/series/cpu.load", params={**WEEK, "step_s": step})
    assert answer.status_code == 422
    assert answer.json()["field"] == "step_s"


def test_a_jobs_waterfall(client: httpx.Client, known: Served) -> None:
    body = strict(client.get(f"{BASE}/jobs/job-17"))
    shown = waterfall(monitor_of(known).history, "job-17")
    assert (body["latency_s"], [bar["name"] for bar in body["bars"]]) == (
        shown.latency_s,
        [bar.name for bar in shown.bars],
    )
    problem(client.get(f"{BASE}/jobs/nothing"), 404, "not_found")


def test_the_report_is_a_page_that_runs_nothing_or_its_figures(client: httpx.Client) -> None:
    page = client.get(f"{BASE}/report", params=WEEK)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert "<script" not in page.text
    body = strict(client.get(f"{BASE}/report", params={**WEEK, "format": "json", "zone": "Europe/Berlin"}))
    assert body["period"]["since"] == MONDAY


def test_this_moment(client: httpx.Client) -> None:
    body = strict(client.get(f"{BASE}/now"))
    assert set(body["queue"]) == {"waiting", "oldest_s", "workers", "busy"}
    assert all(each["unit"] == SERIES[each["series"]].unit for each in body["samples"])


def events(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_the_stream_begins_with_this_moment_and_tells_of_jobs(tmp_path: Path) -> None:
    with remembering(tmp_path) as served, served.client() as client, served.client() as other:
        with client.stream("GET", f"{BASE}/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            told = events(answer)
            name, first = next(told)
            assert (name, first["queue"]["busy"]) == ("now", 0)
            task = submit(other, chunks=200, chunk_s=0.1)
            began = time.monotonic()
            seen = 1
            for _, moment in told:
                seen += 1
                if moment["queue"]["busy"]:
                    break
            assert seen <= 2 + (time.monotonic() - began), "more than one a second"
        other.post(f"/api/tasks/{task['id']}/cancel")


def test_an_open_stream_does_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    with remembering(tmp_path) as served:
        begun, ended = threading.Event(), threading.Event()

        def listen() -> None:
            with served.client() as client, client.stream("GET", f"{BASE}/stream") as answer:
                for _ in answer.iter_lines():
                    begun.set()
            ended.set()

        threading.Thread(target=listen).start()
        assert begun.wait(10)
        served.app.state.live.close()
        assert ended.wait(10)


def test_a_quiet_stream_is_kept_alive_and_ends_with_the_server(tmp_path: Path) -> None:
    async def watch() -> None:
        live = Live(heartbeat_s=0.0)
        stream = now_stream(live, monitor, pace_s=0.01)
        assert (await anext(stream)).startswith(b"id: 0\nevent: now\ndata: {")
        assert await anext(stream) == HEARTBEAT
        monitor.remember([])
        assert (await anext(stream)).startswith(b"id: 1\n")
        live.close()
        assert [piece async for piece in stream] == []

    monitor = PerformanceMonitor(settings_for(tmp_path))
    asyncio.run(watch())
    monitor.history.close()


def advised(served: Served, rule: str) -> dict[str, str]:
    """A site in which a rule speaks whatever machine this is; the period to ask for."""
    scene, _ = SCENES[rule]
    jobs = scene.facts()
    monitor_of(served).history.write([*jobs, *scene.more(jobs)])
    return {"since": str(scene.period.since), "until": str(scene.period.until)}


def advice_of(client: httpx.Client, params: dict[str, str], rule: str) -> Any:
    given = strict(client.get(f"{BASE}/advice", params=params))["answer"]["advice"]
    return next(each for each in given if each["rule"] == rule)


def test_advice_is_applied_with_its_evidence_on_record_and_taken_back(tmp_path: Path) -> None:
    with remembering(tmp_path) as served, served.client() as client:
        params = advised(served, "warm_up")
        advice = advice_of(client, params, "warm_up")
        url = f"{BASE}/advice/{advice['id']}/apply"
        turn = strict(client.post(url, params=params))
        assert (turn["knob"], turn["old"], turn["new"]) == ("warm_up", False, True)
        assert turn["by"].startswith("advice")
        assert "127.0.0.1" in turn["by"]
        assert (turn["reason"], turn["expect"]["what"]) == (advice["do"], advice["expect"]["what"])
        assert turn["evidence"]["why"] == advice["why"]
        problem(client.post(url, params=params), 409, "conflict")  # what was done is advised no longer
        undone = strict(client.post(f"/api/knobs/turns/{turn['id']}/undo"))
        assert (undone["new"], undone["undoes"]) == (False, turn["id"])
        body = problem(client.post(url, params=params), 409, "conflict")  # too soon for a program
        assert "programs leave it alone" in body["detail"]
        changes = monitor_of(served).history.frame("changes", None, ["key", "new"], {"what": "knob"})
        assert changes["new"].tolist() == ["true", "false"]


def test_advice_that_only_a_person_can_follow_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with remembering(tmp_path) as served, served.client() as client:
        params = advised(served, "flooding_client")
        advice = advice_of(client, params, "flooding_client")
        body = problem(client.post(f"{BASE}/advice/{advice['id']}/apply", params=params), 409, "conflict")
        assert advice["do"] in body["detail"]
        problem(client.post(f"{BASE}/advice/nothing/apply", params=params), 409, "conflict")


def test_a_job_a_client_and_everything_are_forgotten(tmp_path: Path) -> None:
    with remembering(tmp_path) as served, served.client() as client:
        jobs = site(3, jobs=50, days=2)
        of_first = [job for job in jobs if job.client == jobs[0].client]
        history = monitor_of(served).history
        history.write([*jobs, *(stage(job, "decode", 1.0) for job in jobs)], [Sample("cpu.load", MONDAY, 1.0)])
        assert strict(client.delete(f"{BASE}/jobs/{jobs[0].job_id}")) == {"facts": 2}
        assert strict(client.delete(f"{BASE}/jobs/{jobs[0].job_id}")) == {"facts": 0}
        problem(client.get(f"{BASE}/jobs/{jobs[0].job_id}"), 404, "not_found")
        assert strict(client.delete(f"{BASE}/clients/{jobs[0].client}")) == {"facts": 2 * (len(of_first) - 1)}
        problem(client.delete(BASE), 422, "invalid_option")
        problem(client.delete(BASE, params={"confirm": "yes"}), 422, "invalid_option")
        assert len(history.frame("jobs", None, ["at"])) == 50 - len(of_first)
        assert strict(client.delete(BASE, params={"confirm": "all"}))["facts"] > 2 * (50 - len(of_first))
        assert len(history.frame("jobs", None, ["at"])) == 0
        assert strict(client.get(f"{BASE}/usage", params=WEEK))["answer"]["jobs"] == 0


def test_whoever_asks_is_forgotten(tmp_path: Path) -> None:
    with remembering(tmp_path) as served, served.client() as client:
        task = finish(client, submit(client, chunks=1)["id"])
        monitor_of(served).settle()
        assert strict(client.get(f"{BASE}/jobs/{task['id']}"))["outcome"] == "done"
        assert strict(client.delete(f"{BASE}/clients/me"))["facts"] > 0
        problem(client.get(f"{BASE}/jobs/{task['id']}"), 404, "not_found")


@pytest.mark.parametrize("ended", [True, False])
def test_deleting_a_task_forgets_it_where_that_is_asked_for(tmp_path: Path, ended: bool) -> None:
    with remembering(tmp_path) as served, served.client() as client:
        jobs = []
        for forget in (True, False):
            task = submit(client, chunks=1 if ended else 200, chunk_s=0.1)
            if ended:
                finish(client, task["id"])
            else:
                until_running(client, task["id"])
            params = {"forget": "true"} if forget else {}
            assert client.delete(f"/api/tasks/{task['id']}", params=params).status_code == 204
            jobs.append(task["id"])
        monitor_of(served).settle()
        time.sleep(0.5)  # what is on its way after that would be too much
        monitor_of(served).settle()
        problem(client.get(f"{BASE}/jobs/{jobs[0]}"), 404, "not_found")
        assert client.get(f"{BASE}/jobs/{jobs[1]}").status_code == 200


def until_running(client: httpx.Client, task_id: str) -> None:
    end = time.monotonic() + 15
    while client.get(f"/api/tasks/{task_id}").json()["state"] != "running":
        assert time.monotonic() < end
        time.sleep(0.02)


def test_switched_off_nothing_is_told_and_all_can_be_forgotten(tmp_path: Path) -> None:
    with remembering(tmp_path, enabled=False) as served, served.client() as client:
        monitor_of(served).history.write(site(1, jobs=5, days=1))
        assert strict(client.get(BASE))["enabled"] is False
        for path in ("usage", "now", "stream", "report", "jobs/job-1", "series/cpu.load"):
            assert "ENABLED" in problem(client.get(f"{BASE}/{path}"), 409, "conflict")["hint"]
        problem(client.post(f"{BASE}/advice/warm_up/apply"), 409, "conflict")
        assert strict(client.delete(BASE, params={"confirm": "all"})) == {"facts": 5}


def test_many_may_watch_at_once(known: Served) -> None:
    """Streams hold no thread: with more of them than there are threads, everything else goes on."""
    begun: list[str] = []
    done = threading.Event()

    def listen() -> None:
        with known.client() as client, client.stream("GET", f"{BASE}/stream") as answer:
            begun.append(next(answer.iter_lines()))
            done.wait(30)

    threads = [threading.Thread(target=listen) for _ in range(50)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: len(begun) == 50)
        with known.client() as client:
            assert client.get(f"{BASE}/now").status_code == 200
    finally:
        done.set()
        for thread in threads:
            thread.join(30)


def wait_for(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
