"""Reads a finished table back: every row has as many fields as the first, and times run forwards."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ..material import Material

_FIRST_COLUMNS = ("word", "segment", "speaker")
_FEWEST_COLUMNS = 8
_SEPARATORS = ",;\t|"


def check_csv(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """By RFC 4180, with the separator that follows the first column's name; without a header, with one that fits."""
    with _lines(file) as lines:
        try:
            first = lines.readline()
        except UnicodeDecodeError as error:
            yield f"The table can't be read: {error}."
            return
        name = next((name for name in _FIRST_COLUMNS if first.startswith(name)), None)
        likely = sorted(_SEPARATORS, key=first.count, reverse=True)
        problems: list[str] = []
        for separator in [first[len(name)]] if name else likely:
            lines.seek(0)
            problems = list(_even(csv.reader(lines, delimiter=separator, strict=True)))
            if not problems:
                break
        yield from problems


def check_tsv(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Fields between tabs, records between line ends, nothing escaped."""
    with _lines(file) as lines:
        yield from _even(line.rstrip("\r\n").split("\t") for line in lines)


def _even(rows: Iterable[list[str]]) -> Iterator[str]:
    width = 0
    try:
        for number, row in enumerate(rows, start=1):
            width = width or max(len(row), _FEWEST_COLUMNS)
            if len(row) != width:
                yield f"Row {number} has {len(row)} fields instead of {width}."
                return
    except (csv.Error, UnicodeDecodeError) as error:
        yield f"The table can't be read: {error}."


@contextmanager
def _lines(file: BinaryIO) -> Iterator[io.TextIOWrapper]:
    """The file as text; it stays open."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()
