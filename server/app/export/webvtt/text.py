"""Text inside cues and comments."""

from __future__ import annotations

import html

from ..text import clean


def escaped(text: str) -> str:
    """Cue text: the three characters that have a meaning there become references."""
    return html.escape(text, quote=False)


def comment(text: str) -> str:
    """A line of a comment, which can't be escaped: only the arrow, which would end it, is taken apart."""
    return clean(text).replace("-->", "- ->")
