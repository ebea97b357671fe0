"""What `docs/formats.md` says of a format, made from the code.

    python -m tests.export.describing ID

prints the section of a format, to be put into the page and completed with what only a person knows.

    python -m tests.export.describing --write

brings all tables of the page up to date, adds formats that are missing, and keeps what persons wrote below the tables.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from audapolis.export.base import WordedFileOptions
from audapolis.export.captions import CaptionOptions
from audapolis.export.formats import FORMATS
from audapolis.export.options import OptionInfo, describe_options
from audapolis.export.timeline.building import TimelineOptions
from audapolis.export.wording import WordingOptions

SHARED: dict[type[Any], str] = {
    WordingOptions: "options-of-words",
    WordedFileOptions: "options-of-text-files",
    CaptionOptions: "options-of-captions",
    TimelineOptions: "options-of-editors",
}
"""Options that many formats have are documented once; the sections of those formats link there."""

_HEAD = "| option | values | default | meaning |\n|---|---|---|---|\n"


def shared_groups(format_id: str) -> list[type[Any]]:
    """The groups of options a format takes over, the most general first."""
    return [kind for kind in reversed(FORMATS[format_id].options_type.__mro__) if kind in SHARED]


def own_options(format_id: str) -> list[OptionInfo]:
    """The options that only this format has."""
    named = {name for group in shared_groups(format_id) for name in group.__annotations__}
    return [option for option in describe_options(FORMATS[format_id].options_type) if option.name not in named]


def row(option: OptionInfo) -> str:
    """One option's line in a table."""
    return f"| `{option.name}` | {option.values} | `{str(option.default).lower()}` | {option.description} |"


def group_section(group: type[Any]) -> str:
    """The section of a group of options."""
    anchor = SHARED[group]
    rows = [row(option) for option in describe_options(group) if option.name in group.__annotations__]
    title = anchor.replace("-", " ").capitalize()
    return f'<a id="{anchor}"></a>\n\n## {title}\n\n{_HEAD}' + "\n".join(rows) + "\n"


def format_section(format_id: str) -> str:
    """The section of a format."""
    kind = FORMATS[format_id].info()
    groups = [
        f"[{SHARED[g].removeprefix('options-of-').replace('-', ' ')}](#{SHARED[g]})" for g in shared_groups(format_id)
    ]
    own = [row(option) for option in own_options(format_id)]
    links = f"those of {', '.join(groups)}" if groups else ""
    text = f"## `{format_id}`\n\n"
    if own:
        text += (
            f"Options: {links + ', and' if links else ''}\n\n".replace(": \n", ":\n") + _HEAD + "\n".join(own) + "\n\n"
        )
    else:
        text += f"Options: {links}.\n\n" if links else "No options.\n\n"
    if kind.checks:
        text += f"Checks: {', '.join(f'`{check}`' for check in kind.checks)}.\n\n"
    if kind.losses:
        text += "Left out:\n\n" + "".join(f"- {loss}\n" for loss in kind.losses)
    return text


def table_row(format_id: str) -> str:
    """A format's line in the table of all formats."""
    info = FORMATS[format_id].info()
    return f"| `{info.id}` | {info.name} | `.{info.extension}` | `{info.media_type}` | {info.description} |"


def page(text: str) -> str:
    """The page with all its tables as the code has them."""
    head, *sections = re.split(r"(?m)^(?=## |<a id=)", text)
    first = head[: head.index("| `")]
    prose = {section.split("`")[1]: _prose(section) for section in sections if section.startswith("## `")}
    formats = [f"{format_section(name).rstrip()}\n\n{prose.get(name, '')}" for name in FORMATS]
    begin = next(n for n, section in enumerate(sections) if section.startswith("## `"))
    end = max(n for n, section in enumerate(sections) if section.startswith("## `")) + 1
    rows = "\n".join(map(table_row, FORMATS))
    return f"{first}{rows}\n\n" + "".join((*_groups(sections[:begin]), *formats, *sections[end:]))


_GENERATED = re.compile(
    r"(?:## `[^\n]*|No options\.|Options:[^\n]*|\| option \|[^\n]*\n(?:\|[^\n]*\n)+"
    r"|Checks: [^\n]*|Left out:\n\n(?:- [^\n]*\n)+)\s*"
)


def _prose(section: str) -> str:
    """What follows the facts of a section."""
    while found := _GENERATED.match(section):
        section = section[found.end() :]
    return f"{section.strip()}\n\n" if section.strip() else ""


def _groups(sections: list[str]) -> list[str]:
    """The shared options, each with an anchor before its heading; prose below the tables stays."""
    titles = {group_section(group).split("\n## ")[1].split("\n")[0]: group for group in SHARED}
    renewed = []
    for section in sections:
        group = titles.get(section.removeprefix("## ").split("\n")[0])
        if group is None:
            renewed.append(section)
            continue
        table = group_section(group).split("\n\n", 1)[1].rstrip()
        rest = re.split(r"(?m)^\|[^\n]*\n(?!\|)", section)[-1].strip()
        renewed.append(f"{table}\n\n{rest}\n\n" if rest else f"{table}\n\n")
    return renewed


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        docs = Path(__file__).parents[2] / "docs" / "formats.md"
        docs.write_text(page(docs.read_text("utf-8")), "utf-8")
    else:
        print(f"{table_row(sys.argv[1])}\n")
        print(format_section(sys.argv[1]))
