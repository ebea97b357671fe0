"""Traces: one for each job, with a span for the wait and for each stage, made of what events tell.

A job's trace has the job's UUID as its id, so that logs, jobs and traces are found by one another. Events tell when
things began and ended, so nothing has to be carried through the code that is traced.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any, Protocol

from ..domain.events import (
    EngineChosen,
    Event,
    FellBack,
    JobCancelled,
    JobFailed,
    JobFinished,
    JobQueued,
    JobStarted,
    ModelLoaded,
    RecordingProbed,
    StageFailed,
    StageFinished,
    StageStarted,
    TranscriptMade,
    WorkerLost,
)
from ..logs import trace_id_of

MOST_JOBS = 20_000
"""Jobs followed at a time; the oldest is let go of beyond, so that lost ends can't fill the memory."""

PREFIX = "audapolis."
"""What the names of our attributes begin with."""

Attributes = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened during a span."""

    name: str
    at: float
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, told once it is over. Times are Unix time in seconds.

    Attributes:
        trace_id: 128 bits; the job's UUID.
        span_id: 64 bits. That of the whole job is the lower half of the trace's id, so that what goes on after a
            restart still finds its parent.
        parent_id: None for the whole job.
        error: Code of the error it ended with; "" where it ended well.
    """

    name: str
    trace_id: int
    span_id: int
    parent_id: int | None
    began_at: float
    ended_at: float
    attributes: Attributes
    notes: tuple[Note, ...] = ()
    error: str = ""


class Sender(Protocol):
    """Takes spans, and sends them when it suits."""

    def send(self, span: Span) -> None:
        """Take a span; returns at once and never raises."""
        ...

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        ...


@dataclass(slots=True)
class _Open:
    """A span that has not ended."""

    began_at: float
    attributes: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class _Trace:
    """A job that has not ended."""

    trace_id: int
    job: _Open
    attempt: int = 0
    wait: _Open | None = None
    stages: dict[str, _Open] = field(default_factory=dict)

    @property
    def root_id(self) -> int:
        return self.trace_id & (2**64 - 1) or 1


