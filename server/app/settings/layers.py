"""The layers settings come from, read and laid over one another.

Everything here works on flat tables: the setting's dotted name to its value. Lower layers come first.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from ..errors import InvalidOption
from .marks import Leaf

LayerName = Literal["default", "preset", "file", "environment", "api", "command line"]
"""The lowest first. What a program hands over in place of a command line counts as one."""

PREFIX = "AUDAPOLIS_"
NO_SETTINGS = frozenset({"AUDAPOLIS_CONFIG", "AUDAPOLIS_DEBUG"})
"""Environment variables of ours that are no settings."""


_TOLD = {"default", "preset", "command line"}
"""Layers a fault names; of the others the file or the variable says enough."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings.

    Attributes:
        key: The setting's name as its layer writes it, such as `AUDAPOLIS_SERVER__PORT` or `server.port`.
        reason: What is wrong, a sentence without its full stop.
        layer: Where the value was given.
        where: The file, where the layer is one.
    """

    key: str
    reason: str
    layer: LayerName
    where: str = ""

    def __str__(self) -> str:
        place = f" in {self.where}" if self.where else f" ({self.layer})" if self.layer in _TOLD else ""
        return f"The setting {self.key}{place} is wrong: {self.reason}{'' if self.reason.endswith('?') else '.'}"


@dataclass(frozen=True, slots=True)
class Layer:
    """The values one source gives.

    Attributes:
        name: Which layer it is.
        values: Value by the setting's dotted name.
        where: File or preset it was read from.
        notices: What the user should know although it is no fault.
    """

    name: LayerName
    values: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    notices: tuple[str, ...] = ()

    def called(self, leaf: Leaf) -> str:
        """How this layer names a setting."""
        return leaf.variable if self.name == "environment" else leaf.key


def refuse(faults: Sequence[Fault]) -> None:
    """Raise one error that tells all faults, if there are any.

    Raises:
        InvalidOption: See `refusal`.
    """
    if faults:
        raise refusal(faults)


def refusal(faults: Sequence[Fault]) -> InvalidOption:
    """One error that tells all faults: its data has `errors`, a table for each, and `field`, the first's name."""
    return InvalidOption(
        " ".join(str(fault) for fault in faults),
        hint="See docs/settings.md.",
        field=faults[0].key,
        errors=[{"field": fault.key, "message": fault.reason, "layer": fault.layer} for fault in faults],
    )


def lay(layers: Iterable[Layer]) -> tuple[dict[str, Any], dict[str, Layer]]:
    """Lay layers over one another, the lowest first.

    Returns:
        The values, and the layer each was taken from.
    """
    values: dict[str, Any] = {}
    origins: dict[str, Layer] = {}
    for layer in layers:
        values |= layer.values
        origins |= dict.fromkeys(layer.values, layer)
    return values, origins


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """A flat table as the groups nest it."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *groups, name = key.split(".")
        inside = tree
        for group in groups:
            inside = inside.setdefault(group, {})
        inside[name] = value
    return tree


def flat(
    tree: Mapping[str, Any], leaves: Mapping[str, Leaf], layer: LayerName, where: str = ""
) -> tuple[dict[str, Any], list[Fault]]:
    """A nested table flattened, and what in it is no setting."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in _walk(tree, leaves):
        if key in leaves:
            values[key] = value
        elif any(name.startswith(f"{key}.") for name in leaves):
            faults.append(Fault(key, "it is a group of settings, not one", layer, where))
        else:
            known = [*leaves, *dict.fromkeys(name.partition(".")[0] for name in leaves)]
            faults.append(Fault(key, f"there is no such setting{guess(key, known)}", layer, where))
    return values, faults


def _walk(tree: Mapping[str, Any], leaves: Mapping[str, Leaf], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        key = f"{path}.{name}" if path else str(name)
        is_group = any(known.startswith(f"{key}.") for known in leaves)
        if is_group and isinstance(value, Mapping):
            yield from _walk(value, leaves, key)
        else:
            yield key, value


def guess(name: str, known: Iterable[str]) -> str:
    """What was probably meant, as the end of a sentence; empty where nothing is like it."""
    choices = {choice.lower(): choice for choice in known}
    near = [choice for choice in choices if choice.rpartition(".")[2] == name.lower()]
    near = near[:1] or difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.6)
    return f"; did you mean {choices[near[0]]}?" if near else ""


def read_environment(environment: Mapping[str, str], leaves: Mapping[str, Leaf]) -> Layer:
    """The layer of environment variables; an empty variable counts as not set.

    A variable without two underscores that is no setting is only noticed: container platforms make such variables
    by themselves for a service of our name (`AUDAPOLIS_SERVICE_HOST`).

    Raises:
        InvalidOption: A variable names no setting, or a table is no JSON.
    """
    known = {leaf.variable: leaf for leaf in leaves.values()}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    notices: list[str] = []
    for given, text in environment.items():
        name = given.upper()
        if not name.startswith(PREFIX) or name in NO_SETTINGS or text == "":
            continue
        leaf = known.get(name)
        if leaf is not None:
            try:
                values[leaf.key] = _parsed(text, leaf)
            except ValueError:
                faults.append(Fault(name, "it should be JSON", "environment"))
        elif "__" in name:
            faults.append(Fault(given, f"there is no such setting{guess(name, known)}", "environment"))
        else:
            notices.append(f"The environment variable {given} is no setting and ignored{guess(name, known)}")
    refuse(faults)
    return Layer("environment", values, notices=tuple(notices))


def _parsed(text: str, leaf: Leaf) -> Any:
    kinds = get_args(leaf.field.annotation) or (leaf.field.annotation,)
    tables = any(get_origin(kind) in {dict, list, tuple} for kind in (leaf.field.annotation, *kinds))
    return json.loads(text) if tables else text


def read_file(path: Path, leaves: Mapping[str, Leaf]) -> Layer:
    """The layer of a TOML file.

    Raises:
        InvalidOption: It can't be read, is no TOML, or names settings that do not exist.
    """
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidOption(
            f"The configuration file {path} can't be read: {(error.strerror or str(error)).lower()}.",
            hint="Name another with --config or AUDAPOLIS_CONFIG.",
        ) from None
    except ValueError as error:  # no TOML, or no text
        raise InvalidOption(
            f"The configuration file {path} is not TOML: {error}.", hint="See docs/settings.md for an example."
        ) from None
    values, faults = flat(tree, leaves, "file", str(path))
    refuse(faults)
    return Layer("file", values, str(path))


def default_file() -> Path:
    """Where a user's configuration file is by the XDG base directory specification."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "audapolis" / "config.toml"


def find_file(named: Path | None) -> Path | None:
    """The configuration file: the one named, else `AUDAPOLIS_CONFIG`, else the user's own where there is one."""
    if named is None and (variable := os.environ.get("AUDAPOLIS_CONFIG")):
        named = Path(variable)
    if named is not None:
        return named.expanduser()
    own = default_file()
    return own if own.is_file() else None
