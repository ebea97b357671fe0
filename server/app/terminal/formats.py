"""What formats there are, and what one of them can do, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ..errors import UnknownName
from ..export.base import FormatInfo
from .text import table


def as_json(formats: Sequence[FormatInfo]) -> bytes:
    """A list of all that is known of each."""
    return json.dumps([asdict(each) for each in formats], indent=2, ensure_ascii=False).encode() + b"\n"


def as_table(formats: Sequence[FormatInfo]) -> bytes:
    """A line for each."""
    rows = [(each.id, f".{each.extension}", each.name) for each in formats]
    listed = table(("format", "file", "what it is"), rows)
    return f"{listed}\n'audapolis formats FORMAT' tells the options of one.\n".encode()


def details(formats: Sequence[FormatInfo], name: str) -> bytes:
    """One format: what it is, its options, what it can't carry, and how it is checked.

    Raises:
        UnknownName: There is no such format.
    """
    wanted = name.strip().lower().replace("-", "_")
    info = next((each for each in formats if each.id in (name, wanted)), None)
    if info is None:
        raise UnknownName("format", name, [each.id for each in formats])
    lines = [f"{info.id}: {info.name} (.{info.extension}, {info.media_type})", info.description, ""]
    if info.options:
        rows = [(each.name, each.values, str(each.default).lower(), each.description) for each in info.options]
        lines += [table(("option", "values", "default", "meaning"), rows)]
    lines += ["Left out:", *(f"  {loss}" for loss in info.losses), ""] if info.losses else []
    lines += [f"Checks: {', '.join(info.checks)}"] if info.checks else []
    return ("\n".join(lines).rstrip() + "\n").encode()
