"""Plots are SVG that every reader takes, whatever the figures are."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from audapolis.analytics.report import plots
from audapolis.analytics.report.scales import duration, figure, percent
from hypothesis import example, given
from hypothesis import strategies as st

values = st.floats(0, 1e12) | st.just(math.nan)
names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)


def drawn(html: str) -> ElementTree.Element:
    """The plot, which must be XML without places that are no numbers."""
    svg = re.search(r"<svg.*</svg>", html, re.DOTALL)
    assert svg is not None
    root = ElementTree.fromstring(svg[0])
    for element in root.iter():
        for name, value in element.attrib.items():
            assert name == "aria-label" or not re.search(r"\b(nan|inf)\b", value), (element.tag, name, value)
    return root


@given(st.lists(st.tuples(st.floats(0, 1e10), values), min_size=1, max_size=20), names)
@example([(0.0, 5e-324)], "the least there is")
def test_any_curve_can_be_drawn(points: list[tuple[float, float]], name: str) -> None:
    at = sorted(moment for moment, _ in points)
    line = plots.Line(name, at, [value for _, value in points])
    drawn(plots.lines(name, [line, line]))


def test_a_curve_is_broken_where_nothing_was_known() -> None:
    line = plots.Line("wait", [0, 1, 2, 3, 4], [1.0, 2.0, math.nan, 3.0, 4.0])
    path = next(element for element in drawn(plots.lines("wait", [line])).iter() if element.get("class") == "line")
    assert (path.get("d") or "").count("M") == 2


def test_a_curve_is_not_drawn_through_a_long_pause() -> None:
    line = plots.Line("cpu", [0, 10, 20, 5000, 5010], [1.0] * 5)
    path = next(element for element in drawn(plots.lines("cpu", [line])).iter() if element.get("class") == "line")
    assert (path.get("d") or "").count("M") == 2


def test_a_band_shows_the_least_and_the_greatest() -> None:
    line = plots.Line("cpu", [0, 1], [0.5, 0.5], [0.1, 0.2], [0.9, 1.0])
    assert any(element.tag == "polygon" for element in drawn(plots.lines("cpu", [line])).iter())


@given(st.lists(st.tuples(names, values), min_size=1, max_size=40))
def test_any_columns_can_be_drawn(heights: list[tuple[str, float]]) -> None:
    drawn(plots.columns("jobs", heights))


@given(st.lists(st.dictionaries(names, st.floats(0, 1e9), min_size=1, max_size=4), min_size=1, max_size=8))
def test_any_bars_can_be_drawn(rows: list[dict[str, float]]) -> None:
    root = drawn(plots.bars("time", [plots.Bar("stage", row) for row in rows]))
    assert sum(element.tag == "rect" for element in root.iter()) == sum(map(len, rows))


@given(st.lists(st.lists(st.floats(0, 1e6), min_size=24, max_size=24), min_size=7, max_size=7))
def test_any_week_can_be_drawn(week: list[list[float]]) -> None:
    root = drawn(plots.heat("week", list("MTWTFSS"), [str(hour) for hour in range(24)], week))
    shades = [float(element.get("fill-opacity", "1")) for element in root.iter() if element.get("class") == "heat"]
    assert len(shades) == 168
    assert all(0.0 < shade <= 1.0 for shade in shades)


@given(st.lists(st.tuples(names, st.floats(0, 1e3), st.floats(0, 1)), min_size=1, max_size=8))
def test_any_points_can_be_drawn(points: list[tuple[str, float, float]]) -> None:
    dots = [plots.Point(name, x, y, y / 2, y * 2, emphasis=x > 1) for name, x, y in points]
    drawn(plots.scatter("models", dots, x_says=figure, y_says=percent, x_name="speed", y_name="errors"))


@given(st.lists(st.tuples(names, st.floats(0, 1e5), st.floats(0, 1e5)), min_size=1, max_size=10))
def test_any_waterfall_can_be_drawn(steps: list[tuple[str, float, float]]) -> None:
    bars = [plots.Step(name, began, began + took, emphasis=took > 1) for name, began, took in steps]
    drawn(plots.waterfall("job", bars, say=duration))


@pytest.mark.parametrize(
    "html",
    [
        plots.lines("waits", []),
        plots.columns("waits", []),
        plots.bars("waits", []),
        plots.waterfall("waits", [], say=duration),
        plots.scatter("waits", [], x_says=figure, y_says=figure, x_name="", y_name=""),
    ],
)
def test_a_plot_of_nothing_says_so(html: str) -> None:
    assert html == '<p class="nothing">waits: nothing to show for this period.</p>'


def test_names_are_no_markup() -> None:
    assert "<script>" not in plots.bars("<script>", [plots.Bar("<script>", {"<script>": 1.0}, "<script>")])
