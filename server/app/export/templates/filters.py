"""Filters of templates beyond Jinja's own: times, names, line breaks and the escapes of common formats."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ...domain.timecode import timebase_of
from ..text import clean, printable, short_clock
from ..text import clock as clock_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that spreadsheets take for a formula."""

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}


def clock(seconds: float, point: str = ".") -> str:
    """A time as `HH:MM:SS.mmm`, with another point where SubRip wants one."""
    return clock_of(round(seconds * 1000), point=point)


def timecode(seconds: float, rate: str | float = 25, drop_frame: bool = False) -> str:
    """A time as `HH:MM:SS:FF` at a frame rate, or `HH:MM:SS;FF` in drop-frame."""
    timebase = timebase_of(rate or 25, drop_frame=drop_frame)
    return timebase.format(timebase.frames(seconds))


def speaker_name(speaker: Mapping[str, Any] | None, nobody: str = "") -> str:
    """A speaker's name; `nobody` where it is not known who speaks."""
    return str(speaker["name"] or speaker["id"]) if speaker else nobody


def wrap(text: str, width: int = 80, indent: str = "") -> str:
    """Lines of at most `width` characters, broken between words; a longer word keeps a line of its own."""
    lines = textwrap.wrap(
        str(text),
        max(1, int(width)),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def csv(value: Any, separator: str = ",") -> str:
    """A field of a CSV file (RFC 4180), in quotes where it needs them, and safe from being taken for a formula."""
    text = "" if value is None else printable(str(value))
    if isinstance(value, str) and text.startswith(_FORMULA):
        text = f"'{text}"
    if any(mark in text for mark in (separator, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def xml(value: Any) -> str:
    """Text between tags: `& < >` escaped, what XML forbids left out."""
    return escape(printable(str(value)))


def xml_attribute(value: Any) -> str:
    """An attribute's value with its quotes."""
    return quoteattr(printable(str(value)))


def latex(value: Any) -> str:
    """Text for LaTeX, its special characters escaped."""
    return "".join(_LATEX.get(character, character) for character in str(value))


def one_line(value: Any) -> str:
    """White space runs as one space."""
    return clean(str(value))


FILTERS: dict[str, Callable[..., str]] = {
    "clock": clock,
    "short_clock": short_clock,
    "timecode": timecode,
    "speaker_name": speaker_name,
    "wrap": wrap,
    "csv": csv,
    "xml": xml,
    "xml_attribute": xml_attribute,
    "latex": latex,
    "one_line": one_line,
}
"""By the name a template calls them."""
