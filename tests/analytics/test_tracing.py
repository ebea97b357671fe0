"""Jobs become traces: spans at their places with their figures, sent to a real receiver of OTLP, never in the way."""

from __future__ import annotations

import gzip
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from audapolis.analytics import otlp
from audapolis.analytics.otlp import OtlpSender, traces_url
from audapolis.analytics.tracing import Span, Tracer
from audapolis.domain.events import (
    Event,
    FellBack,
    JobCancelled,
    JobFinished,
    JobQueued,
    JobStarted,
    StageFinished,
    StageStarted,
    WorkerLost,
)
from audapolis.errors import InvalidOption
from audapolis.logs import trace_id_of
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.analytics.exposition.happening import JOB, SECOND, THIRD, happenings

T0 = 1_700_000_000.0


class Kept:
    """Keeps the spans instead of sending them."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def send(self, span: Span) -> None:
        self.spans.append(span)

    def close(self) -> None:
        pass


def traced(events: Sequence[Event]) -> list[Span]:
    kept = Kept()
    tracer = Tracer("", lambda _endpoint: kept)
    for event in events:
        tracer.listen(event)
    return kept.spans


def of(job_id: str, spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if span.trace_id == UUID(job_id).int]


def test_a_job_is_one_trace_with_its_uuid_as_id() -> None:
    spans = of(JOB, traced(happenings(T0)))
    [whole] = [span for span in spans if span.parent_id is None]
    assert f"{whole.trace_id:032x}" == trace_id_of(JOB) == JOB.replace("-", "")
    assert {span.parent_id for span in spans if span is not whole} == {whole.span_id}
    assert len({span.span_id for span in spans}) == len(spans)
    assert all(whole.began_at <= span.began_at <= span.ended_at <= whole.ended_at for span in spans)


def test_spans_are_at_their_places_the_waits_of_both_attempts_too() -> None:
    spans = of(JOB, traced(happenings(T0)))
    places = {(span.name, span.attributes.get("audapolis.attempt")): (span.began_at - T0, span.ended_at - T0)
              for span in spans}  # fmt: skip
    assert places == {
        ("job", None): (0, 90),
        ("queue", 1): (0, 10),
        ("probe", 1): (10, 11),
        ("transcribe", 1): (11, 40),  # broken off when the worker died
        ("diarize", 1): (11, 40),
        ("queue", 2): (40, 50),
        ("probe", 2): (50, 51),
        ("transcribe", 2): (51, 90),
        ("diarize", 2): (51, 80),
    }


def test_a_stage_s_span_has_its_figures_and_leaves_out_what_is_not_known() -> None:
    [span] = [s for s in of(JOB, traced(happenings(T0))) if s.name == "transcribe" and s.ended_at == T0 + 90]
    assert span.attributes == {
        "audapolis.stage": "transcribe",
        "audapolis.attempt": 2,
        "audapolis.origin": "computed",
        "audapolis.engine": "whisper",
        "audapolis.model": "large-v3",
        "audapolis.device": "cuda:0",
        "audapolis.precision": "int8",
        "audapolis.audio_s": 120.0,
        "audapolis.cpu_s": 70.0,
        "audapolis.written_bytes": 10**6,
    }
    assert [note.name for note in span.notes] == ["model loaded", "model loaded"]


def test_the_job_s_span_tells_how_it_came_and_went() -> None:
    [whole] = [span for span in of(JOB, traced(happenings(T0))) if span.name == "job"]
    told = {name.removeprefix("audapolis."): value for name, value in whole.attributes.items()}
    assert told["job.id"] == JOB
    assert (told["origin"], told["kind"], told["outcome"], told["attempts"]) == ("api", "interactive", "done", 2)
    assert (told["audio_s"], told["language"], told["words"]) == (120.0, "en", 100)
    assert "worker lost" in [note.name for note in whole.notes]


def test_errors_are_told_by_their_code_and_their_messages_are_not() -> None:
    spans = of(SECOND, traced(happenings(T0)))
    assert {span.name: span.error for span in spans if span.error} == {
        "transcribe": "out_of_memory",
        "job": "out_of_memory",
    }
    assert "No memory left." not in str(spans)


def test_a_lost_worker_is_the_error_of_the_stages_it_was_in() -> None:
    ended = [span for span in of(JOB, traced(happenings(T0))) if span.ended_at == T0 + 40]
    assert {span.name: span.error for span in ended} == {"transcribe": "worker_lost", "diarize": "worker_lost"}


def test_cancelling_ends_what_runs_without_calling_it_an_error() -> None:
    spans = of(THIRD, traced(happenings(T0)))
    assert {span.name: span.error for span in spans} == {"queue": "", "decode": "", "job": ""}
    [decode] = [span for span in spans if span.name == "decode"]
    assert decode.attributes["audapolis.broken_off"] is True


def test_a_fallback_is_told_on_the_only_stage_that_runs_or_else_on_the_job() -> None:
    begun = [
        JobQueued(at=T0, job_id=JOB),
        JobStarted(at=T0, job_id=JOB, attempt=1),
        StageStarted(at=T0, job_id=JOB, stage="transcribe"),
    ]
    fallback = FellBack(at=T0 + 1, job_id=JOB, wanted="cuda", used="cpu", reason="none is here")
    alone = traced([*begun, fallback, JobFinished(at=T0 + 2, job_id=JOB)])
    beside = traced(
        [*begun, StageStarted(at=T0, job_id=JOB, stage="diarize"), fallback, JobFinished(at=T0 + 2, job_id=JOB)]
    )
    assert [span.name for span in alone if span.notes] == ["transcribe"]
    assert [span.name for span in beside if span.notes] == ["job"]
    [note] = [note for span in alone for note in span.notes]
    assert note.attributes["audapolis.wanted"] == "cuda"


def test_a_job_that_was_queued_before_a_restart_is_traced_from_where_it_goes_on() -> None:
    spans = traced(
        [
            JobStarted(at=T0 + 5, job_id=JOB, attempt=2),
            StageFinished(at=T0 + 8, job_id=JOB, stage="merge", wall_s=1.0, audio_s=60.0),
            JobFinished(at=T0 + 9, job_id=JOB),
            JobFinished(at=T0 + 9, job_id=JOB),
        ]
    )
    assert [(span.name, span.began_at - T0) for span in spans] == [("merge", 7), ("job", 5)]


def test_work_that_is_nobody_s_job_leaves_no_trace() -> None:
    assert traced([StageStarted(stage="probe"), StageFinished(stage="probe", wall_s=1.0, audio_s=1.0)]) == []


STEPS: list[Callable[[float], Event]] = [
    lambda at: JobQueued(at=at, job_id=JOB),
    lambda at: JobStarted(at=at, job_id=JOB, attempt=1),
    lambda at: StageStarted(at=at, job_id=JOB, stage="decode"),
    lambda at: StageStarted(at=at, job_id=JOB, stage="merge"),
    lambda at: StageFinished(at=at, job_id=JOB, stage="decode", wall_s=0.5, audio_s=1.0),
    lambda at: WorkerLost(at=at, job_id=JOB, attempt=1, reason=""),
    lambda at: JobCancelled(at=at, job_id=JOB),
    lambda at: JobFinished(at=at, job_id=JOB),
]


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_whatever_order_events_come_in_spans_end_after_they_began_and_have_one_trace(
    steps: list[Callable[[float], Event]],
) -> None:
    events = [step(T0 + number) for number, step in enumerate(steps)]
    spans = traced([*events, JobCancelled(at=T0 + 100, job_id=JOB)])
    assert all(span.began_at <= span.ended_at for span in spans)
    assert {span.trace_id for span in spans} <= {UUID(JOB).int}
    ends = sum(isinstance(event, JobCancelled | JobFinished) for event in events) + 1
    assert sum(span.parent_id is None for span in spans) <= ends


class Receiver:
    """Takes OTLP over HTTP as a collector does; may be told to fail, or to hang."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self.paths: list[str] = []
        self.status = 200
        self.go_on = threading.Event()
        self.go_on.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.go_on.wait(60)
                receiver.paths.append(self.path)
                if receiver.status == 200:
                    receiver.requests.append(ExportTraceServiceRequest.FromString(body))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(receiver.status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def quick(endpoint: str) -> OtlpSender:
    return OtlpSender(endpoint, every_s=0.05)


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    assert true()


def test_a_collector_receives_the_spans_of_a_job(receiver: Receiver) -> None:
    tracer = Tracer(receiver.url)
    for event in happenings(T0):
        tracer.listen(event)
    tracer.close()
    assert set(receiver.paths) == {"/v1/traces"}
    spans = [span for span in receiver.spans if span.trace_id == UUID(JOB).bytes]
    whole = next(span for span in spans if span.name == "job")
    assert whole.parent_span_id == b""
    assert (whole.start_time_unix_nano, whole.end_time_unix_nano) == (int(T0) * 10**9, int(T0 + 90) * 10**9)
    assert {span.parent_span_id for span in spans if span is not whole} == {whole.span_id}
    assert sorted(span.name for span in spans) == sorted(["job", *["queue", "probe", "transcribe", "diarize"] * 2])
    resource = {a.key: a.value.string_value for a in receiver.requests[0].resource_spans[0].resource.attributes}
    assert resource["service.name"] == "audapolis"


def test_a_collector_sees_errors_figures_and_events(receiver: Receiver) -> None:
    tracer = Tracer(receiver.url)
    for event in happenings(T0):
        tracer.listen(event)
    tracer.close()
    failed = [span for span in receiver.spans if span.trace_id == UUID(SECOND).bytes and span.name == "transcribe"]
    [span] = failed
    assert (span.status.code, span.status.message) == (2, "out_of_memory")
    attributes = {a.key: a.value for a in span.attributes}
    assert attributes["error.type"].string_value == "out_of_memory"
    assert attributes["audapolis.model"].string_value == "small"
    assert [event.name for event in span.events] == ["model loaded", "model loaded"]


def test_a_collector_that_is_away_is_logged_once_and_once_when_it_is_back(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 400
    tracer = Tracer(receiver.url, quick)
    with caplog.at_level(logging.INFO):
        for number in range(3):
            for event in happenings(T0):
                tracer.listen(event)
            wait_until(lambda number=number: len(receiver.paths) > number)
        receiver.status = 200
        tracer.listen(JobQueued(job_id=JOB))
        tracer.listen(JobCancelled(job_id=JOB))
        wait_until(lambda: bool(receiver.spans))
        tracer.close()
    messages = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    ours = [message for message in messages if "collector" in message]
    assert len(ours) == 2
    assert "does not take them" in ours[0]
    assert "takes them again" in ours[1]
    assert [record.name for record in caplog.records if record.name.startswith("opentelemetry")] == []


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "CLOSE_S", 0.3)


@pytest.mark.usefixtures("_impatient")
def test_a_collector_that_hangs_holds_up_neither_the_work_nor_the_end(receiver: Receiver) -> None:
    receiver.go_on.clear()
    tracer = Tracer(receiver.url, quick)
    for _ in range(500):  # more spans than may wait
        for event in happenings(T0):
            tracer.listen(event)
    tracer.close()
    assert receiver.requests == []


@pytest.mark.usefixtures("_impatient")
def test_a_collector_nobody_started_does_no_harm() -> None:
    tracer = Tracer("http://127.0.0.1:9", quick)
    for event in happenings(T0):
        tracer.listen(event)
    tracer.close()


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://collector/v1/traces", "https://collector/v1/traces"),
        ("https://collector/otlp/in", "https://collector/otlp/in"),
    ],
)
def test_an_address_without_a_path_gets_the_usual_one(endpoint: str, url: str) -> None:
    assert traces_url(endpoint) == url


def test_without_opentelemetry_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "audapolis.analytics.otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(InvalidOption, match="not installed") as raised:
        Tracer("http://127.0.0.1:4318")
    assert "audapolis[traces]" in raised.value.hint
