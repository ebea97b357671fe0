"""Reads what is rendered as others do: with prometheus_client's own parsers."""

from __future__ import annotations

from audapolis.analytics.exposition.registry import Exposition
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families as read_text

Curve = tuple[str, frozenset[tuple[str, str]]]
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def curves_of(exposition: Exposition, accept: str = "") -> dict[Curve, float]:
    """Every sample's value by its name and labels."""
    body, content_type = exposition.render(accept)
    read = read_open_metrics if content_type.startswith("application/openmetrics-text") else read_text
    families = list(read(body.decode()))
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(exposition: Exposition, name: str, **labels: str) -> float | None:
    """The value of one curve; None where there is none."""
    return curves_of(exposition).get((name, frozenset(labels.items())))
