"""Holds a finished file against the rules of the standard, as far as a writer can break them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ..material import Material

_TIMES = re.compile(r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})((?: \w+:\S+)*)")
_TAG = re.compile(r"</?(?:v|c|i|lang)(?:\.[\w-]+)*(?: [^<>\n]*)?>|<\d{2,}:\d\d:\d\d\.\d{3}>")
_REFERENCE = re.compile(r"&(?:amp|lt|gt);")


def check_cues(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """The signature, styles before cues, times that rise, closed tags and no raw markup."""
    blocks = file.read().decode("utf-8-sig").replace("\r\n", "\n").rstrip("\n").split("\n\n")
    if blocks[0] != "WEBVTT":
        yield "The file does not begin with WEBVTT."
    last_ms, cues = -1, 0
    for block in blocks[1:]:
        if block.startswith(("NOTE", "STYLE", "REGION")):
            if cues and not block.startswith("NOTE"):
                yield "A style or region stands after the first cue."
            if "-->" in block:
                yield "There is an arrow in a note, style or region."
            continue
        cues += 1
        problems, last_ms = _cue_problems(block, cues, last_ms)
        yield from problems


def _cue_problems(block: str, number: int, last_ms: int) -> tuple[list[str], int]:
    lines = block.split("\n")
    times = _TIMES.fullmatch(lines[1]) if len(lines) > 2 else None
    if times is None:
        return [f"Cue {number} is not a number, a line of times and text."], last_ms
    parts = list(map(int, times.groups()[:8]))
    start_ms, end_ms = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (parts[:4], parts[4:]))
    problems = []
    if end_ms <= start_ms or start_ms < last_ms:
        problems.append(f"The times of cue {number} are out of order.")
    text = "\n".join(lines[2:])
    if any(character in _REFERENCE.sub("", _TAG.sub("", text)) for character in "<>&"):
        problems.append(f"There is raw markup in cue {number}.")
    if list(_left_open(text)):
        problems.append(f"A tag of cue {number} is not closed.")
    return problems, start_ms


def _left_open(text: str) -> Iterator[str]:
    """Names of tags that are not closed in order."""
    open_tags: list[str] = []
    for tag in _TAG.findall(text):
        if tag[1].isdigit():
            continue
        name = re.split(r"[. >]", tag.strip("<>/"))[0]
        if not tag.startswith("</"):
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            yield name
    yield from open_tags
