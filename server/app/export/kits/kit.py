"""A kit as a format: writes its parts from one timeline, packs them, and gathers what they report."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from ...errors import InvalidInput
from ..base import Format
from ..material import Material
from ..report import Check, Notes
from ..timeline.building import TimelineOptions, build
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline
from ..zipping import entry
from .parts import Part, stem

HOW_TO = "HOW-TO.txt"


@dataclass(frozen=True, slots=True)
class KitOptions(TimelineOptions):
    """Those of all editors; every file in the kit follows them."""


class Kit(Format[KitOptions]):
    """Everything one editing program takes.

    Attributes:
        parts: Its files.
        page: Name of the how-to in `how_to/`.
    """

    family = "editors"
    media_type = "application/zip"
    options_type = KitOptions
    parts: ClassVar[tuple[Part, ...]]
    page: ClassVar[str]

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the zip.

        A file that this material can't be written as is left out, with a warning that says why.

        Raises:
            InvalidOption: An option makes no sense for this material.
        """
        timeline = build(material, self.options)
        found: list[Notes] = []
        inside: list[Part] = []
        with zipfile.ZipFile(out, "w") as archive:
            for part in self.parts:
                try:
                    content, notes = _written(part.writer(self.options), material, timeline, self.options)
                except InvalidInput as error:
                    found.append(Notes(warnings=(f"{part.file_name(material)} is not inside: {error}",)))
                    continue
                archive.writestr(entry(part.file_name(material)), content)
                found.append(notes)
                inside.append(part)
            archive.writestr(entry(HOW_TO), self._how_to(material, timeline, inside))
        return Notes(_each_once(notes.losses for notes in found), _each_once(notes.warnings for notes in found))

    def _how_to(self, material: Material, timeline: Timeline, inside: Iterable[Part]) -> bytes:
        text = Path(__file__).with_name("how_to").joinpath(f"{self.page}.txt").read_text("utf-8")
        rate = f"{float(timeline.timebase.rate):.3f}".rstrip("0").rstrip(".")
        kind = "drop-frame" if timeline.timebase.drop_frame else "non-drop-frame"
        values = {
            "NAME": stem(material),
            "TITLE": timeline.name,
            "RATE": f"{rate} frames a second, {kind} timecode",
            "START": timeline.label(0),
            "FILES": "\n".join(f"  {part.file_name(material)}\n      {part.purpose}" for part in inside),
            "MEDIA": "\n".join(f"  {medium.name}" for medium in timeline.media) or "  (none)",
        }
        filled = re.sub(r"\[([A-Z]+)\]", lambda match: values[match[1]], text)
        return filled.replace("\n", "\r\n").encode("utf-8")


def sound(parts: tuple[Part, ...]) -> Check:
    """A check that holds every file of a kit against its own format's checks."""

    def check(file: BinaryIO, material: Material) -> Iterator[str]:
        with zipfile.ZipFile(file) as archive:
            inside = set(archive.namelist())
            if HOW_TO not in inside or len(inside) < 2:
                yield "It has no files or no how-to."
            for part in parts:
                name = part.file_name(material)
                if name not in inside:
                    continue
                content = archive.read(name)
                for one in part.kind.checks.values():
                    yield from (f"{name}: {problem}" for problem in one(io.BytesIO(content), material))

    return check


def _written(
    writer: Format[Any], material: Material, timeline: Timeline, options: TimelineOptions
) -> tuple[bytes, Notes]:
    """A part's file; the timeline is laid out once for all that want the same."""
    out = io.BytesIO()
    if isinstance(writer, TimelineFormat) and type(writer).write is TimelineFormat.write:
        shared = [one.name for one in fields(TimelineOptions)]
        if all(getattr(writer.options, name) == getattr(options, name) for name in shared):
            notes = writer.put(timeline, out)
            return out.getvalue(), notes
    notes = writer.write(material, out)
    return out.getvalue(), notes


def _each_once(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence for sentences in found for sentence in sentences))
