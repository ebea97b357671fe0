"""Sends spans to an OpenTelemetry collector. The only module that imports OpenTelemetry, which is an extra.

Taking a span costs a put into a queue. A thread of OpenTelemetry's sends what is in it every few seconds; where the
collector does not answer, spans are let go of, and that is logged once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

from .. import __version__
from ..errors import InvalidOption

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags
except ImportError:
    raise InvalidOption(
        "Traces are wanted, but OpenTelemetry is not installed.",
        hint="Do `pip install 'audapolis[traces]'`, or leave AUDAPOLIS_ANALYTICS__TRACES unset.",
    ) from None

from .tracing import Note, Span

log = logging.getLogger(__name__)

SEND_EVERY_S = 5.0
CLOSE_S = 3.0
"""How long the end of the server waits for a collector."""

_MOST_WAITING = 2048
_TIMEOUT_S = 10.0


class OtlpSender:
    """Sends spans as OTLP over HTTP. Thread-safe.

    Args:
        endpoint: Where to; `/v1/traces` is added where it has no path.
        every_s: Seconds between batches.
    """

    def __init__(self, endpoint: str, *, every_s: float = SEND_EVERY_S) -> None:
        # What OpenTelemetry's own loggers say of a collector that is away, and say again and again, we say once.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._exporter = OTLPSpanExporter(traces_url(endpoint), timeout=_TIMEOUT_S)
        self._batches = BatchSpanProcessor(
            _Telling(self._exporter, endpoint), max_queue_size=_MOST_WAITING, schedule_delay_millis=every_s * 1000
        )
        self._resource = Resource.create({"service.name": "audapolis", "service.version": __version__})
        self._scope = InstrumentationScope("audapolis", __version__)

    def send(self, span: Span) -> None:
        """Take a span; returns at once."""
        self._batches.on_end(self._translated(span))

    def close(self) -> None:
        """Send what is left, for `CLOSE_S` at most."""
        closing = threading.Thread(target=self._batches.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSE_S)
        if closing.is_alive():
            self._exporter.shutdown()  # type: ignore[no-untyped-call]  # ends its waiting between tries

    def _translated(self, span: Span) -> ReadableSpan:
        error = {"error.type": span.error} if span.error else {}
        return ReadableSpan(
            span.name,
            context=_context(span.trace_id, span.span_id),
            parent=None if span.parent_id is None else _context(span.trace_id, span.parent_id),
            resource=self._resource,
            attributes={**span.attributes, **error},
            events=[_event(note) for note in span.notes],
            kind=SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.OK),
            start_time=_nanoseconds(span.began_at),
            end_time=_nanoseconds(span.ended_at),
            instrumentation_scope=self._scope,
        )


class _Telling(SpanExporter):
    """Exports, and logs once that it can't and once that it can again."""

    def __init__(self, exporter: SpanExporter, endpoint: str) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; in OpenTelemetry's thread."""
        try:
            result = self._exporter.export(spans)
        except Exception:  # noqa: BLE001  whatever it is, it must not end the thread that sends
            result = SpanExportResult.FAILURE
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("The collector of traces at %s does not take them; spans are lost meanwhile", self._endpoint)
        elif self._away and not away:
            log.info("The collector of traces at %s takes them again", self._endpoint)
        self._away = away
        return result

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()


def traces_url(endpoint: str) -> str:
    """Where a collector takes traces: the address as given, or the usual path below one without any."""
    return endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + "/v1/traces"


def _context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _event(note: Note) -> Event:
    return Event(note.name, dict(note.attributes), timestamp=_nanoseconds(note.at))


def _nanoseconds(at: float) -> int:
    return round(at * 1e9)
