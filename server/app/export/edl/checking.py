"""Reads a finished edit list again, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from ..material import Material

_EVENT = re.compile(r"(\d{3,})  (\S{1,8}) +(A|AA|B|AA/V|V) +C        (.*)")
_LABEL = re.compile(r"\d\d:\d\d:\d\d[:;]\d\d\d?")


def structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Events are counted from 1 and follow one another without gaps; each has four times."""
    expected, end = 1, ""
    for line in file.read().decode("utf-8").splitlines():
        if not line[:1].isdigit():
            continue
        event = _EVENT.fullmatch(line)
        times = event[4].split() if event else []
        if event is None or len(times) != 4 or not all(map(_LABEL.fullmatch, times)):
            yield f"This is not an event: {line}"
            return
        if int(event[1]) != expected:
            yield f"Event {expected} is missing: {event[1]} comes instead."
        if end and times[2] != end:
            yield f"Event {event[1]} begins at {times[2]}, not where the one before ends, at {end}."
        expected, end = int(event[1]) + 1, times[3]
