"""The command `presets`: formats with their options, kept under a name."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from ..errors import InvalidOption
from .arguments import Formats, Parser
from .text import shown, table

if TYPE_CHECKING:  # the parser is made for every command, and has to be quick
    from ..export.base import FormatInfo
    from ..export.options import OptionValue
    from ..export.workflow.outputs import Output, PresetShelf
    from .console import Console

_EXAMPLE = {
    "list": "audapolis presets list",
    "add": "audapolis presets add house -f srt vtt -O max_chars=37",
    "show": "audapolis presets show house",
    "remove": "audapolis presets remove house",
}


class Exporter(Protocol):
    """What is needed of the exporter."""

    def check(self, format_id: str, options: Mapping[str, OptionValue] | None = None) -> FormatInfo: ...  # noqa: D102


def add_presets(parser: Parser) -> None:
    """Make the parser understand the command."""
    add = parser.add_argument
    add("action", nargs="?", choices=tuple(_EXAMPLE), default="list", help="what to do")
    add("name", nargs="?", metavar="NAME", help="the preset")
    add("-f", "--format", dest="formats", nargs="+", action=Formats, metavar="FORMAT", help="add: its formats")
    add(
        "-O",
        "--option",
        dest="options",
        action="append",
        default=[],
        metavar="key=value",
        help="add: an option for those of the formats that know it",
    )
    add("--description", metavar="TEXT", default="", help="add: what it is for")
    add("--json", action="store_true", help="list, show: as JSON, for programs")


def check_presets(args: argparse.Namespace) -> None:
    """Refuse what does not suit the action.

    Raises:
        InvalidOption: It does not.
    """
    if (args.name is None) != (args.action == "list") or bool(args.formats) != (args.action == "add"):
        raise InvalidOption(
            f"'presets {args.action}' was typed differently from what it takes.", hint=f"Try: {_EXAMPLE[args.action]}"
        )


def run_presets(args: argparse.Namespace, shelf: PresetShelf, exporter: Exporter, console: Console) -> None:
    """Do what was typed."""
    from ..domain.codec import to_json, to_plain
    from ..export.workflow.outputs import Preset, fitting

    if args.action == "add":
        from ..export.options import parse_assignments

        outputs = fitting(args.formats, parse_assignments(args.options), exporter)
        shelf.save(Preset(args.name, outputs, args.description))
        console.note(f"{args.name} is kept. Use it: audapolis export talk.json -p {args.name} -o results/")
    elif args.action == "remove":
        shelf.delete(args.name)
        console.note(f"{args.name} is deleted.")
    else:
        presets = list(shelf.list()) if args.action == "list" else [shelf.get(args.name)]
        if args.json:
            console.result(to_json([to_plain(preset) for preset in presets], indent=2) + b"\n")
            return
        rows = [(each.name, "; ".join(map(_told, each.outputs)), shown(each.description)) for each in presets]
        text = table(("preset", "formats", "what it is for"), rows) if rows else "There are no export presets.\n"
        console.result(text.encode())


def _told(output: Output) -> str:
    options = " ".join(f"{name}={shown(str(value))}" for name, value in output.options.items())
    return f"{output.format} {options}".strip()
