"""The command `templates`: what was typed, what is done, and what is shown of the user's templates."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InvalidOption, NotFound
from .arguments import Parser, whole_number
from .text import shown, table

if TYPE_CHECKING:  # the parser is made for every command, and has to be quick
    from ..domain.transcript import Transcript
    from ..export.templates.shelf import Draft, StoredTemplate, TemplateShelf
    from .console import Console

_ARGUMENTS = {
    "list": 0,
    "add": 2,
    "show": 1,
    "versions": 1,
    "diff": 1,
    "restore": 1,
    "preview": 1,
    "remove": 1,
}
_EXAMPLE = {
    "list": "audapolis templates list",
    "add": "audapolis templates add minutes minutes.md.j2",
    "restore": "audapolis templates restore minutes --version 1",
    "preview": "audapolis templates preview minutes.md.j2",
}
_TEMPLATE_ENDINGS = {".j2", ".jinja", ".jinja2"}


class Saved(Protocol):
    """A template that was taken."""

    @property
    def template(self) -> StoredTemplate: ...  # noqa: D102
    @property
    def warning(self) -> str: ...  # noqa: D102


class Shown(Protocol):
    """A preview."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def cut(self) -> bool: ...  # noqa: D102


class Desk(Protocol):
    """What the command needs of the templates; see `template_desk.TemplateDesk`."""

    shelf: TemplateShelf

    def save(self, name: str, draft: Draft) -> Saved: ...  # noqa: D102
    def preview(self, draft: Draft, transcript: Transcript | None = None) -> Shown: ...  # noqa: D102


def add_templates(parser: Parser) -> None:
    """Make the parser understand the command."""
    add = parser.add_argument
    add("action", nargs="?", choices=tuple(_ARGUMENTS), default="list", help="what to do")
    add("name", nargs="?", metavar="NAME", help="a template (preview: or a file)")
    add("file", nargs="?", metavar="FILE", help="add: the template's file")
    add("--json", action="store_true", help="list, versions: as JSON, for programs")
    add(
        "--extension",
        metavar="E",
        help="add, preview: what results end in (default: by the file, as html of x.html.j2)",
    )
    add("--description", metavar="TEXT", default="", help="add: what it is for")
    add("--version", type=whole_number(1), metavar="N", help="show, diff, restore, preview: which version")
    add("--on", type=Path, metavar="TRANSCRIPT.json", help="preview: the transcript to try it on (default: a sample)")


def check_templates(args: argparse.Namespace) -> None:
    """Refuse too few or too many arguments.

    Raises:
        InvalidOption: They do not suit the action.
    """
    given = sum(value is not None for value in (args.name, args.file))
    needs_version = args.action in {"restore", "diff"} and args.version is None
    if given != _ARGUMENTS[args.action] or needs_version:
        example = _EXAMPLE.get(args.action, f"audapolis templates {args.action} minutes --version 1")
        raise InvalidOption(
            f"'templates {args.action}' was typed differently from what it takes.", hint=f"Try: {example}"
        )


def run_templates(args: argparse.Namespace, desk: Desk, console: Console) -> None:
    """Do what was typed."""
    if args.action == "list":
        _list(desk.shelf.list(), console, as_json=args.json)
    elif args.action == "versions":
        _list(desk.shelf.versions(args.name), console, as_json=args.json)
    elif args.action == "add":
        _add(args, desk, console)
    elif args.action == "show":
        console.result(desk.shelf.get(args.name, args.version).source.encode("utf-8", "replace"))
    elif args.action == "diff":
        newest = desk.shelf.get(args.name).version
        console.result(desk.shelf.diff(args.name, args.version, newest).encode("utf-8", "replace"))
    elif args.action == "restore":
        restored = desk.shelf.restore(args.name, args.version)
        console.note(f"{args.name}: version {args.version} is back, as version {restored.version}.")
    elif args.action == "remove":
        desk.shelf.delete(args.name)
        console.note(f"{args.name} is deleted.")
    else:
        _preview(args, desk, console)


def draft_of(file: Path, extension: str | None = None, description: str = "") -> Draft:
    """Read a template's file.

    Raises:
        NotFound: It can't be read.
        InvalidOption: It is no text.
    """
    from ..export.templates.shelf import Draft

    try:
        source = file.read_text("utf-8-sig")
    except OSError as error:
        raise NotFound(f"The template {shown(file)} can't be read: {(error.strerror or str(error)).lower()}.") from None
    except UnicodeDecodeError:
        raise InvalidOption(f"The template {shown(file)} is no text.", hint="Write it in UTF-8.") from None
    plain = file.with_suffix("") if file.suffix.lower() in _TEMPLATE_ENDINGS else file
    ending = extension or plain.suffix or "txt"
    return Draft(source, ending.lower().removeprefix("."), description)


def _add(args: argparse.Namespace, desk: Desk, console: Console) -> None:
    saved = desk.save(args.name, draft_of(Path(args.file), args.extension, args.description))
    if saved.warning:
        console.note(f"Warning: {saved.warning}")
    console.note(f"{args.name} is kept, version {saved.template.version}.")
    console.note(f"Use it: audapolis export talk.json -f template:{args.name} -o talk.{saved.template.extension}")


def _preview(args: argparse.Namespace, desk: Desk, console: Console) -> None:
    from ..export.reading import open_material

    transcript = open_material(args.on, ()).transcript if args.on else None
    file = Path(args.name)
    draft = draft_of(file, args.extension) if file.is_file() else desk.shelf.get(args.name, args.version).draft
    made = desk.preview(draft, transcript)
    console.result(made.text.encode())
    if made.cut:
        console.note("There is more; previews are cut.")


def _list(templates: Sequence[StoredTemplate], console: Console, *, as_json: bool) -> None:
    if as_json:
        plain: list[dict[str, Any]] = [
            {name: getattr(each, name) for name in ("name", "version", "extension", "description", "saved_at")}
            for each in templates
        ]
        console.result(json.dumps(plain, indent=2, ensure_ascii=False).encode() + b"\n")
        return
    rows = [(t.name, str(t.version), f".{t.extension}", t.saved_at[:10], shown(t.description)) for t in templates]
    header = ("template", "version", "file", "saved", "what it is for")
    console.result((table(header, rows) if rows else "There are no templates.\n").encode())
