"""Where files lie, as XML documents of editors say it."""

from __future__ import annotations

import re
from urllib.parse import quote

from ..text import printable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def url(path: str, *, host: str = "") -> str:
    """A file's URL: paths are escaped, relative ones stay relative to the document, URLs stay as they are."""
    if _SCHEME.match(path):
        return path
    escaped = quote(printable(path).replace("\\", "/"))
    return f"file://{host}{escaped}" if escaped.startswith("/") else escaped
