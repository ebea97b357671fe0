"""The Grafana dashboard, made from the table of its panels; `shipped/audapolis-dashboard.json` is what comes out.

`python -m audapolis.analytics.exposition.dashboard` prints it anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .panels import ROWS, Panel

WIDTH = 24
"""Columns of a dashboard, as Grafana has them."""

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana 10 and later import it."""
    return {
        "title": "Audapolis",
        "uid": "audapolis",
        "description": "What the Audapolis servers do and how they are. Metrics: docs/metrics.md.",
        "tags": ["audapolis"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "annotations": {"list": [_restarts()]},
        "templating": {"list": [_data_source(), _instances()]},
        "links": [],
        "panels": list(_panels(ROWS)),
    }


def written() -> str:
    """The dashboard as the shipped file holds it."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


def _data_source() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}


def _instances() -> dict[str, Any]:
    return {
        "name": "instance",
        "label": "Server",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": "label_values(audapolis_info, instance)", "refId": "instances"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _restarts() -> dict[str, Any]:
    return {
        "name": "Starts of a server",
        "datasource": _SOURCE,
        "enable": True,
        "iconColor": "blue",
        "expr": _narrowed("changes(audapolis_start_time_seconds[1m]) > 0"),
        "titleFormat": "{{instance}} was started",
    }


def _panels(rows: Sequence[tuple[str, Sequence[Panel]]]) -> Iterator[dict[str, Any]]:
    """Rows and panels with their places: from left to right, a new line where one is full."""
    number = y = 0
    for title, panels in rows:
        number += 1
        place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        x, y, height = 0, y + 1, 0
        for panel in panels:
            if x + panel.width > WIDTH:
                x, y = 0, y + height
            number += 1
            height = 4 if panel.kind == "stat" else 8
            yield _panel(panel, number, {"x": x, "y": y, "w": panel.width, "h": height})
            x += panel.width
        y += height


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    targets = [
        {
            "refId": chr(ord("A") + index),
            "datasource": _SOURCE,
            "expr": _narrowed(promql),
            "legendFormat": legend or "__auto",
            "instant": panel.kind == "stat",
            "range": panel.kind != "stat",
        }
        for index, (promql, legend) in enumerate(panel.curves)
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, **_drawn(panel)}, "overrides": []},
        "options": _options(panel),
        "targets": targets,
    }


def _drawn(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        return {}
    stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
    return {
        "min": 0,
        "custom": {"fillOpacity": 30 if panel.stacked else 0, "showPoints": "never", "stacking": stacking},
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        shown = "name" if panel.title == "Version" else "auto"
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none", "textMode": shown}
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _narrowed(promql: str) -> str:
    """The same of the chosen servers only."""

    def selector(found: re.Match[str]) -> str:
        matchers = [part for part in (found[2], 'instance=~"$instance"') if part]
        return f"{found[1]}{{{', '.join(matchers)}}}"

    return re.sub(r"\b(audapolis_\w+)(?:\{([^}]*)\})?", selector, promql)


if __name__ == "__main__":
    import sys

    sys.stdout.write(written())
