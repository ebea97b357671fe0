"""The command `report`: what was typed, and what happened here in a terminal's width."""

from __future__ import annotations

import argparse
import textwrap
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidOption
from .arguments import Parser
from .console import Console
from .style import Style, style_of
from .text import json_bytes
from .writing import Permission, write_result

if TYPE_CHECKING:
    from ..analytics.report.findings import Findings
    from ..analytics.span import Period

_NAME = 32
"""Columns of the names at the left."""


def add_report(parser: Parser) -> None:
    """Make the parser understand the command `report`."""
    add = parser.add_argument
    add("--last", metavar="TIME", help="the time it is about: 90m, 24h, 7d, 4w (default: 7d)")
    add("--since", metavar="WHEN", help="or from when on: 2026-01-31, 2026-01-31T12:00")
    add("--until", metavar="WHEN", help="and until when (default: now)")
    add("--zone", metavar="ZONE", help="time zone, such as Europe/Berlin (default: this machine's)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", action="store_true", help="as one page with plots, which needs nothing else")
    form.add_argument("--json", action="store_true", help="as JSON, for programs")
    add("-o", "--output", metavar="FILE", help="where to (default: the terminal)")
    add("--overwrite", action="store_true", help="replace the file if there is one")
    add("--open", action="store_true", help="show the page in a browser; takes --html and -o")
    add("--data-dir", type=Path, metavar="D", help="where the server keeps its jobs")


def typed_period(args: argparse.Namespace) -> tuple[Period, tzinfo]:
    """The time the report is about, and whose hours count.

    Raises:
        InvalidOption: What was typed makes no sense.
    """
    from ..analytics.span import read_period
    from ..analytics.usage import zone_of

    if args.open and not (args.html and args.output):
        raise InvalidOption("Only a page in a file can be opened.", hint="Add --html and -o report.html.")
    last = args.last or (None if args.since else "7d")
    own = datetime.now().astimezone().tzinfo or UTC
    return read_period(last, args.since, args.until), zone_of(args.zone) if args.zone else own


def tell(args: argparse.Namespace, found: Findings, permission: Permission, console: Console) -> None:
    """Write the report where and how it is wanted."""
    from ..analytics.report.writing import as_html, as_plain

    if args.html:
        content = as_html(found)
    elif args.json:
        content = json_bytes(as_plain(found))
    else:
        content = as_text(found, style_of() if args.output is None else Style()).encode()
    if args.output is None or args.output == "-":
        console.result(content)
        return
    path = Path(args.output)
    permission.check([path])
    write_result(path, content)
    console.note(f"The report is in {path}.")
    if args.open:
        webbrowser.open(path.absolute().as_uri())


def as_text(found: Findings, style: Style) -> str:
    """The report for a terminal: what matters, and no plots."""
    from ..analytics.report.words import capacity_in_words, lead, period_in_words, tiles

    sections: dict[str, Iterable[str]] = {
        "What to change": _advice(found, style),
        "Where the time goes": _stages(found, style),
        "What failed": _failures(found, style),
        "Models": _wrapped((each.sentence for each in found.models.models), style),
        "Capacity": _wrapped(capacity_in_words(found), style),
        "What changed": _trends(found),
    }
    lines = [style.paint(period_in_words(found.period, found.zone), "faint"), "", *_wrapped([lead(found)], style, "")]
    figures = [f"  {tile.name:<{_NAME}}  {style.paint(tile.figure, _TONES[tile.mood])}" for tile in tiles(found)]
    lines += ["", *figures] if figures else []
    for title, content in sections.items():
        said = list(content)
        if said and found.overall is not None and found.overall.jobs:
            lines += ["", style.paint(title, "strong"), *said]
    return "\n".join(line.rstrip() for line in lines) + "\n"


_TONES = {"": "strong", "good": "good", "warn": "poor", "bad": "bad"}


def _wrapped(sentences: Iterable[str], style: Style, indent: str = "  ") -> Iterator[str]:
    for sentence in sentences:
        yield from textwrap.wrap(sentence, style.columns, initial_indent=indent, subsequent_indent=indent)


def _advice(found: Findings, style: Style) -> Iterator[str]:
    from ..analytics.report.sections import said

    for each in found.advice.advice:
        say: Callable[[float], str] = said(each.expect.unit)
        effect = f"{each.expect.what}: {say(each.expect.before)} now, {say(each.expect.after)} then"
        yield from _wrapped([each.do], style)
        yield from _wrapped([f"{effect} (confidence: {each.confidence}). {each.costs}"], style, "    ")


def _stages(found: Findings, style: Style) -> Iterator[str]:
    from ..analytics.report.scales import duration, percent

    for each in found.stages:
        spent = f"{percent(each.share):>6}  {duration(each.total_wall_s):>9}"
        yield f"  {each.group['stage']:<{_NAME}}  {spent}"
    yield from _wrapped((each.sentence for each in found.bottlenecks), style)


def _failures(found: Findings, style: Style) -> Iterator[str]:
    for pattern in found.patterns:
        yield from _wrapped([f"{pattern.what} {pattern.remedy}"], style)
    for each in found.failures:
        yield f"  {each.group['error']:<{_NAME}}  {each.failures:>6}"
        yield from _wrapped([each.remedy], style, "    ")
    for fallback in found.fallbacks:
        told = f"{fallback.used} instead of {fallback.wanted}, {fallback.count} times: {fallback.reason}"
        yield from _wrapped([told], style)


def _trends(found: Findings) -> Iterator[str]:
    from ..analytics.report.sections import said

    for each in found.trends:
        say = said(each.unit)
        name = f"{each.figure} {' '.join(each.labels.values())}".strip()
        day = datetime.fromtimestamp(each.change.at, found.zone).strftime("%d %b %H:%M")
        yield f"  {name:<{_NAME}}  {say(each.change.before)} -> {say(each.change.after)} since {day}"
