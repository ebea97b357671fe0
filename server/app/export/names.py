"""Names that users give to what they keep: templates, presets, targets. They become names of files and addresses."""

from __future__ import annotations

import re

from ..errors import InvalidOption

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def checked_name(name: str, kind: str) -> str:
    """The name, if it is one.

    Args:
        name: What somebody typed.
        kind: What it names, for the message.

    Raises:
        InvalidOption: It is none.
    """
    if not _NAME.fullmatch(name):
        raise InvalidOption(
            f"A {kind} can't be called '{name[:80]}'.",
            hint="Names are up to 64 small letters, digits, hyphens and underscores, and begin with a letter or digit.",
            field="name",
        )
    return name
