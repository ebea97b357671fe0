"""Plots as SVG: no script, no library, readable in print, by dark and by light, and by screen readers.

Colours are CSS variables of the page. Every mark tells its figures in a `<title>`, which browsers show on hovering.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from html import escape

from .scales import Scale, duration, duration_ticks, figure, highest, ticks, time_ticks

WIDTH = 720
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 12, 26

Say = Callable[[float], str]
"""Writes a figure with its unit."""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve. `low` and `high`, where given, are drawn as a band around it."""

    name: str
    at: Sequence[float]
    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: parts one after the other, each with a name and a length."""

    name: str
    parts: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A dot with what is known of it in both directions; `emphasis` for those on a front."""

    name: str
    x: float
    y: float
    y_low: float | None = None
    y_high: float | None = None
    emphasis: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a waterfall."""

    name: str
    began_s: float
    ended_s: float
    emphasis: bool = False
    note: str = ""


def lines(
    title: str,
    curves: Sequence[Line],
    *,
    say: Say = figure,
    zone: tzinfo = UTC,
    height: int = 180,
    top: float | None = None,
    rule: tuple[float, str] | None = None,
) -> str:
    """Curves over time.

    Args:
        title: What is shown, for those who can't see it.
        curves: The first is drawn strongest.
        say: Writes values.
        zone: Of the times on the axis.
        height: In pixels.
        top: Where the axis ends; found from the values when not given.
        rule: A value to mark, with what it is.
    """
    curves = [curve for curve in curves if len(curve.at) > 0]
    if not curves:
        return nothing(title)
    since, until = min(curve.at[0] for curve in curves), max(curve.at[-1] for curve in curves)
    until = until if until > since else since + 1.0
    peak = max(highest([*curve.values, *curve.high]) for curve in curves)
    marks = _marks(say, top if top is not None else max(peak, rule[0] if rule else 0.0), 4)
    x = Scale(since, until, _LEFT, WIDTH - _RIGHT)
    y = Scale(0.0, marks[-1], height - _BOTTOM, _TOP)
    parts = [_grid(marks, y, say), _times(since, until, x, height, zone)]
    for number, curve in enumerate(curves):
        colour = f"var(--c{number % 6})"
        if len(curve.low):
            parts.append(_band(curve, x, y, colour))
        parts.append(_curve(curve, x, y, colour))
    if rule is not None:
        right, level = WIDTH - _RIGHT, y(rule[0])
        parts.append(
            f'<line class="rule" x1="{_LEFT}" x2="{right}" y1="{level:.1f}" y2="{level:.1f}"/>'
            f'<text class="note" x="{right}" y="{level - 4:.1f}" text-anchor="end">{escape(rule[1])}</text>'
        )
    legend = _legend([curve.name for curve in curves]) if len(curves) > 1 else ""
    return legend + _svg(title, height, parts)


def columns(title: str, heights: Sequence[tuple[str, float]], *, say: Say = figure, height: int = 150) -> str:
    """Columns side by side, such as hours of a day; names are thinned out where they would not fit."""
    if not heights:
        return nothing(title)
    marks = ticks(0.0, highest([value for _, value in heights]) or 1.0, 3)
    y = Scale(0.0, marks[-1], height - _BOTTOM, _TOP)
    step = (WIDTH - _LEFT - _RIGHT) / len(heights)
    every = max(1, math.ceil(len(heights) / 12))
    parts = [_grid(marks, y, say)]
    for number, (name, value) in enumerate(heights):
        left = _LEFT + number * step
        if math.isfinite(value):
            parts.append(
                f'<rect class="bar" x="{left + step * 0.12:.1f}" width="{step * 0.76:.1f}" y="{y(value):.1f}" '
                f'height="{max(0.0, y(0.0) - y(value)):.1f}"><title>{escape(name)}: {escape(say(value))}</title></rect>'
            )
        if number % every == 0:
            parts.append(f'<text x="{left + step / 2:.1f}" y="{height - 8}" text-anchor="middle">{escape(name)}</text>')
    return _svg(title, height, parts)


def bars(title: str, rows: Sequence[Bar], *, say: Say = figure, names: Sequence[str] = ()) -> str:
    """Bars under one another, each made of parts; `names` are the parts' names in order, for their colours."""
    if not rows:
        return nothing(title)
    names = names or list(dict.fromkeys(name for row in rows for name in row.parts))
    left, row_height = 150, 24
    longest = highest([sum(row.parts.values()) for row in rows]) or 1.0
    x = Scale(0.0, longest, 0.0, WIDTH - left - 130)
    parts = []
    for number, row in enumerate(rows):
        top, at = number * row_height, float(left)
        parts.append(f'<text x="{left - 8}" y="{top + 16}" text-anchor="end">{escape(row.name)}</text>')
        for name, length in row.parts.items():
            width, told = x(length), escape(f"{row.name}, {name}: {say(length)}")
            parts.append(
                f'<rect x="{at:.1f}" y="{top + 4}" width="{max(width, 0.5):.1f}" height="16" '
                f'fill="var(--c{names.index(name) % 6})"><title>{told}</title></rect>'
            )
            at += width
        note = row.note or say(sum(row.parts.values()))
        parts.append(f'<text class="note" x="{at + 6:.1f}" y="{top + 16}">{escape(note)}</text>')
    return (_legend(names) if len(names) > 1 else "") + _svg(title, len(rows) * row_height + 4, parts)


