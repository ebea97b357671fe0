"""Reads a TextGrid back: tiers as many as announced, intervals that follow each other from 0 to the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import BinaryIO

from ..material import Material

_INTERVAL = re.compile(rb"\n +intervals \[(\d+)\]:\r?\n +xmin = ([\d.]+) \r?\n +xmax = ([\d.]+) \r?\n +text = \"")
_TIER = re.compile(rb"\n    item \[\d+\]:")
_SIZE = re.compile(rb"\n        intervals: size = (\d+) ")
_HEAD = re.compile(rb"\nxmax = ([\d.]+) \r?\ntiers\? <exists> \r?\nsize = (\d+) ")


def check_textgrid(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Go through all tiers."""
    data = file.read()
    head = _HEAD.search(data)
    if head is None:
        yield "The file does not begin like a TextGrid."
        return
    parts = _TIER.split(data)[1:]
    if len(parts) != int(head[2]):
        yield f"There are {len(parts)} tiers instead of {int(head[2])}."
    for number, part in enumerate(parts, start=1):
        yield from _tier(number, part, head[1])


def _tier(number: int, part: bytes, end: bytes) -> Iterable[str]:
    found = _INTERVAL.findall(part)
    announced = _SIZE.search(part)
    if announced is None or len(found) != int(announced[1]):
        yield f"Tier {number} has {len(found)} intervals, another number than it says."
    if not found or float(found[0][1]) != 0 or found[-1][2] != end:
        yield f"Tier {number} does not cover the whole recording."
    for (_, _, one_end), (position, two_start, two_end) in pairwise(found):
        if one_end != two_start or float(two_start) >= float(two_end):
            yield f"Interval {position.decode()} of tier {number} does not follow the one before it."
            return
