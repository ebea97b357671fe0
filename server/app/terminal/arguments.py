"""An argument parser that takes options anywhere and says what was probably meant."""

from __future__ import annotations

import argparse
import difflib
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .text import shown


class Parser(argparse.ArgumentParser):
    """`argparse`, with three differences.

    Options may stand between file names, abbreviated options are not guessed at (scripts would break when an
    option is added), and a mistyped option, command or choice is answered with the nearest that exists.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "allow_abbrev": False})
        self._mixing = False
        self.commands: dict[str, Parser] = {}

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse with options and file names in any order; what was not understood comes second."""
        if self._mixing or self.commands:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> argparse.Namespace:
        """Parse everything; ends the program with code 2 and a message where that is not possible."""
        arguments = sys.argv[1:] if args is None else list(args)
        parsed, extras = self.parse_known_args(_files_after_dashes(arguments), namespace)
        command = self.commands.get(getattr(parsed, "command", None) or "", self)
        if extras:
            command.error(command.unknown(extras[0]))
        if command is self and self.commands:
            self.error(f"no command was given. There are: {', '.join(self.commands)}.")
        return parsed

    def unknown(self, argument: str) -> str:
        """What to say about an argument nobody asked for."""
        if not argument.startswith("-"):
            return f"unexpected argument '{shown(argument)}'"
        name = argument.split("=", 1)[0]
        guess = nearest(name, self._option_string_actions)
        if guess:
            return f"unknown option '{shown(name)}'. Did you mean '{guess}'?"
        if Path(argument).exists():
            return f"unknown option '{shown(name)}'. If you mean the file, write './{shown(argument)}'."
        return f"unknown option '{shown(name)}'"

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line and end the program with code 2."""
        self.exit(2, f"{self.prog}: {message}\nRun '{self.prog} --help' for what there is.\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        guess = nearest(str(value), choices)
        meant = f" Did you mean '{guess}'?" if guess else ""
        kind = "command" if action.dest == "command" else "value"
        raise argparse.ArgumentError(
            None if kind == "command" else action,
            f"unknown {kind} '{shown(str(value))}'.{meant} There are: {', '.join(choices)}.",
        )


def _files_after_dashes(arguments: list[str]) -> list[str]:
    """After `--` nothing is an option: names that begin with a dash are written so that they can't be one."""
    if "--" not in arguments:
        return arguments
    at = arguments.index("--")
    return arguments[:at] + [f"./{name}" if name.startswith("-") else name for name in arguments[at + 1 :]]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like the given one, or None when none is like it."""
    found = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def whole_number(least: int) -> Any:
    """An argument type: a whole number of at least `least`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"'{shown(text)}' is not a whole number from {least} up")
        return number

    return read


def seconds(text: str) -> float:
    """An argument type: a time of 0 s or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is not a number of seconds")
    return value


class Formats(argparse.Action):
    """Collects `-f` values: `-f srt -f vtt`, `-f srt,vtt` and `-f srt vtt` all mean the same.

    A value after the first that looks like a file (it has a dot or a slash, or exists) is put with the
    files, so that `-f srt talk.wav` does what its writer meant.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Take the values of one `-f`."""
        given = [str(value) for value in values or ()]
        formats = given[:1]
        files: list[str] = []
        for value in given[1:]:
            is_file = "." in value or "/" in value or Path(value).exists()
            (files if is_file else formats).append(value)
        names = [name.strip() for value in formats for name in value.split(",") if name.strip()]
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or []), *names])
        namespace.more_files = [*getattr(namespace, "more_files", []), *files]


def add_settings(parser: Parser) -> None:
    """Make the parser understand which settings to begin with."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration file (default: the user's own)")
    parser.add_argument("--preset", metavar="NAME", help="settings to begin with: basic, enhanced or advanced")
