"""Marker lists as Avid Media Composer's Markers tool imports them: one line a marker, fields between tabs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from pydantic import Field

from ..avid.composition import Track, marked_tracks, tracks_of
from ..avid.labels import COLOURS
from ..base import BomOption, NewlineOption
from ..losses import Loss
from ..material import Material
from ..text import encode
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Marker, Timeline

_COLOURS = frozenset(colour.lower() for colour in COLOURS.values())
_TIMECODE = re.compile(r"\d\d:\d\d:\d\d[:;]\d\d\d?")
_TRACK = re.compile(r"(V1|A\d+)")


def every_line_is_a_marker(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Whether each line has its fields, a timecode, a track and a colour that Media Composer knows."""
    for number, line in enumerate(io.TextIOWrapper(io.BytesIO(file.read()), "utf-8-sig"), start=1):
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) not in (5, 6):
            yield f"Line {number} has {len(fields)} fields."
        elif not (_TIMECODE.fullmatch(fields[1]) and _TRACK.fullmatch(fields[2]) and fields[3] in _COLOURS):
            yield f"Line {number} is no marker."


@dataclass(frozen=True, slots=True)
class AvidMarkersOptions(TimelineOptions):
    """Fields of a line, and the text file."""

    lengths: Annotated[
        bool, Field(description="Add each marker's length in frames as a sixth field, as recent versions write it.")
    ] = False
    newline: NewlineOption = "crlf"
    bom: BomOption = False


class AvidMarkers(TimelineFormat[AvidMarkersOptions]):
    """Who speaks, when, on which track, in which colour, and what is said."""

    id = "avid_markers"
    name = "Avid marker list"
    points_to_media = False
    extension = "markers.txt"
    media_type = "text/plain; charset=utf-8"
    description = "Markers with the transcript, for the Markers tool of Media Composer."
    losses = (
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
    )
    checks = {"lines": every_line_is_a_marker}  # noqa: RUF012
    options_type = AvidMarkersOptions

    def file(self, timeline: Timeline) -> bytes:
        """The markers, ordered by their place."""
        marked = marked_tracks(timeline, tracks_of(timeline, all_channels=True))
        lines = [
            self._line(timeline.label(marker.start), marked.get(marker.speaker), marker) for marker in timeline.markers
        ]
        text = "".join(f"{line}\n" for line in lines)
        return encode(text, newline=self.options.newline, bom=self.options.bom)

    def _line(self, place: str, track: Track | None, marker: Marker) -> str:
        on = f"{'V' if track and track.kind == 'picture' else 'A'}{track.number if track else 1}"
        fields = [marker.name, place, on, COLOURS[marker.colour].lower(), marker.note]
        return "\t".join([*fields, str(marker.frames)] if self.options.lengths else fields)
