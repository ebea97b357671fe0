"""The door to what happened here: hears every event, keeps the history, shows it to Prometheus, answers questions.

Hearing an event costs whoever emits it a put into a queue. One thread of ours makes facts of events and writes them,
a few times a second at most; another looks at the machine. Whatever breaks in here is logged and harms no work.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from . import __version__
from .analytics.digests import Digests
from .analytics.exposition.registry import Exposition
from .analytics.facts import ChangeFact, Fact, Sample
from .analytics.following import Follower, Recall
from .analytics.history.store import History, Retention
from .analytics.sampler.inside import Kept, Queue, QueueState, Seldom, size_bytes
from .analytics.sampler.sampler import Sampler
from .analytics.sampler.sources import machine_sources
from .analytics.scribe import Scribe
from .analytics.span import Period
from .config import Settings
from .domain.events import (
    Emit,
    Event,
    JobCancelled,
    JobFailed,
    JobFinished,
    JobQueued,
    JobStarted,
    emitter_of,
    ignore,
)
from .engines.devices import MachineProbe
from .errors import AudapolisError, Cancelled, Conflict
from .settings.stored import Change
from .survey.limits import count_cores
from .tuning.standing import KnobState

if TYPE_CHECKING:
    from .analytics.advice import Advice, Counsel, Site
    from .analytics.questions import Asked
    from .analytics.report.findings import Findings
    from .analytics.tracing import Tracer

log = logging.getLogger(__name__)

THIN_OUT_EVERY_S = 600.0
_SIZES_EVERY_S = 300.0
"""Folders are measured so often at most: it means walking through them."""


@dataclass(frozen=True, slots=True)
class Now:
    """What goes on at this moment.

    Attributes:
        queue: Who waits, and who works.
        samples: The latest figures of the machine.
    """

    at: float
    queue: QueueState
    samples: Sequence[Sample]


class PerformanceMonitor:
    """Listens, remembers and tells. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        *,
        sampling: bool = False,
        recall: Recall = lambda _job_id: None,
        knobs: Callable[[], Sequence[KnobState]] = tuple,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is opened before the first event or question.

        Args:
            settings: All settings; `analytics` matters here.
            sampling: Look at the machine, too: for what works for more than a moment.
            recall: Tells how a job was queued that was so before this process began.
            knobs: Tells what may be turned here, and where it stands; advice is about these.
            now: Unix time.
        """
        self._settings, self._sampling, self._knobs, self._now = settings, sampling, knobs, now
        kept = settings.analytics
        self.enabled = kept.enabled
        self.history = History(settings.analytics_dir / "history.sqlite")
        self.exposition = Exposition(recall)
        self._retention = Retention(kept.raw_days, kept.minute_days, kept.hour_days, kept.fact_days)
        self._follower = Follower(Digests(settings.analytics_dir).of, recall, version=__version__)
        self._following = threading.RLock()
        self._scribe = Scribe(self._hear, self._drop)
        self._sampler: Sampler | None = None
        self._tracer: Tracer | None = None
        self._latest: dict[tuple[str, tuple[tuple[str, str], ...]], Sample] = {}
        self._thinned_at = 0.0
        self._broken = False
        self._changed = threading.Condition()
        self._revision = 0

    def start(self) -> None:
        """Begin to hear events and, where that is wanted, to look at the machine.

        Raises:
            InvalidOption: Traces are wanted and OpenTelemetry is not installed.
        """
        if not self.enabled:
            return
        if self._settings.analytics.traces:
            from .analytics.tracing import Tracer  # an extra

            self._tracer = Tracer(self._settings.analytics.traces)
        self._scribe.start()
        if self._sampling:
            self._note_version()
            self._sampler = self._open_sampler()
            self._sampler.start()

    def stop(self) -> None:
        """Write what was heard, and end."""
        if self._sampler is not None:
            self._sampler.stop()
            self._sampler = None
        self._scribe.stop()
        if self._tracer is not None:
            self._tracer.close()
            self._tracer = None
        self.history.close()

    def __enter__(self) -> PerformanceMonitor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def listen(self, event: Event) -> None:
        """Hear an event; returns at once and never raises."""
        self._scribe.listen(event)

    @contextmanager
    def job(self, emit: Emit = ignore, *, origin: str = "command") -> Iterator[Emit]:
        """Hear the work of a block as one job that waits for nobody.

        Args:
            emit: Told of every event, too.
            origin: The door it came in by.

        Yields:
            The emitter for the work.
        """
        job_id = str(uuid4())

        def told(event: Event) -> None:
            self.listen(event)
            emit(event)

        self.listen(JobQueued(job_id=job_id, origin=origin))
        self.listen(JobStarted(job_id=job_id, attempt=1))
        try:
            yield emitter_of(job_id, told)
        except Cancelled:
            self.listen(JobCancelled(job_id=job_id))
            raise
        except AudapolisError as error:
            self.listen(JobFailed(job_id=job_id, error=error.code, message=error.message))
            raise
        except BaseException:
            self.listen(JobFailed(job_id=job_id, error="internal_error", message=""))
            raise
        self.listen(JobFinished(job_id=job_id))

    def remember(self, facts: Iterable[Fact]) -> None:
        """Keep facts that no event tells: what people thought of a transcript, what was changed here.

        Raises:
            Conflict: Nothing is remembered here.
        """
        self.check_enabled()
        self.history.write(facts)
        self._tell_change()

    def ask(self, question: str, period: Period, *, by: Sequence[str] = (), zone: tzinfo = UTC) -> object:
        """Ask the history.

        Args:
            question: One of `QUESTIONS`.
            period: What it is about.
            by: What to group by.
            zone: Whose hours and weekdays count.

        Returns:
            A frozen dataclass, or a tuple of them.

        Raises:
            UnknownName, InvalidOption: No such question, or it can't be grouped so.
            Conflict: Nothing is remembered here.
        """
        from .analytics.questions import ask  # with numpy, which would delay the start

        self.check_enabled()
        return ask(question, self._asked(period, by, zone))

    def advice(self, period: Period) -> Sequence[Advice]:
        """What would make things better here, the surest first."""
        return cast("Counsel", self.ask("advice", period)).advice

    def report(self, period: Period, *, zone: tzinfo = UTC) -> Findings:
        """All there is to say about a period; `analytics.report` makes a page of it.

        Raises:
            Conflict: Nothing is remembered here.
        """
        from .analytics.report.findings import find

        self.check_enabled()
        return find(self._asked(period, (), zone))

    def report_html(self, period: Period, zone: tzinfo = UTC) -> bytes:
        """The report as one HTML file that needs nothing else."""
        from .analytics.report.writing import as_html

        return as_html(self.report(period, zone=zone))

    def report_json(self, period: Period, zone: tzinfo = UTC) -> dict[str, Any]:
        """The report for programs."""
        from .analytics.report.writing import as_plain

        return as_plain(self.report(period, zone=zone))

    def _asked(self, period: Period, by: Sequence[str], zone: tzinfo) -> Asked:
        from .analytics.questions import Asked

        return Asked(self.history, period, self._site, tuple(by), zone)

    def _site(self) -> Site:
        """The machine, and where its knobs stand."""
        from .analytics.advice import Site

        devices = MachineProbe().devices()
        knobs = self._knobs()
        bounds = {knob.name: (knob.bounds.lowest, knob.bounds.highest) for knob in knobs}
        models = next((knob.bounds.choices for knob in knobs if knob.name == "default_model"), ())
        return Site(
            cores=count_cores().usable,
            memory_bytes=next((device.memory_bytes for device in devices if device.kind == "cpu"), None),
            target_wait_s=self._settings.analytics.target_wait_s,
            knobs={knob.name: knob.value for knob in knobs} or {"workers": self._settings.jobs.workers},
            limits={name: (low, high) for name, (low, high) in bounds.items() if low is not None and high is not None},
            models=tuple(map(str, models)) or None,
            gpus=sum(device.kind == "cuda" for device in devices),
        )

    def renew(self, settings: Settings) -> None:
        """See other settings; what is remembered, and for how long, stays as it was at the start."""
        self._settings = settings

    def note_changes(self, changes: Sequence[Change]) -> None:
        """Remember that settings were changed, for what may have changed with them."""
        if not self.enabled:
            return
        at = self._now()
        facts = [
            ChangeFact(at=at, what="setting", key=c.key, old=json.dumps(c.old), new=json.dumps(c.new)) for c in changes
        ]
        self._write(facts, ())

    def note_turn(self, turned: ChangeFact) -> None:
        """Remember that a knob was turned."""
        if self.enabled:
            self._write([turned], ())

    def now(self) -> Now:
        """What goes on at this moment."""
        with self._following:
            samples = [self._latest[key] for key in sorted(self._latest)]
        return Now(self._now(), self._queue(), samples)

    def _queue(self) -> QueueState:
        with self._following:
            waiting, running, workers = self._follower.waiting, self._follower.running, len(self._follower.workers)
        kinds: dict[str, int] = {}
        for kind, _ in waiting:
            kinds[kind] = kinds.get(kind, 0) + 1
        oldest_s = max((self._now() - since for _, since in waiting), default=0.0)
        return QueueState(kinds, max(0.0, oldest_s), workers, running)

    def changed_since(self, revision: int, timeout_s: float) -> int:
        """Wait until there is news, or for `timeout_s`; names the present state. Blocks."""
        with self._changed:
            self._changed.wait_for(lambda: self._revision != revision, timeout_s)
            return self._revision

    def settle(self, timeout_s: float = 10.0) -> None:
        """Wait until everything heard so far has been written."""
        self._scribe.settle(timeout_s)

    def check_enabled(self) -> None:
        """Refuse where nothing is remembered.

        Raises:
            Conflict: It is switched off.
        """
        if not self.enabled:
            raise Conflict(
                "Nothing is remembered here: analytics are switched off.", hint="Set AUDAPOLIS_ANALYTICS__ENABLED=true."
            )

    def _hear(self, events: Sequence[Event]) -> None:
        facts: list[Fact] = []
        with self._following:
            for event in events:
                facts += self._follower.follow(event)
        for event in events:
            self.exposition.listen(event)
            if self._tracer is not None:
                self._tracer.listen(event)
        self._write(facts, ())
        self._thin_out()
        self._tell_change()
        if self._sampler is not None and any(isinstance(event, JobQueued) for event in events):
            self._sampler.wake()

    def _write(self, facts: Sequence[Fact], samples: Sequence[Sample]) -> None:
        if not facts and not samples:
            return
        try:
            self.history.write(facts, samples)
            self._broken = False
        except AudapolisError as error:
            self._drop(len(facts))
            if not self._broken:  # said once, until it works again
                log.warning("%s", error)
            self._broken = True

    def _drop(self, events: int) -> None:
        self.exposition.dropped(events)

    def _sampled(self, samples: Sequence[Sample]) -> None:
        with self._following:
            self._latest = {(sample.series, sample.labels): sample for sample in samples}
        self.exposition.observe(samples)
        self._write((), samples)
        self._tell_change()
        self._thin_out()

    def _open_sampler(self) -> Sampler:
        settings = self._settings
        folders = {"data": settings.data_dir, "models": settings.models_dir, "cache": settings.cache_dir}
        sources = machine_sources(folders, MachineProbe(), settings.run_dir, self._living_workers)
        sources["queue"] = Queue(self._queue)
        sources["history"] = Kept("history.bytes", self.history.size_bytes)
        cache = Kept("cache.bytes", lambda: size_bytes(settings.cache_dir))
        sources["cache"] = Seldom(cache, _SIZES_EVERY_S)
        return Sampler(sources, self._sampled, settings.analytics.sample_s, now=self._now)

    def _living_workers(self) -> Sequence[int]:
        with self._following:
            return sorted(self._follower.workers)

    def _tell_change(self) -> None:
        with self._changed:
            self._revision += 1
            self._changed.notify_all()

    def _thin_out(self) -> None:
        at = self._now()
        if at - self._thinned_at >= THIN_OUT_EVERY_S:
            self._thinned_at = at
            self.history.thin_out(at, self._retention)

    def _note_version(self) -> None:
        """Remember when another version was begun, for what may have changed with it."""
        try:
            known = self.history.frame("changes", None, ["new"], {"what": "version"})
            before = known["new"][-1] if len(known) else ""
            if before != __version__:
                change = ChangeFact(at=self._now(), what="version", key="audapolis", old=before, new=__version__)
                self.history.write([change])
        except AudapolisError as error:
            log.warning("%s", error)
