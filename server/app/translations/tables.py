"""Translations in CSV or TSV: by segment id, or by times."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ..domain.languages import matching_language
from ..errors import InvalidDocument
from .base import Cue
from .subtitles import clock_s

_IDS = ("segment", "segment_id", "id")
_STARTS = ("start_s", "start", "begin", "from", "in")
_ENDS = ("end_s", "end", "to", "out")
_TEXTS = ("translation", "translated", "target", "text")
_HINT = "Its first line must name the columns: 'segment' or 'start' and 'end', and 'text' (or the language)."


def read_table(text: str, language: str) -> list[Cue]:
    """Read rows into cues.

    Columns are found by name. Of several with text, the one named by the language is taken, then `translation`.

    Raises:
        InvalidDocument: Columns are missing, or a row has no time that can be read.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)) if any(row)]
    except csv.Error as error:
        raise InvalidDocument(f"The table can't be read: {error}.", hint=_HINT) from None
    if not rows:
        return []
    names = [name.strip().lower() for name in rows[0]]
    content = _text_column(names, language)
    segment, start, end = (_column(names, known) for known in (_IDS, _STARTS, _ENDS))
    if content is None or (segment is None and (start is None or end is None)):
        raise InvalidDocument("The table has no columns for a translation.", hint=_HINT)
    cues = []
    for number, row in enumerate(rows[1:], start=2):
        words = _plain(_cell(row, content))
        times = (clock_s(_cell(row, start)), clock_s(_cell(row, end)))
        name = _cell(row, segment) or None
        if not words:
            continue
        if name is None and None in times:
            raise InvalidDocument(f"Row {number} of the table has neither a segment nor times.", hint=_HINT)
        start_s, end_s = (value or 0.0 for value in times)
        cues.append(Cue(start_s, max(start_s, end_s), tuple(words.splitlines()), name))
    return cues


def _delimiter(text: str) -> str:
    head = text.lstrip().split("\n", 1)[0]
    return max("\t;,|", key=head.count)


def _column(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _text_column(names: Sequence[str], language: str) -> int | None:
    own = matching_language(language, [name for name in names if name not in (*_IDS, *_STARTS, *_ENDS)])
    return names.index(own) if own is not None else _column(names, _TEXTS)


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _plain(text: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@", "\t"} else text
