"""What `docs/formats.md` says of a format, made from the code.

    python -m tests.export.describing ID

prints the section of a format, to be put into the page and completed with what only a person knows.
"""

from __future__ import annotations

import sys
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


if __name__ == "__main__":
    info = FORMATS[sys.argv[1]].info()
    print(f"| `{info.id}` | {info.name} | `.{info.extension}` | `{info.media_type}` | {info.description} |\n")
    print(format_section(info.id))
