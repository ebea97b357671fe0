"""The command `speakers`: what was typed, and what is shown of the enrolled voices."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import InvalidOption
from .arguments import Parser
from .interruption import Interruption
from .text import duration, shown, table

if TYPE_CHECKING:
    from ..domain.cancellation import CancelToken
    from ..voices.book import Voice
    from .console import Console

_ARGUMENTS = {"list": 0, "enrol": 2, "forget": 1}
_EXAMPLE = {"enrol": "audapolis speakers enrol Ann ann.wav", "forget": "audapolis speakers forget Ann"}


class Book(Protocol):
    """What the command needs of the enrolled voices; see `voice_book.VoiceBook`."""

    def enrol(self, name: str, sample: Path, cancel: CancelToken) -> Voice: ...  # noqa: D102
    def forget(self, name: str) -> None: ...  # noqa: D102
    def voices(self) -> Sequence[Voice]: ...  # noqa: D102


def add_speakers(parser: Parser) -> None:
    """Make the parser understand the command."""
    add = parser.add_argument
    add("action", nargs="?", choices=tuple(_ARGUMENTS), default="list", help="list, enrol or forget voices")
    add("speaker", nargs="?", metavar="NAME", help="who it is")
    add("sample", nargs="?", metavar="SAMPLE", help="a recording in which only they speak")
    add("--json", action="store_true", help="as JSON, for programs")


def check_speakers(args: argparse.Namespace) -> None:
    """Refuse too few or too many arguments.

    Raises:
        InvalidOption: They do not suit the action.
    """
    given = sum(value is not None for value in (args.speaker, args.sample))
    if given != _ARGUMENTS[args.action]:
        example = _EXAMPLE.get(args.action, "audapolis speakers list")
        raise InvalidOption(
            f"'speakers {args.action}' was typed differently from what it takes.", hint=f"Try: {example}"
        )


def run_speakers(args: argparse.Namespace, book: Book, console: Console) -> None:
    """Do what was typed."""
    if args.action == "enrol":
        with Interruption() as stop:
            voice = book.enrol(args.speaker, Path(args.sample), stop.token)
        console.note(f"{shown(voice.name)} is known now, from {voice.speech_s:.0f} s of speech.")
    elif args.action == "forget":
        book.forget(args.speaker)
        console.note(f"{shown(args.speaker)} is forgotten.")
    elif args.json:
        console.result(json.dumps(as_plain(book.voices()), indent=2, ensure_ascii=False).encode() + b"\n")
    else:
        console.result(as_text(book.voices()).encode())


def as_text(voices: Sequence[Voice]) -> str:
    """The enrolled voices as a table."""
    rows = [(v.name, v.created_at[:10], duration(v.speech_s), ", ".join(sorted(v.vectors))) for v in voices]
    return table(("name", "since", "speech", "known to"), rows) if rows else "No voices are enrolled.\n"


def as_plain(voices: Sequence[Voice]) -> list[dict[str, object]]:
    """The enrolled voices for programs, without their vectors."""
    return [
        {"name": v.name, "created_at": v.created_at, "speech_s": v.speech_s, "models": sorted(v.vectors)}
        for v in voices
    ]
