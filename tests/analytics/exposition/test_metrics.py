"""The table of metrics is the truth: what it says feeds a metric does, nothing else does, and the page tells all."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from audapolis.analytics.exposition.metrics import METRICS, Metric, event_kinds
from audapolis.analytics.exposition.registry import Exposition
from audapolis.analytics.series import SERIES
from audapolis.domain.events import Event, JobProgressed, ModelFetching, StageProgress

from tests.analytics.exposition.happening import happenings, look
from tests.analytics.exposition.reading import curves_of

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"

PASSING = {StageProgress, JobProgressed, ModelFetching}
"""How far something is: of no use as a count, so these feed `events_total` only."""


def metric_of(sample: str) -> str:
    """The metric a sample belongs to."""
    return sample if sample in METRICS else re.sub("_(bucket|sum|count)$", "", sample)


def changed(before: dict, after: dict) -> set[str]:
    return {metric_of(curve[0]) for curve in before.keys() | after.keys() if before.get(curve) != after.get(curve)}


def fed() -> dict[str, set[type[Event]]]:
    """Which metrics move when what happens, as seen from outside."""
    exposition, moved = Exposition(), defaultdict(set)
    before = curves_of(exposition)
    for event in happenings():
        exposition.listen(event)
        after = curves_of(exposition)
        for name in changed(before, after):
            moved[name].add(type(event))
        before = after
    return moved


def test_every_kind_of_event_happens_in_these_tests() -> None:
    assert {type(event) for event in happenings()} == set(event_kinds())


def test_each_metric_is_fed_by_the_events_the_table_names_and_by_no_others() -> None:
    assert {name: set(kinds) for name, kinds in fed().items()} == {
        name: set(metric.events) for name, metric in METRICS.items() if metric.events
    }


@pytest.mark.parametrize("kind", [kind for kind in event_kinds() if kind not in PASSING])
def test_every_event_feeds_a_metric_beside_the_count_of_all_events(kind: type[Event]) -> None:
    assert [name for name, metric in METRICS.items() if kind in metric.events and name != "audapolis_events_total"]


@pytest.mark.parametrize("series", SERIES)
def test_every_series_feeds_one_metric_with_its_labels(series: str) -> None:
    [metric] = [metric for metric in METRICS.values() if series in metric.series]
    exposition = Exposition()
    before = curves_of(exposition)
    wanted = {series, "workers.alive", "workers.busy"} if metric.name == "audapolis_workers" else {series}
    exposition.observe([sample for sample in look() if sample.series in wanted])
    assert changed(before, curves_of(exposition)) == {metric.name}


def test_every_metric_shows_up_once_everything_has_happened() -> None:
    exposition = Exposition()
    told = list(happenings())
    for event in told[:-40]:  # in the middle of things, or no stage would run
        exposition.listen(event)
    running = {metric_of(name) for name, _ in curves_of(exposition)}
    for event in told[-40:]:
        exposition.listen(event)
    exposition.observe(look())
    assert running | {metric_of(name) for name, _ in curves_of(exposition)} == set(METRICS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_names_follow_prometheus_customs(metric: Metric) -> None:
    assert re.fullmatch(r"audapolis_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.tells.endswith(".")
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert not set(metric.labels) & {"job", "instance", "le", "job_id", "client", "recording"}
    milli = r"_(ms|milliseconds|minutes|hours|kb|mb|gb|percent)(_|$)"
    assert not re.search(milli, metric.name)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_the_page_tells_of_every_metric(metric: Metric) -> None:
    assert row_of(metric) in PAGE.read_text().splitlines()


def test_the_page_tells_of_no_metric_that_is_gone() -> None:
    rows = re.findall(r"^\| `(audapolis_\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(METRICS)


def row_of(metric: Metric) -> str:
    """How the page tells of a metric."""
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    every = metric.name == "audapolis_events_total"
    kinds = "every event" if every else ", ".join(f"`{kind.__name__}`" for kind in metric.events)
    feeds = kinds or ", ".join(f"`{name}`" for name in metric.series) or "the server itself"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.tells} | {feeds} |"


if __name__ == "__main__":  # writes the rows for the page
    print("\n".join(row_of(metric) for metric in METRICS.values()))