def heat(title: str, rows: Sequence[str], names: Sequence[str], values: Sequence[Sequence[float]]) -> str:
    """A table of squares, the darker the more: rows by columns."""
    most = highest([value for row in values for value in row]) or 1.0
    left, square = 40, (WIDTH - 40 - _RIGHT) / max(1, len(names))
    parts = []
    for number, name in enumerate(rows):
        top = number * 22
        parts.append(f'<text x="{left - 6}" y="{top + 15}" text-anchor="end">{escape(name)}</text>')
        for column, value in enumerate(values[number]):
            parts.append(
                f'<rect class="heat" x="{left + column * square:.1f}" y="{top + 1}" width="{square - 2:.1f}" '
                f'height="20" rx="2" fill-opacity="{0.06 + 0.94 * value / most:.3f}">'
                f"<title>{escape(f'{name} {names[column]}: {figure(value)}')}</title></rect>"
            )
    below = len(rows) * 22 + 14
    for column, name in enumerate(names):
        if column % 3 == 0:
            parts.append(f'<text x="{left + column * square:.1f}" y="{below}">{escape(name)}</text>')
    return _svg(title, below + 6, parts)


def scatter(title: str, points: Sequence[Point], *, x_says: Say, y_says: Say, x_name: str, y_name: str) -> str:
    """Dots with whiskers where it is known how sure they are."""
    if not points:
        return nothing(title)
    height = 260
    x_marks = ticks(0.0, highest([point.x for point in points]) * 1.1 or 1.0)
    y_marks = ticks(0.0, highest([point.y_high or point.y for point in points]) * 1.1 or 1.0, 4)
    x = Scale(x_marks[0], x_marks[-1], _LEFT, WIDTH - _RIGHT - 60)
    y = Scale(y_marks[0], y_marks[-1], height - 44, _TOP)
    parts = [_grid(y_marks, y, y_says)]
    parts += [
        f'<text x="{x(mark):.1f}" y="{height - 26}" text-anchor="middle">{escape(x_says(mark))}</text>'
        for mark in x_marks
    ]
    parts.append(f'<text class="note" x="{WIDTH / 2}" y="{height - 8}" text-anchor="middle">{escape(x_name)}</text>')
    parts.append(f'<text class="note" x="{_LEFT + 4}" y="{_TOP + 2}">{escape(y_name)}</text>')
    for point in points:
        at = f"{x(point.x):.1f}"
        if point.y_low is not None and point.y_high is not None:
            parts.append(
                f'<line class="whisker" x1="{at}" x2="{at}" y1="{y(point.y_low):.1f}" y2="{y(point.y_high):.1f}"/>'
            )
        told = f"{point.name}: {x_says(point.x)}, {y_says(point.y)}"
        parts.append(
            f'<circle class="{"strong" if point.emphasis else "dot"}" cx="{at}" cy="{y(point.y):.1f}" r="5">'
            f"<title>{escape(told)}</title></circle>"
            f'<text x="{x(point.x) + 9:.1f}" y="{y(point.y) + 4:.1f}">{escape(point.name)}</text>'
        )
    return _svg(title, height, parts)