class Tracer:
    """Makes spans of events. Not thread-safe: whoever has it tells it one event after the other.

    Args:
        endpoint: The collector's address, OTLP over HTTP; `/v1/traces` is added where it has no path.
        open_sender: Makes what the spans are handed to; one that sends to the endpoint when not given.

    Raises:
        InvalidOption: OpenTelemetry is not installed.
    """

    def __init__(self, endpoint: str, open_sender: Callable[[str], Sender] | None = None) -> None:
        if open_sender is None:
            from .otlp import OtlpSender  # an extra

            open_sender = OtlpSender
        self._sender = open_sender(endpoint)
        self._traces: dict[str, _Trace] = {}

    def listen(self, event: Event) -> None:
        """Take the next event; spans that ended with it are handed on."""
        self._heard(event)

    def close(self) -> None:
        """Send what is left. Waits for a collector that does not answer for a few seconds at most."""
        self._sender.close()

    @singledispatchmethod
    def _heard(self, event: Event) -> None:
        """Other events tell nothing a trace shows."""

    def _trace(self, job_id: str | None) -> _Trace | None:
        return None if job_id is None else self._traces.get(job_id)

    def _begin(self, job_id: str, at: float) -> _Trace:
        while len(self._traces) >= MOST_JOBS:
            del self._traces[next(iter(self._traces))]
        trace = _Trace(int(trace_id_of(job_id), 16), _Open(at, {"job.id": job_id}))
        self._traces[job_id] = trace
        return trace

    @_heard.register
    def _queued(self, event: JobQueued) -> None:
        trace = self._traces.get(event.job_id)
        if trace is None:
            trace = self._begin(event.job_id, event.at)
            trace.job.attributes |= {"origin": event.origin, "kind": event.kind}
        self._break_off(trace, event.at)
        trace.wait = _Open(event.at)

    @_heard.register
    def _started(self, event: JobStarted) -> None:
        trace = self._traces.get(event.job_id) or self._begin(event.job_id, event.at)
        self._break_off(trace, event.at)
        trace.attempt = event.attempt
        self._end_wait(trace, event.at)

    @_heard.register
    def _stage_started(self, event: StageStarted) -> None:
        if (trace := self._trace(event.job_id)) is not None:
            trace.stages[event.stage] = _Open(event.at)

    @_heard.register
    def _chosen(self, event: EngineChosen) -> None:
        if (trace := self._trace(event.job_id)) is not None:
            names = ("engine", "model", "device", "precision")
            told = {name: getattr(event, name) for name in names}
            trace.stages.setdefault(event.stage, _Open(event.at)).attributes |= told

    @_heard.register
    def _stage_finished(self, event: StageFinished) -> None:
        if (trace := self._trace(event.job_id)) is None:
            return
        names = ("origin", "audio_s", "cpu_s", "peak_rss_bytes", "read_bytes", "written_bytes")
        stage = trace.stages.setdefault(event.stage, _Open(event.at))
        stage.attributes |= {name: getattr(event, name) for name in names}
        stage.began_at = event.at - event.wall_s  # what was looked up before the stage was told of belongs to it
        self._end_stage(trace, event.stage, event.at)

    @_heard.register
    def _stage_failed(self, event: StageFailed) -> None:
        if (trace := self._trace(event.job_id)) is not None:
            trace.stages.setdefault(event.stage, _Open(event.at))
            self._end_stage(trace, event.stage, event.at, error=event.error)

    @_heard.register
    def _fell_back(self, event: FellBack) -> None:
        told = {"wanted": event.wanted, "used": event.used, "reason": event.reason}
        self._note(event.job_id, "", Note("fallback", event.at, _prefixed(told)))

    @_heard.register
    def _loaded(self, event: ModelLoaded) -> None:
        told = {"model": event.model, "device": event.device, "wall_s": event.wall_s, "warm": event.warm}
        self._note(event.job_id, event.stage, Note("model loaded", event.at, _prefixed(told)))

    @_heard.register
    def _probed(self, event: RecordingProbed) -> None:
        if (trace := self._trace(event.job_id)) is not None:
            trace.job.attributes |= {"audio_s": event.duration_s, "container": event.container.partition(",")[0]}

    @_heard.register
    def _made(self, event: TranscriptMade) -> None:
        if (trace := self._trace(event.job_id)) is not None:
            trace.job.attributes |= {"language": event.language, "words": event.words}

    @_heard.register
    def _lost(self, event: WorkerLost) -> None:
        if (trace := self._traces.get(event.job_id)) is not None:
            self._break_off(trace, event.at, error="worker_lost")
            trace.job.notes.append(Note("worker lost", event.at, _prefixed({"reason": event.reason})))

    @_heard.register
    def _finished(self, event: JobFinished) -> None:
        self._end(event.job_id, event.at, "done")

    @_heard.register
    def _failed(self, event: JobFailed) -> None:
        self._end(event.job_id, event.at, "failed", event.error)

    @_heard.register
    def _cancelled(self, event: JobCancelled) -> None:
        self._end(event.job_id, event.at, "cancelled")

    def _end(self, job_id: str, at: float, outcome: str, error: str = "") -> None:
        trace = self._traces.pop(job_id, None)
        if trace is None:  # told twice, or never seen
            return
        self._break_off(trace, at)
        self._end_wait(trace, at)
        trace.job.attributes |= {"outcome": outcome, "attempts": trace.attempt}
        self._send(trace, "job", trace.job, at, error=error)

    def _end_wait(self, trace: _Trace, at: float) -> None:
        if (wait := trace.wait) is not None:
            trace.wait = None
            wait.attributes["attempt"] = trace.attempt
            self._send(trace, "queue", wait, at)

    def _end_stage(self, trace: _Trace, name: str, at: float, error: str = "") -> None:
        stage = trace.stages.pop(name)
        stage.attributes |= {"stage": name, "attempt": trace.attempt}
        self._send(trace, name, stage, at, error=error)

    def _break_off(self, trace: _Trace, at: float, error: str = "") -> None:
        """End the stages whose own end nobody told: they were stopped, or their worker died."""
        for name in list(trace.stages):
            trace.stages[name].attributes["broken_off"] = True
            self._end_stage(trace, name, at, error=error)

    def _note(self, job_id: str | None, stage: str, note: Note) -> None:
        """Put a note where it belongs: on its stage, or on the only one that runs, or on the job."""
        if (trace := self._trace(job_id)) is None:
            return
        running = trace.stages.get(stage) or (next(iter(trace.stages.values())) if len(trace.stages) == 1 else None)
        (running or trace.job).notes.append(note)

    def _send(self, trace: _Trace, name: str, span: _Open, at: float, *, error: str = "") -> None:
        whole = span is trace.job
        self._sender.send(
            Span(
                name,
                trace.trace_id,
                trace.root_id if whole else secrets.randbits(64) or 1,
                None if whole else trace.root_id,
                min(span.began_at, at),
                at,
                _prefixed(span.attributes),
                tuple(span.notes),
                error,
            )
        )


def _prefixed(attributes: Mapping[str, Any]) -> Attributes:
    """Our names in full; what is not known is left out."""
    return {PREFIX + name: value for name, value in attributes.items() if value not in {None, ""}}
