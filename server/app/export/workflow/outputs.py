"""What is wanted of each transcript: formats with their options, alone or as presets kept under a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ...domain.codec import from_json, to_json
from ...errors import InvalidDocument, NotFound, UnknownName
from ..base import FormatInfo
from ..files import whole_file
from ..names import checked_name
from ..options import OptionValue


@dataclass(frozen=True, slots=True)
class Output:
    """One file wanted of a transcript: its format, `template:NAME` too, and that format's options."""

    format: str
    options: Mapping[str, OptionValue] = field(default_factory=dict)


def labelled(outputs: Sequence[Output]) -> dict[str, Output]:
    """Outputs by a short name each, which tells them apart in names of files; the same twice counts once."""
    distinct: list[Output] = []
    for output in outputs:
        if output not in distinct:
            distinct.append(output)
    taken: Counter[str] = Counter()
    named = {}
    for output in distinct:
        base = output.format.removeprefix("template:")
        taken[base] += 1
        named[base if taken[base] == 1 else f"{base}-{taken[base]}"] = output
    return named


class Formats(Protocol):
    """What is needed of the exporter."""

    def check(self, format_id: str, options: Mapping[str, OptionValue] | None = None) -> FormatInfo: ...  # noqa: D102


def fitting(
    names: Sequence[str], options: Mapping[str, OptionValue], formats: Formats, languages: Sequence[str] = ()
) -> tuple[Output, ...]:
    """Formats, each with those of the options that it knows, once for each language where it knows languages.

    Raises:
        UnknownName: There is no such format, or none of them knows an option.
        InvalidOption: A value is not allowed.
    """
    known = {name: {option.name for option in formats.check(name).options} for name in names}
    everything = set().union(*known.values())
    for option in options:
        if option not in everything:
            raise UnknownName("option", option, everything)
    outputs = []
    for name in names:
        own = {option: value for option, value in options.items() if option in known[name]}
        spoken = [{"language": tag} for tag in languages] if "language" in known[name] else []
        for more in spoken or [{}]:
            outputs.append(Output(formats.check(name, {**own, **more}).id, {**own, **more}))
    return tuple(outputs)


@dataclass(frozen=True, slots=True)
class Preset:
    """Outputs kept under a name."""

    name: str
    outputs: tuple[Output, ...]
    description: str = ""


class PresetShelf:
    """All presets of a data folder, a file each. They are not looked at here: who saves them checks them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, preset: Preset) -> None:
        """Keep a preset, replacing a former one of that name.

        Raises:
            InvalidOption: The name is none.
            StorageFull, ExportFailed: The disk refused.
        """
        path = self._path(preset.name)
        self._folder.mkdir(parents=True, exist_ok=True)
        with whole_file(path, overwrite=True) as out:
            out.write(to_json(preset, indent=1))

    def get(self, name: str) -> Preset:
        """A preset.

        Raises:
            NotFound: There is none of that name.
            InvalidDocument: Its file is damaged.
        """
        try:
            return from_json(Preset, self._path(name).read_bytes())
        except OSError:
            known = ", ".join(each.name for each in self.list()) or "none"
            raise NotFound(f"There is no export preset '{name}'.", hint=f"There are: {known}.", name=name) from None

    def list(self) -> Sequence[Preset]:
        """All, by name; what is damaged is left out."""
        found = []
        for file in sorted(self._folder.glob("[a-z0-9]*.json")):
            with suppress(InvalidDocument, OSError):
                found.append(from_json(Preset, file.read_bytes()))
        return found

    def delete(self, name: str) -> None:
        """Remove a preset.

        Raises:
            NotFound: There is none of that name.
        """
        self.get(name)
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{checked_name(name, 'preset')}.json"
