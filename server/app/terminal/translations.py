"""Other languages on the command line: the command `translate`, and results in several languages."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..domain.languages import matching_language
from ..errors import InvalidOption
from .arguments import Parser
from .console import Console, label
from .writing import Permission, write_result

if TYPE_CHECKING:
    from ..domain.transcript import Transcript
    from ..translations.base import AlignmentReport, Translator

_LEFTOVERS_SHOWN = 5


class Desk(Protocol):
    """What is needed of the translation desk."""

    def translate(
        self,
        transcript: Transcript,
        target: str,
        translator: Translator,
        *,
        progress: Callable[[float], None] | None = None,
    ) -> Transcript:
        """Add a track made by a translator."""
        ...

    def import_track(self, transcript: Transcript, path: Path, language: str) -> tuple[Transcript, AlignmentReport]:
        """Add a track from a translated file."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """One result that is to be written."""

    format_id: str
    path: Path
    options: dict[str, str]


def add_translate(parser: Parser) -> None:
    """Make the parser understand the command `translate`."""
    add = parser.add_argument
    add("source", metavar="TRANSCRIPT.json", help="what 'transcribe -f json' has saved")
    add("--to", dest="language", required=True, metavar="LANGUAGE", help="the language wanted, such as de or pt-BR")
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="take it from a translated SRT, WebVTT, CSV or TSV file, or from a transcript made with --task translate",
    )
    way.add_argument("--service", default="", metavar="URL", help="send the text to this LibreTranslate service")
    way.add_argument("--model", type=Path, metavar="FOLDER", help="translate here, with this Argos Translate package")
    add("-o", "--output", metavar="FILE", help="where the transcript goes; standard output when not given")
    add("--overwrite", action="store_true", help="replace a result file that exists already")


def add_languages(parser: Parser) -> None:
    """Make the parser of a command that exports understand `--languages`."""
    parser.add_argument(
        "--languages", metavar="L,L…", help="a result for each of these languages: talk.de.srt, talk.fr.srt"
    )


def translate(
    args: argparse.Namespace,
    transcript: Transcript,
    desk: Desk,
    open_translator: Callable[[], Translator],
    *,
    permission: Permission,
    console: Console,
) -> None:
    """Add a translation to a transcript as the command line says, and write it.

    Raises:
        AudapolisError: See `TranslationDesk`.
        Conflict: The result exists already.
    """
    from ..domain.codec import to_json

    output = None if args.output in {None, "-"} else Path(args.output)
    permission.check([output] if output else [])
    if args.file:
        changed, report = desk.import_track(transcript, args.file, args.language)
        _tell(report, console)
    else:
        name = label(Path(args.source))
        changed = desk.translate(
            transcript,
            args.language,
            open_translator(),
            progress=lambda done: console.progress.update("translate", name, "translate", done, None),
        )
        console.progress.finish("translate")
    content = to_json(changed, indent=2) + b"\n"
    if output:
        write_result(output, content)
    else:
        console.result(content)


def in_languages(
    languages: str | None, results: Mapping[str, Path], options: dict[str, str], extensions: Mapping[str, str]
) -> list[Wanted]:
    """What has to be written: each result once, or once for each language under a name of its own.

    Args:
        languages: What `--languages` said.
        results: The result file of each format; none where they go to standard output.
        options: The formats' options.
        extensions: The extension of each format.

    Raises:
        InvalidOption: Several languages would go to standard output.
    """
    tags = list(dict.fromkeys(tag.strip() for tag in (languages or "").split(",") if tag.strip()))
    if not tags:
        return [Wanted(format_id, path, options) for format_id, path in results.items()]
    if not results:
        raise InvalidOption("Several languages can't share standard output.", hint="Give a folder or file with -o.")
    return [
        Wanted(format_id, _with_language(path, tag, extensions[format_id]), {**options, "language": tag})
        for format_id, path in results.items()
        for tag in tags
    ]


def check_languages(wanted: list[Wanted], transcript: Transcript) -> None:
    """Make sure that a transcript has all languages, before the first result is written.

    Raises:
        InvalidOption: It lacks one; those it has are named.
    """
    there = (transcript.language, *transcript.translations)
    for each in wanted:
        tag = each.options.get("language", "")
        if tag and matching_language(tag, there) is None:
            raise InvalidOption(f"The transcript has no text in '{tag}'.", hint=f"It has: {', '.join(there)}.")


def _with_language(path: Path, tag: str, extension: str) -> Path:
    """`talk.srt` as `talk.de.srt`, whatever the extension."""
    ending = f".{extension}" if path.name.lower().endswith(f".{extension}") else path.suffix
    safe = "".join(character for character in tag if character.isalnum() or character in "-_")
    return path.with_name(f"{path.name.removesuffix(ending) if ending else path.name}.{safe}{ending}")


def _tell(report: AlignmentReport, console: Console) -> None:
    console.note(f"{report.covered} of {report.segments} segments have a text in '{report.language}' now.")
    for warning in report.warnings:
        console.note(f"Warning: {warning}")
    for text in report.leftovers[:_LEFTOVERS_SHOWN]:
        console.note(f"Left out: {text}")
    if len(report.leftovers) > _LEFTOVERS_SHOWN:
        console.note(f"Left out: {len(report.leftovers) - _LEFTOVERS_SHOWN} more.")
