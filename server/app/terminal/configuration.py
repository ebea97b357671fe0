"""The settings on a terminal: as a configuration file with comments, or as a table of where each is from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..settings.describing import Described
from ..settings.marks import HIDDEN
from .text import shown, table


def as_json(settings: Sequence[Described]) -> dict[str, Any]:
    """The settings for programs: each by its dotted name, with where it is from and when a change takes effect."""
    return {
        "settings": {
            each.key: {"value": _plain(each.value), "layer": each.layer, "where": each.where, "effect": each.effect}
            for each in settings
        }
    }


def as_text(settings: Sequence[Described], *, origin: bool) -> str:
    """The settings for people.

    Args:
        settings: All settings, those of a group together.
        origin: A table of where each is from, instead of a file that `--config` would take.
    """
    if origin:
        rows = [(each.key, "-" if each.value is None else shown(_toml(each.value)), _source(each)) for each in settings]
        return table(("setting", "value", "from"), rows)
    lines: list[str] = []
    group = ""
    for each in settings:
        inside, _, name = each.key.rpartition(".")
        if inside != group:
            lines += ["", f"[{inside}]"]
            group = inside
        note = "" if each.layer == "default" else f"  # {_source(each)}"
        unset = "# " if each.value is None or HIDDEN in str(each.value) else ""
        lines.append(f"{unset}{name} = {shown(_toml(each.value))}{note}")
    return "\n".join(lines) + "\n"


def _source(setting: Described) -> str:
    return " ".join(filter(None, (setting.layer, shown(setting.where))))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _toml(value: Any) -> str:
    """A value as TOML writes it; its strings are those of JSON."""
    if value is None:
        return '""'
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(str(key))} = {_toml(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(_plain(value), ensure_ascii=False)
