"""A translated file of any kind, read into cues."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..domain.transcript_file import read_transcript
from ..errors import InvalidDocument, NotFound, TooLarge
from .base import Cue
from .decoding import decoded
from .subtitles import read_srt, read_vtt
from .tables import read_table

MAX_BYTES = 64 * 2**20
"""More is no translation anybody made."""
_TABLES = (".csv", ".tsv")
_BLANK = "\ufeff \t\r\n"


@dataclass(frozen=True, slots=True)
class TranslatedFile:
    """What a file holds.

    Attributes:
        warnings: What is uncertain about how it was read.
        same_clock: It is a transcript of the recording, so its times are ours.
    """

    cues: tuple[Cue, ...]
    warnings: tuple[str, ...] = ()
    same_clock: bool = False


def read_file(path: Path, language: str, *, name: str = "") -> TranslatedFile:
    """Read SRT, WebVTT, CSV, TSV, or the JSON of another transcript.

    Args:
        path: The file; its content tells what it is, its extension only tables.
        language: What it is written in.
        name: What it is called, where its path does not say it.

    Raises:
        NotFound: It can't be read.
        TooLarge: It is over the limit.
        InvalidDocument: It is none of these, or has nothing in it.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_BYTES:
            raise TooLarge(f"'{path.name}' has {size_bytes} bytes, too many for a translation.")
        data = path.read_bytes()
    except OSError as error:
        raise NotFound(
            f"'{path}' can't be read: {error.strerror or error}.", hint="Check the name and its permissions."
        ) from None
    name = name or path.name
    text, encoding = decoded(data, language)
    cues = _cues(text, name, language)
    if not cues:
        raise InvalidDocument(
            f"'{name}' holds no translated text.", hint="Give an SRT, WebVTT, CSV or TSV file, or a transcript's JSON."
        )
    told = () if encoding.startswith("utf") else (f"'{name}' is not Unicode; it was read as {encoding}.",)
    return TranslatedFile(tuple(cues), told, same_clock=_is_json(text))


def _cues(text: str, name: str, language: str) -> list[Cue]:
    start = text.lstrip(_BLANK)
    if _is_json(text):
        return cues_of_transcript(start)
    if start.startswith("WEBVTT"):
        return _with_text(read_vtt(start))
    if Path(name).suffix.lower() in _TABLES or "-->" not in start:
        return read_table(start, language)
    return _with_text(read_srt(start))


def _is_json(text: str) -> bool:
    return text.lstrip(_BLANK).startswith("{")


def cues_of_transcript(data: str | bytes) -> list[Cue]:
    """The segments of another transcript of the same recording, such as one made with `--task translate`.

    Raises:
        InvalidDocument: It is no transcript.
    """
    transcript = read_transcript(data)
    return _with_text([Cue(s.start_s, s.end_s, (s.text,)) for s in transcript.segments])


def _with_text(cues: list[Cue]) -> list[Cue]:
    return [cue for cue in cues if cue.text]
