"""What is wrong with a file of Scenarist closed captions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

from ...domain.timecode import Timebase
from ...errors import InvalidOption
from ..material import Material
from .codes import COLUMNS, ODD_BYTES

_HEADER = b"Scenarist_SCC V1.0"
_RATE = Fraction(30_000, 1001)
_MOST_ROWS = 4
_LINE = re.compile(rb"(\d\d:\d\d:\d\d[:;]\d\d)\t([0-9a-f]{4}(?: [0-9a-f]{4})*)")
_LOWER_BITS = bytes(byte & 0x7F for byte in range(256))
# Text is never below 0x20, so a byte of 0x10 to 0x17 always begins a control code.
_TWICE = re.compile(rb"([\x10-\x17].)\1", re.DOTALL)
_ONCE = re.compile(rb"[\x10-\x17].", re.DOTALL)
_ADDRESS = re.compile(rb"[\x10-\x17]([\x40-\x7f])")
_TAB = re.compile(rb"\x17([\x21-\x23])")
_SPECIAL = re.compile(rb"\x11[\x30-\x3f]")
_CHARACTER = re.compile(rb"[\x20-\x7f]")


def check_scc(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Header, timecode that never runs into what was sent before, parity, codes sent twice, rows within the grid."""
    lines = file.read().removeprefix(b"\xef\xbb\xbf").splitlines()
    if not lines or lines[0] != _HEADER:
        yield f"The file does not begin with {_HEADER.decode()}."
    timebase: Timebase | None = None
    free = 0
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            yield f"Line {number} is not a timecode and words of two bytes."
            continue
        timebase = timebase or Timebase(_RATE, match[1][8:9] == b";")
        data = bytes.fromhex(match[2].decode())
        yield from (f"Line {number}: {problem}" for problem in _problems(data))
        try:
            frame = timebase.parse(match[1].decode())
        except InvalidOption as error:
            yield f"Line {number}: {error.message}"
            continue
        if 0 < free - frame < timebase.frames_per_day // 2:
            yield f"Line {number} begins before the line before it has been sent."
        free = (frame + len(data) // 2) % timebase.frames_per_day


def _problems(data: bytes) -> Iterator[str]:
    if data.translate(None, ODD_BYTES):
        yield "a byte without odd parity."
    bits = data.translate(_LOWER_BITS)
    if _ONCE.search(_TWICE.sub(b"", bits)):
        yield "a control code that is not sent twice."
    parts = _ADDRESS.split(_TWICE.sub(rb"\1", bits))
    rows = list(zip(parts[1::2], parts[2::2], strict=True))
    if len(rows) > _MOST_ROWS:
        yield f"a caption of {len(rows)} rows."
    if any(_columns(address, row) > COLUMNS for address, row in rows):
        yield f"a row of more than {COLUMNS} columns."


def _columns(address: bytes, row: bytes) -> int:
    """Where a row ends. Extended characters take the place of the one before them."""
    tab = _TAB.search(row)
    start = (address[0] & 0x0E) * 2 + (tab[1][0] & 0x03 if tab else 0)
    return start + len(_CHARACTER.findall(_ONCE.sub(b"", row))) + len(_SPECIAL.findall(row))
