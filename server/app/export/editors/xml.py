"""Where files lie, as XML documents of editors say it."""

from __future__ import annotations

import re
from urllib.parse import quote

from ..text import printable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def url(path: str, *, host: str = "") -> str:
    r"""A file's URL. Relative paths stay relative to the document, URLs stay as they are.

    Args:
        path: As a system names it: `/media/a.mov`, `C:\media\a.mov`, `\\server\share\a.mov`, `a.mov`.
        host: What stands before local paths; Final Cut Pro 7 wrote `localhost`.
    """
    if _SCHEME.match(path):
        return path
    escaped = quote(printable(path).replace("\\", "/"))
    if _DRIVE.match(path):
        return f"file://{host}/{escaped}"
    if path.startswith("\\\\"):
        return f"file:{escaped}"
    return f"file://{host}{escaped}" if escaped.startswith("/") else escaped
