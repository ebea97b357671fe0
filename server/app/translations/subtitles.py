"""SRT and WebVTT as they are found in the wild, read into cues."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from .base import Cue

_TIME = r"(?:(\d+)\s*:)?\s*(\d{1,2})\s*:\s*(\d{1,2})(?:\s*[.,:]\s*(\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-+>\s*{_TIME}(?:\s.*)?$")
_SRT_TAG = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")
_VTT_TAG = re.compile(r"<[^<>]*>")
_NUMBER = re.compile(r"^\s*\d+\s*$")
_NO_CUE = re.compile(r"^(NOTE|STYLE|REGION)(\s|$)")


def read_srt(text: str) -> list[Cue]:
    """Read SubRip: numbers may be missing, blank lines stand inside text, commas be points."""
    lines = text.splitlines()
    starts = [index for index, line in enumerate(lines) if _TIMES.match(line)]
    cues = []
    for index, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = lines[index + 1 : following]
        if following < len(lines) and body and _NUMBER.match(body[-1]):
            body.pop()  # the next caption's number
        cues.append(_cue(lines[index], [_SRT_TAG.sub("", line) for line in body]))
    return cues


def read_vtt(text: str) -> list[Cue]:
    """Read WebVTT: text ends at the first blank line; tags, settings, notes and styles are passed over."""
    cues = []
    for block in _blocks(text.replace("\0", "\ufffd").splitlines()):
        if _NO_CUE.match(block[0]):
            continue
        for index, line in enumerate(block[:2]):  # before the times there may be an identifier
            if _TIMES.match(line):
                cues.append(_cue(line, [html.unescape(_VTT_TAG.sub("", part)) for part in block[index + 1 :]]))
                break
    return cues


def clock_s(text: str) -> float | None:
    """Seconds of a time as files write it: `83.5`, `1:23.5`, `00:01:23,500`; None for anything else."""
    found = re.fullmatch(rf"\s*{_TIME}\s*", text)
    if found:
        return _seconds(found.groups())
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _cue(times: str, lines: Sequence[str]) -> Cue:
    found = _TIMES.match(times)
    groups = found.groups() if found else ()
    start_s, end_s = _seconds(groups[:4]), _seconds(groups[4:])
    kept = tuple(clean for line in lines if (clean := " ".join(line.split())))
    return Cue(start_s, max(start_s, end_s), kept)


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")
