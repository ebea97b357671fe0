"""OpenTimelineIO in a bundle: the timeline and its media in one zip file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, ClassVar

from ..editors.xml import url
from ..material import Material
from ..otio.checking import structure
from ..otio.flavours import Neutral, Resolve
from ..otio.objects import Plain
from ..otio.timeline import document, linked, missing
from ..report import Check, Notes
from ..timeline.building import build
from ..timeline.model import Media, Timeline
from ..zipping import copy_into, entry
from .otio import Otio, OtioOptions

_TIMELINE = "content.otio"
_VERSION = "version.txt"
_MEDIA = "media"


@dataclass(frozen=True, slots=True)
class OtiozOptions(OtioOptions):
    """Those of the timeline inside."""


def whole(file: BinaryIO, material: Material) -> Iterator[str]:
    """The bundle opens, its timeline is sound, and every file it points to is inside."""
    try:
        with zipfile.ZipFile(file) as bundle, bundle.open(_TIMELINE) as timeline:
            yield from structure(timeline, material)
            timeline.seek(0)
            inside = {way for name in bundle.namelist() for way in (name, url(name))}
            targets = {target for target in _targets(json.load(timeline)) if target.startswith(f"{_MEDIA}/")}
            yield from (f"'{name}' is not inside." for name in sorted(targets - inside))
    except (zipfile.BadZipFile, KeyError) as error:
        yield f"It is not a bundle: {error}."


def _targets(root: Plain) -> set[str]:
    clips: Iterator[Any] = (child for track in root["tracks"]["children"] for child in track["children"])
    references = (clip["media_references"]["DEFAULT_MEDIA"] for clip in clips if "media_references" in clip)
    return {reference["target_url"] for reference in references if "target_url" in reference}


class Otioz(Otio):
    """Media is copied through as it is.

    Media that is not at hand is a missing reference; for Resolve, which refuses those, a reference by name.
    """

    id = "otioz"
    name = "OpenTimelineIO bundle"
    extension = "otioz"
    media_type = "application/zip"
    description = "The OpenTimelineIO timeline and its media in one file."
    checks: ClassVar[Mapping[str, Check]] = {"bundle": whole}
    options_type = OtiozOptions

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the bundle.

        Raises:
            NotFound: A recording can't be read.
        """
        timeline = build(material, self.options)
        paths = {source.id: source.path for source in material.sources if source.path}
        return self._bundle(timeline, paths, out)

    def put(self, timeline: Timeline, out: BinaryIO) -> Notes:
        """Write a bundle without media."""
        return self._bundle(timeline, {}, out)

    def _bundle(self, timeline: Timeline, paths: Mapping[str, Path], out: BinaryIO) -> Notes:
        names = _names(timeline, paths)

        def inside(medium: Media, flavour: Neutral) -> Plain:
            if medium.id in names:
                return linked(replace(medium, location=names[medium.id]), flavour)
            return linked(medium, flavour) if isinstance(flavour, Resolve) else missing(medium)

        layout = replace(self.layout(timeline), reference=inside)
        with zipfile.ZipFile(out, "w") as bundle:
            bundle.writestr(entry(_TIMELINE), document(timeline, layout))
            bundle.writestr(entry(_VERSION), "1.0.0")
            for source, name in names.items():
                copy_into(bundle, name, paths[source])
        return self.notes(timeline)


def _names(timeline: Timeline, paths: Mapping[str, Path]) -> dict[str, str]:
    """What each medium is called inside; names are told apart even where capitals don't count."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for medium in timeline.media:
        if medium.id not in paths:
            continue
        file = PurePosixPath(medium.name.replace("/", "_"))
        name, number = file.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{file.stem} {number}{file.suffix}"
        taken.add(name.casefold())
        names[medium.id] = f"{_MEDIA}/{name}"
    return names
