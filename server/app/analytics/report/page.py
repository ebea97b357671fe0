"""The page the report is: tiles, sections and tables put into one HTML file that loads nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Literal

from jinja2 import Environment, Template
from markupsafe import Markup

Mood = Literal["", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One large figure with its name; `mood` colours it."""

    name: str
    figure: str
    mood: Mood = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: `body` is HTML, the rest plain text."""

    id: str
    title: str
    lead: str
    body: Markup


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a table: its name, and how its cells are written; text stands left, figures right."""

    name: str
    say: Callable[[Any], str] = str
    text: bool = False


def table(heads: Sequence[Head], rows: Sequence[Sequence[Any]]) -> Markup:
    """A table; cells that are None or not a number are dashes."""
    if not rows:
        return Markup('<p class="nothing">Nothing in this period.</p>')
    top = "".join(f"<th{_class(head)}>{escape(head.name)}</th>" for head in heads)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_class(head)}>{_cell(head, cell)}</td>" for head, cell in zip(heads, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return Markup(f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>')


def heading(text: str) -> Markup:
    """A heading inside a section."""
    return Markup(f"<h3>{escape(text)}</h3>")


def paragraph(text: str, kind: str = "") -> Markup:
    """Plain text."""
    return Markup(f'<p class="{escape(kind)}">{escape(text)}</p>')


def join(*parts: Markup | str) -> Markup:
    """HTML one after the other; what comes as a string is HTML already, such as a plot."""
    return Markup("\n").join(Markup(part) for part in parts)


def page(
    *, title: str, period: str, lead: str, tiles: Sequence[Tile], sections: Sequence[Section], footer: str
) -> bytes:
    """The whole file, UTF-8."""
    values = {"title": title, "period": period, "lead": lead, "tiles": tiles, "sections": sections, "footer": footer}
    return _template().render(values).encode()


@cache
def _template() -> Template:
    text = files(__package__).joinpath("page.html.j2").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=False).from_string(text)


def _class(head: Head) -> str:
    return ' class="text"' if head.text else ""


def _cell(head: Head, cell: Any) -> str:
    unknown = cell is None or (isinstance(cell, float) and math.isnan(cell))
    return "–" if unknown else escape(head.say(cell))
