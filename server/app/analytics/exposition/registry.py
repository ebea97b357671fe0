"""What Prometheus is told: counts of what happened, and the latest look at the machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from math import isinf
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client import Metric as Family
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ... import __version__
from ...domain.events import Event
from ..facts import Sample
from ..following import Recall
from .feeding import Feeding
from .metrics import METRICS, PREFIX, Metric
from .tallies import Labels, Spread, cumulative

_GAUGE_OF = {series: metric for metric in METRICS.values() for series in metric.series}


class Rendered(NamedTuple):
    """What a scrape is answered with."""

    body: bytes
    content_type: str


class Exposition(Collector):
    """Keeps what Prometheus is told. Any thread may call anything.

    It has a registry of its own, so that several of them in one process know nothing of each other.

    Args:
        recall: Tells how a job was queued that was so before this process began.
        version: Of this program.
        process: Whether prometheus_client's own figures of this process (`process_*`) are told, too.
    """

    def __init__(
        self, recall: Recall = lambda _job_id: None, *, version: str = __version__, process: bool = False
    ) -> None:
        self._version = version
        self._began_at = time.time()
        self._turn = threading.Lock()
        self._feeding = Feeding(recall)
        self._gauges: Mapping[str, Mapping[Labels, float]] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        if process:
            ProcessCollector(registry=self._registry)

    def listen(self, event: Event) -> None:
        """Count what happened."""
        with self._turn:
            self._feeding.take(event)

    def dropped(self, events: int = 1) -> None:
        """Count events that were lost before anybody could listen to them."""
        with self._turn:
            self._feeding.tallies.count(METRICS[PREFIX + "events_dropped_total"], (), events)

    def observe(self, samples: Iterable[Sample]) -> None:
        """Take one whole look at the machine; it replaces the one before.

        A curve that is not in it is told no longer: a GPU that is gone, a worker that has ended.
        """
        looked: dict[str, dict[Labels, float]] = {}
        workers: dict[str, float] = {}
        for sample in samples:
            metric = _GAUGE_OF.get(sample.series)
            if metric is None:
                continue
            if sample.series.startswith("workers."):
                workers[sample.series] = sample.value
                continue
            labels = dict(sample.labels)
            curve = tuple(labels.get(label, "") for label in metric.labels)
            looked.setdefault(metric.name, {})[curve] = sample.value
        if len(workers) == 2:  # idle ones can be told only where both are known
            busy = workers["workers.busy"]
            looked[PREFIX + "workers"] = {("busy",): busy, ("idle",): max(0.0, workers["workers.alive"] - busy)}
        with self._turn:
            self._gauges = looked

    def render(self, accept: str = "") -> Rendered:
        """Write everything.

        Args:
            accept: The request's `Accept` header. It gets OpenMetrics where it asks for it, else text format 0.0.4.
        """
        encode, content_type = choose_encoder(accept)
        return Rendered(encode(self._registry), content_type)

    def collect(self) -> Iterator[Family]:
        """The families of metrics, for prometheus_client."""
        with self._turn:
            counters, spreads = self._feeding.tallies.snapshot()
            gauges = {**self._gauges, **self._own_gauges()}
        for metric in METRICS.values():
            match metric.kind:
                case "counter":
                    yield _plain(metric, counters[metric.name], "_total")
                case "histogram":
                    yield _spread_out(metric, spreads[metric.name])
                case "gauge":
                    yield _plain(metric, gauges.get(metric.name, {}))
                case "info":
                    yield _plain(metric, {(self._version,): 1.0}, "_info")

    def _own_gauges(self) -> Mapping[str, Mapping[Labels, float]]:
        return {
            PREFIX + "stages_running": {(stage,): float(n) for stage, n in self._feeding.jobs.stages().items()},
            PREFIX + "start_time_seconds": {(): self._began_at},
        }


def _plain(metric: Metric, curves: Mapping[Labels, float], ending: str = "") -> Family:
    """A family whose curves are single values; the encoders want its name without the ending of its kind."""
    family = Family(metric.name.removesuffix(ending), metric.tells, metric.kind)
    for values, value in curves.items():
        family.add_sample(metric.name, dict(zip(metric.labels, values, strict=True)), value)
    return family


def _spread_out(metric: Metric, curves: Mapping[Labels, Spread]) -> Family:
    family = Family(metric.name, metric.tells, metric.kind)
    for values, spread in curves.items():
        labels = dict(zip(metric.labels, values, strict=True))
        count = 0
        for bound, count in cumulative(spread, metric.buckets):
            family.add_sample(metric.name + "_bucket", {**labels, "le": "+Inf" if isinf(bound) else str(bound)}, count)
        family.add_sample(metric.name + "_count", labels, count)
        family.add_sample(metric.name + "_sum", labels, spread.total)
    return family
