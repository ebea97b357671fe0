"""Final Cut Pro 7 XML for Premiere Pro, following Apple's Final Cut Pro XML Interchange Format, version 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..editors.fcp7.checking import structure
from ..editors.fcp7.document import MarkersOn, Style, write
from ..editors.fcp7.elements import is_expressible
from ..editors.fcp7.grid import conformed, nearest
from ..losses import Loss
from ..report import Check
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline


@dataclass(frozen=True, slots=True)
class XmemlOptions(TimelineOptions):
    """How tracks are divided, and where markers stand."""

    tracks: Annotated[
        Literal["speakers", "single"], Field(description="Tracks for each speaker, or all clips on the same ones.")
    ] = "speakers"
    markers_on: Annotated[MarkersOn, Field(description="Put markers on the sequence, on its clips, or on both.")] = (
        "sequence"
    )


class Xmeml(TimelineFormat[XmemlOptions]):
    """A project with a bin of recordings and a sequence of linked clips, a track for each speaker and channel."""

    id = "xmeml"
    name = "Final Cut Pro 7 XML for Premiere Pro"
    extension = "xmeml.xml"
    media_type = "application/xml"
    description = "A project for Premiere Pro and DaVinci Resolve: linked clips by speaker, and markers."
    losses = (Loss.WORD_TIMES, Loss.CONFIDENCE, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE)
    checks: ClassVar[Mapping[str, Check]] = {"structure": structure}
    options_type = XmemlOptions

    def file(self, timeline: Timeline) -> bytes:
        """The document."""
        return write(conformed(timeline), Style(self.options.tracks == "speakers", self.options.markers_on))

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Rates that differ, and those that the format can't name."""
        own = timeline.timebase
        found = [
            f"'{medium.name}' runs at another frame rate than the sequence: its clips are cut on its own frames."
            for medium in timeline.media
            if medium.timebase.rate != own.rate
        ]
        for timebase in dict.fromkeys([own, *(medium.timebase for medium in timeline.media)]):
            if not is_expressible(timebase.rate):
                found.append(
                    f"The format knows no {_plain(timebase.rate)} frames a second: all is counted in "
                    f"{_plain(nearest(timebase.rate))}. Choose a whole rate, 23.976, 29.97 or 59.94."
                )
        return tuple(found)


def _plain(rate: Fraction) -> str:
    return f"{float(rate):.7f}".rstrip("0").rstrip(".")
