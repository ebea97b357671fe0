"""Writes XML line by line: trees of half a million elements would take long to build and much memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from xml.sax.saxutils import escape, quoteattr

from ..text import printable

Attributes = dict[str, str | int]
"""Written in this order."""

_INDENT = "  "


class XmlLines:
    """An XML document that grows at its end. Control characters, which XML can't hold, are dropped."""

    def __init__(self, doctype: str) -> None:
        self._lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<!DOCTYPE {doctype}>"]
        self._margin = ""

    @contextmanager
    def inside(self, tag: str, attributes: Attributes | None = None) -> Iterator[None]:
        """Begin an element; what is added meanwhile stands in it."""
        self._lines.append(f"{self._margin}<{tag}{_written(attributes)}>")
        self._margin += _INDENT
        yield
        self._margin = self._margin[: -len(_INDENT)]
        self._lines.append(f"{self._margin}</{tag}>")

    def add(self, tag: str, text: str | int = "", attributes: Attributes | None = None) -> None:
        """Add an element with text, or an empty one."""
        if isinstance(text, str):
            text = escape(printable(text))
        opening = f"{self._margin}<{tag}{_written(attributes) if attributes else ''}"
        self._lines.append(f"{opening}/>" if text == "" else f"{opening}>{text}</{tag}>")

    def content(self) -> bytes:
        """The document so far."""
        return ("\n".join(self._lines) + "\n").encode("utf-8")


def _written(attributes: Attributes | None) -> str:
    return "".join(f" {name}={quoteattr(printable(str(value)))}" for name, value in (attributes or {}).items())