def waterfall(title: str, steps: Sequence[Step], *, say: Say) -> str:
    """What ran when: one row each, the critical path strong."""
    if not steps:
        return nothing(title)
    left, row_height = 110, 22
    until = highest([step.ended_s for step in steps]) or 1.0
    x = Scale(0.0, until, left, WIDTH - 90)
    parts = []
    for number, step in enumerate(steps):
        top, width, length = number * row_height, x(step.ended_s) - x(step.began_s), say(step.ended_s - step.began_s)
        told = f"{step.name}: {length}{', ' + step.note if step.note else ''}"
        parts.append(
            f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{escape(step.name)}</text>'
            f'<rect class="{"bar" if step.emphasis else "pale"}" x="{x(step.began_s):.1f}" y="{top + 4}" '
            f'width="{max(width, 1.0):.1f}" height="14"><title>{escape(told)}</title></rect>'
            f'<text class="note" x="{x(step.ended_s) + 6:.1f}" y="{top + 15}">{escape(length)}</text>'
        )
    marks = [mark for mark in _marks(say, until) if mark <= until]
    below = len(steps) * row_height + 14
    parts += [f'<text x="{x(mark):.1f}" y="{below}" text-anchor="middle">{escape(say(mark))}</text>' for mark in marks]
    return _svg(title, below + 6, parts)


def nothing(title: str) -> str:
    """In place of a plot that would be empty."""
    return f'<p class="nothing">{escape(title)}: nothing to show for this period.</p>'


def _marks(say: Say, high: float, most: int = 5) -> list[float]:
    """Where an axis from 0 has its figures: round ones in the unit they are said in."""
    return duration_ticks(0.0, high, most) if say is duration else ticks(0.0, high, most)


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _grid(marks: Sequence[float], y: Scale, say: Say) -> str:
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{escape(say(mark))}</text>'
        for mark in marks
    )


def _times(since: float, until: float, x: Scale, height: float, zone: tzinfo) -> str:
    return "".join(
        f'<text x="{x(moment):.1f}" y="{height - 8}" text-anchor="middle">{escape(name)}</text>'
        for moment, name in time_ticks(since, until, zone)
    )


def _curve(curve: Line, x: Scale, y: Scale, colour: str) -> str:
    """The line, broken where values are missing or far apart in time."""
    gap = _gap(curve.at)
    path, last = [], None
    for at, value in zip(curve.at, curve.values, strict=True):
        if not math.isfinite(value):
            last = None
            continue
        joined = last is not None and at - last <= gap
        path.append(f"{'L' if joined else 'M'}{x(at):.1f} {y(value):.1f}")
        if not joined:
            path.append("h0.1")  # a single value is a dot
        last = at
    return f'<path class="line" d="{"".join(path)}" stroke="{colour}"><title>{escape(curve.name)}</title></path>'


def _band(curve: Line, x: Scale, y: Scale, colour: str) -> str:
    there = [
        (at, low, high)
        for at, low, high in zip(curve.at, curve.low, curve.high, strict=True)
        if math.isfinite(low) and math.isfinite(high)
    ]
    if len(there) < 2:
        return ""
    above = " ".join(f"{x(at):.1f},{y(high):.1f}" for at, _, high in there)
    below = " ".join(f"{x(at):.1f},{y(low):.1f}" for at, low, _ in reversed(there))
    return f'<polygon points="{above} {below}" fill="{colour}" fill-opacity="0.15"/>'


def _gap(at: Sequence[float]) -> float:
    """Longer pauses than this are not bridged."""
    steps = sorted(later - earlier for earlier, later in itertools.pairwise(at))
    return 4 * steps[len(steps) // 2] if steps else math.inf


def _legend(names: Sequence[str]) -> str:
    entries = "".join(
        f'<span><i style="background:var(--c{number % 6})"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{entries}</p>'
