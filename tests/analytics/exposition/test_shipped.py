"""The dashboard, the rules and the example: all they name exists, and Prometheus' own tool takes them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from audapolis import errors
from audapolis.analytics.exposition.dashboard import WIDTH, written
from audapolis.analytics.exposition.metrics import METRICS

from tests.analytics.exposition.promql import TARGET, Selector, grouping, labels_of, selectors

SHIPPED = Path(str(files("audapolis") / "analytics" / "shipped"))
HERE = Path(__file__).parent
DOCS = Path(__file__).parents[3] / "docs"

BOARD: dict[str, Any] = json.loads((SHIPPED / "audapolis-dashboard.json").read_text())
GROUPS: list[dict[str, Any]] = yaml.safe_load((SHIPPED / "audapolis-rules.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
CURVES = [(panel["title"], target) for panel in PANELS for target in panel["targets"]]

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian's package prometheus has it)"
)


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [shutil.which("promtool") or "promtool", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def labels(name: str) -> set[str] | None:
    """Labels of anything rules and panels may select: our metrics, what the rules record, Prometheus' own."""
    if name == "up":
        return TARGET
    if name in RECORDED:
        by = [set(re.findall(r"\w+", names)) for names in re.findall(r"\bby\s*\(([^)]*)\)", RECORDED[name])]
        inner = [labels_of(selector.name) or set() for selector in selectors(RECORDED[name])]
        return by[0] if by else set.union(*inner) if inner else set()
    return labels_of(name)


def expressions() -> Iterator[tuple[str, str]]:
    yield from ((rule.get("alert") or rule["record"], rule["expr"]) for rule in RULES)
    yield from ((title, target["expr"]) for title, target in CURVES)
    yield from (("annotation", note["expr"]) for note in BOARD["annotations"]["list"])


@pytest.mark.parametrize(("where", "promql"), list(expressions()))
def test_every_expression_names_metrics_and_labels_there_are(where: str, promql: str) -> None:
    selected = selectors(promql)
    assert selected
    known: set[str] = set()
    for selector in selected:
        found = labels(selector.name)
        if selector.name in RECORDED and not (found or set()) - TARGET:  # recorded from another recording
            found = (found or set()) | TARGET
        assert found is not None, f"{where}: no metric {selector.name}"
        assert selector.labels <= found, f"{where}: {selector.name} has no label {selector.labels - found}"
        known |= found
    assert grouping(promql) <= known, f"{where}: groups by {grouping(promql) - known}"


def test_the_tests_own_reading_of_promql_finds_what_is_wrong() -> None:
    promql = 'sum by (le) (rate(audapolis_job_run_seconds_bucket{kindd="x", model=~"a|b"}[5m])) > 3 and up offset 1w'
    assert selectors(promql) == [
        Selector("audapolis_job_run_seconds_bucket", frozenset({"kindd", "model"})),
        Selector("up", frozenset()),
    ]
    assert grouping(promql) == {"le"}
    assert labels_of("audapolis_job_run_seconds") is None
    assert labels_of("audapolis_no_such_total") is None


# The dashboard


def test_the_dashboard_is_what_its_table_makes() -> None:
    path = SHIPPED / "audapolis-dashboard.json"
    hint = f"Make it anew: python -m audapolis.analytics.exposition.dashboard > {path.relative_to(SHIPPED.parents[1])}"
    assert path.read_text() == written(), hint


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {selector.name for _, target in CURVES for selector in selectors(target["expr"])}
    shown |= {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert set(METRICS) - shown == set()


@pytest.mark.parametrize(("title", "target"), CURVES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_curve_is_of_the_chosen_servers_and_its_legend_names_labels_it_has(
    title: str, target: dict[str, Any]
) -> None:
    found = selectors(target["expr"])
    assert all("instance" in selector.labels for selector in found)
    kept = grouping(target["expr"]) if re.search(r"\bby\b", target["expr"]) else labels(found[0].name) or set()
    legend = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
    assert legend <= kept, f"{title}: {legend - kept}"


def test_the_dashboard_is_of_a_kind_grafana_10_and_11_read() -> None:
    assert 36 <= BOARD["schemaVersion"] <= 39
    assert BOARD["uid"]
    assert "id" not in BOARD
    variables = {variable["name"]: variable for variable in BOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    sources = re.findall(r'"uid": "([^"]*)"', json.dumps(BOARD["panels"]))
    assert set(sources) == {"${datasource}"}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(BOARD["panels"])))
    assert used - {"__rate_interval"} <= set(variables)


def test_rows_and_panels_have_their_own_numbers_and_places() -> None:
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= WIDTH
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not taken & cells, panel["title"]
        taken |= cells
    tops = [panel["gridPos"]["y"] for panel in panels]
    assert all(one <= other for one, other in pairwise(tops))


def test_the_rows_are_those_people_look_for() -> None:
    rows = [panel["title"] for panel in BOARD["panels"] if panel["type"] == "row"]
    wanted = ["Now", "Throughput and latency", "Stages", "Models", "Failures", "Machine", "GPU", "Exports", "HTTP"]
    assert rows == wanted


# The rules


@pytest.mark.parametrize("alert", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_says_how_bad_it_is_what_happened_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"]["summary"].endswith(".")
    assert len(alert["annotations"]["description"]) > 80
    settings = re.findall(r"AUDAPOLIS_\w+", alert["annotations"]["description"])
    for setting in settings:
        assert f"| `{setting}` |" in (DOCS / "settings.md").read_text(), setting
    for metric in re.findall(r"audapolis_\w+", alert["annotations"]["description"]):
        assert metric in METRICS


@pytest.mark.parametrize("alert", ALERTS, ids=lambda rule: rule["alert"])
def test_summaries_name_labels_the_alert_has(alert: dict[str, Any]) -> None:
    text = " ".join(alert["annotations"].values())
    by = re.findall(r"\bby\s*\(([^)]*)\)", alert["expr"])
    first = selectors(alert["expr"])[0].name
    kept = set(re.findall(r"\w+", by[0])) if by else (labels(first) or set()) | TARGET
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= kept


@pytest.mark.parametrize("alert", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_unit_test(alert: dict[str, Any]) -> None:
    tested = "".join(path.read_text() for path in HERE.glob("alerts*.test.yml"))
    assert alert["alert"] in tested


def test_what_senders_do_wrong_is_no_failure_of_the_server() -> None:
    pattern = re.search(r'error!~"([^"]*)"', RECORDED["audapolis:jobs_failed:increase1h"])
    assert pattern
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    of = {kind: "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__)[1:] for kind in kinds}
    assert {kind for kind in of if re.fullmatch(pattern[1], of[kind])} == {
        kind for kind in kinds if issubclass(kind, errors.InvalidInput)
    }


@needs_promtool
def test_promtool_takes_the_rules() -> None:
    done = promtool("check", "rules", "--lint-fatal", SHIPPED / "audapolis-rules.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_takes_the_example_once_there_is_a_token(tmp_path: Path) -> None:
    for name in ("prometheus.yml", "audapolis-rules.yml"):
        shutil.copy(SHIPPED / name, tmp_path)
    (tmp_path / "audapolis.token").write_text("secret")
    done = promtool("check", "config", "--lint-fatal", tmp_path / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(RULES)} rules found" in done.stdout


@needs_promtool
def test_promtool_takes_the_expressions_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": promql.replace("$__rate_interval", "5m")}
        for number, (_, promql) in enumerate(expressions())
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("path", sorted(HERE.glob("alerts*.test.yml")), ids=lambda path: path.name)
def test_alerts_fire_when_they_should_and_not_before(path: Path) -> None:
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr
