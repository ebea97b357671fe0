"""Where results go: standard output, one file, or a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import InvalidOption, UnknownName
from ..export.naming import plan_names
from .text import shown

if TYPE_CHECKING:
    from ..export.base import FormatInfo

DEFAULT_FORMAT = "txt"


@dataclass(frozen=True, slots=True)
class Target:
    """Where results go.

    Attributes:
        formats: The wanted format ids, each once, in the order asked for.
        folder: The folder for all results, or None.
        file: The file for the one result, or None. With neither, results go to standard output.
        extensions: The extension of each known format.
    """

    formats: tuple[str, ...]
    extensions: Mapping[str, str]
    folder: Path | None = None
    file: Path | None = None

    def results(self, sources: Sequence[Path]) -> dict[Path, dict[str, Path]]:
        """The result file of each format for each recording; none where they go to standard output.

        Raises:
            InvalidOption: A result would replace one of the recordings.
        """
        if self.file is not None:
            planned = {source: self._beside(self.file) for source in sources}
        elif self.folder is not None:
            names = plan_names(sources, {name: self.extensions[name] for name in self.formats})
            planned = {
                source: {name: self.folder / file for name, file in files.items()} for source, files in names.items()
            }
        else:
            return {source: {} for source in sources}
        _protect(sources, planned)
        return planned

    def _beside(self, file: Path) -> dict[str, Path]:
        """The first format in the file itself, others (`--rttm`) beside it under their own extension."""
        first, *others = self.formats
        return {first: file, **{name: file.with_suffix(f".{self.extensions[name]}") for name in others}}


def _protect(sources: Sequence[Path], planned: Mapping[Path, Mapping[str, Path]]) -> None:
    recordings = {source.resolve() for source in sources}
    for files in planned.values():
        for path in files.values():
            if path.resolve() in recordings:
                raise InvalidOption(
                    f"The result {shown(path)} would replace the recording itself.",
                    hint="Choose another place with -o.",
                )


def choose_target(
    output: str | None, asked: Sequence[str], *, rttm: bool, inputs: int, extensions: Mapping[str, str]
) -> Target:
    """Decide where results go from what was typed.

    `-` or nothing is standard output, for one format. A folder is what exists as one, ends in a slash, has no
    extension, or is needed because there are several results. Anything else is a file, whose extension tells
    the format when `-f` does not.

    Args:
        output: What `-o` said.
        asked: What `-f` said, in order.
        rttm: Whether the speaker turns are wanted besides.
        inputs: How many recordings were named.
        extensions: The extension of each known format.

    Raises:
        UnknownName: No such format.
        InvalidOption: The results can't go there.
    """
    for name in asked:
        if name not in extensions:
            raise UnknownName("format", name, extensions)
    formats = list(dict.fromkeys(asked))
    if output is None or output == "-":
        return _stdout(formats, rttm=rttm, extensions=extensions)
    path = Path(output)
    if not _is_folder(output, path, several=inputs > 1 or len(formats) > 1, extensions=extensions):
        formats = formats or [_format_of(path, extensions)]
        return Target(_with_rttm(formats, rttm=rttm), extensions, file=path)
    return Target(_with_rttm(formats or [DEFAULT_FORMAT], rttm=rttm), extensions, folder=path)


def _stdout(formats: list[str], *, rttm: bool, extensions: Mapping[str, str]) -> Target:
    chosen = _with_rttm(formats, rttm=rttm) if formats or rttm else (DEFAULT_FORMAT,)
    if len(chosen) > 1:
        raise InvalidOption(
            f"Several formats ({', '.join(chosen)}) can't share standard output.",
            hint="Give a folder with -o, or ask for one format.",
        )
    return Target(chosen, extensions)


def _with_rttm(formats: list[str], *, rttm: bool) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*formats, *(["rttm"] if rttm else [])]))


def _is_folder(output: str, path: Path, *, several: bool, extensions: Mapping[str, str]) -> bool:
    if path.is_dir() or output.endswith("/"):
        return True
    names_a_file = path.exists() or path.suffix.lower().removeprefix(".") in extensions.values()
    if several and names_a_file:
        raise InvalidOption(
            f"Several results can't go into the one file {shown(output)}.", hint="Give a folder with -o."
        )
    return several or not (path.exists() or path.suffix)


def _format_of(path: Path, extensions: Mapping[str, str]) -> str:
    ending = path.suffix.lower().removeprefix(".")
    if ending in extensions:
        return ending
    fitting = [name for name, extension in extensions.items() if extension == ending]
    if fitting:
        return fitting[0]
    if not ending:
        return DEFAULT_FORMAT
    raise UnknownName("format", ending, extensions)


class Formats(Protocol):
    """What is needed of the exporter."""

    def formats(self) -> list[FormatInfo]: ...  # noqa: D102


def typed_target(args: argparse.Namespace, exporter: Formats, inputs: int) -> Target:
    """Where results go by what was typed.

    Raises:
        UnknownName: No such format.
        InvalidOption: The results can't go there; what is no text, not to a terminal.
    """
    formats = {each.id: each for each in exporter.formats()}
    extensions = {name: each.extension for name, each in formats.items()}
    target = choose_target(args.output, args.formats or (), rttm=args.rttm, inputs=inputs, extensions=extensions)
    to_stdout = target.file is None and target.folder is None
    if to_stdout and not _is_text(formats[target.formats[0]].media_type) and (inputs > 1 or sys.stdout.isatty()):
        raise InvalidOption(
            f"The format {target.formats[0]} is not text and can't be printed.", hint="Give a file with -o."
        )
    return target


def _is_text(media_type: str) -> bool:
    return media_type.startswith(("text/", "application/json", "application/x-subrip"))
