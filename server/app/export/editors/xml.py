"""Small XML trees written out the same way every time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote
from xml.etree import ElementTree as ET

from ..text import clean, printable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def child(parent: ET.Element, tag: str, text: str | int | None = None, **attributes: str | int) -> ET.Element:
    """Add an element with text and attributes; control characters, which XML can't hold, are dropped."""
    element = ET.SubElement(parent, tag, _strings(attributes))
    if text is not None:
        element.text = clean(str(text))
    return element


def root(tag: str, **attributes: str | int) -> ET.Element:
    """Begin a tree."""
    return ET.Element(tag, _strings(attributes))


def document(tree: ET.Element, doctype: str) -> bytes:
    """The UTF-8 bytes of a document, indented, with its document type."""
    ET.indent(tree, "    ")
    body = ET.tostring(tree, encoding="unicode", short_empty_elements=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {doctype}>\n{body}\n'.encode()


def url(path: str, *, host: str = "") -> str:
    """A file's URL: paths are escaped, relative ones stay relative to the document, URLs stay as they are."""
    if _SCHEME.match(path):
        return path
    escaped = quote(printable(path).replace("\\", "/"))
    return f"file://{host}{escaped}" if escaped.startswith("/") else escaped


def _strings(attributes: Mapping[str, str | int]) -> dict[str, str]:
    return {name: clean(str(value)) for name, value in attributes.items()}
