"""Markers for DaVinci Resolve, as its own "Timeline Markers from EDL" reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ..edl.listing import fcm
from ..losses import Loss
from ..material import Material
from ..report import Check
from ..resolve.marking import COLOURS
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Marker, Timeline
from ..timeline.spreading import moved_warning, one_a_frame


@dataclass(frozen=True, slots=True)
class ResolveMarkersOptions(TimelineOptions):
    """Where the text goes."""

    text_as: Annotated[
        Literal["name", "note"],
        Field(description="Put what is said into the marker's name, after the speaker, or into its note."),
    ] = "name"


def counted(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Every event is followed by its marker, and no two stand on one frame."""
    lines = file.read().decode("utf-8").splitlines()
    events = [number for number, line in enumerate(lines) if line[:3].isdigit() and "  001      V     C" in line]
    yield from (
        f"Line {number + 1} has no marker after it."
        for number in events
        if number + 1 >= len(lines) or " |C:ResolveColor" not in lines[number + 1]
    )
    starts = [lines[number].split()[-2] for number in events]
    if len(set(starts)) < len(starts):
        yield "Two markers stand on one frame, of which Resolve keeps one."


class ResolveMarkers(TimelineFormat[ResolveMarkersOptions]):
    """One event of one frame a marker; its colour, name and length stand in the line below."""

    id = "resolve_markers"
    name = "DaVinci Resolve marker list"
    points_to_media = False
    extension = "markers.edl"
    media_type = "text/plain; charset=utf-8"
    description = "What was said as markers on a timeline in DaVinci Resolve, coloured by speaker."
    losses = (
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"markers": counted}
    options_type = ResolveMarkersOptions

    def file(self, timeline: Timeline) -> bytes:
        """The list."""
        found = [f"TITLE: {timeline.name}", fcm(drop_frame=timeline.timebase.drop_frame), ""]
        for number, marker in enumerate(one_a_frame(timeline.markers)[0], start=1):
            place = " ".join(timeline.label(marker.start + frame) for frame in (0, 1))
            found += [f"{number:03d}  001      V     C        {place} {place}  ", self._marker(marker), ""]
        return "".join(f"{line}\n" for line in found).encode("utf-8")

    def _marker(self, marker: Marker) -> str:
        """The line below an event: what stands before the first bar is the note."""
        note, name = "", f"{marker.speaker}: {marker.note}" if marker.speaker else marker.note
        if self.options.text_as == "note":
            note, name = _unbarred(marker.note), marker.speaker or marker.name
            # A line that begins with a digit would be taken for the next event.
            note = f"- {note}" if note[:1].isdigit() else note
        return f"{note} |C:ResolveColor{COLOURS[marker.colour]} |M:{_unbarred(name)} |D:{marker.frames}"

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Markers that had to move."""
        day = timeline.timebase.frames_per_day
        wraps = timeline.start_frame + timeline.frames > day
        wrapped = ("It goes on past 24 hours, where timecode begins again at 00:00:00:00.",) if wraps else ()
        return (*moved_warning(timeline.markers, "Resolve"), *wrapped)


def _unbarred(text: str) -> str:
    return " ".join(text.replace("|", " ").split())
