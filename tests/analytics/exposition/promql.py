"""Names and labels in PromQL expressions: as much of the language as our rules and panels use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audapolis.analytics.exposition.metrics import METRICS

TARGET = {"job", "instance"}
"""Labels Prometheus itself puts on what it scrapes."""

_WORDS = {
    *("and", "or", "unless", "by", "on", "ignoring", "without", "group_left", "group_right", "bool", "offset"),
    *("sum", "min", "max", "avg", "count", "topk", "rate", "increase", "changes", "absent", "time"),
    *("histogram_quantile", "predict_linear"),
}


@dataclass(frozen=True)
class Selector:
    """A metric that is selected: its name, and the labels it is narrowed down by."""

    name: str
    labels: frozenset[str]


def selectors(promql: str) -> list[Selector]:
    """Everything that is selected."""
    bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", " ", promql)
    bare = re.sub(r"\boffset\s+\w+|\[[^\]]*\]", " ", bare)
    found = re.finditer(r"(?<![\w.])([a-zA-Z_][\w:]*)\s*(\{[^}]*\})?", re.sub(r'"[^"]*"', '""', bare))
    return [
        Selector(match[1], frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", match[2] or "")))
        for match in found
        if match[1] not in _WORDS
    ]


def grouping(promql: str) -> set[str]:
    """Labels that are grouped by or matched on."""
    lists = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", promql)
    return {label for names in lists for label in re.findall(r"\w+", names)}


def labels_of(name: str) -> set[str] | None:
    """Labels of a sample of one of our metrics; None where there is no such sample."""
    metric = METRICS.get(name)
    if metric is not None:
        return None if metric.kind == "histogram" else set(metric.labels) | TARGET
    base = METRICS.get(re.sub(r"_(bucket|sum|count)$", "", name))
    if base is None or base.kind != "histogram":
        return None
    return set(base.labels) | TARGET | ({"le"} if name.endswith("_bucket") else set())
