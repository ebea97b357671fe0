"""FCPXML for Final Cut Pro, which DaVinci Resolve reads too, following Apple's FCPXML reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..editors.fcpx.checking import structure
from ..editors.fcpx.document import Keywords, Style, write
from ..editors.fcpx.story import Captions
from ..losses import Loss
from ..report import Check
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline


@dataclass(frozen=True, slots=True)
class FcpxmlOptions(TimelineOptions):
    """Which version, and what goes in besides the clips."""

    version: Annotated[
        Literal["1.9", "1.10", "1.11", "1.12", "1.13"],
        Field(description="Version of the format: DaVinci Resolve 18.5 reads up to 1.10."),
    ] = "1.10"
    captions: Annotated[
        Captions, Field(description="Captions on the timeline: iTT, which can be styled, SRT, or none.")
    ] = "itt"
    keywords: Annotated[
        Keywords,
        Field(description="Keyword ranges by speaker: on the recordings in the browser, on the timeline's clips."),
    ] = "both"


class Fcpxml(TimelineFormat[FcpxmlOptions]):
    """Clips in the primary storyline with roles, keywords and captions, in whole frames."""

    id = "fcpxml"
    name = "FCPXML for Final Cut Pro"
    extension = "fcpxml"
    media_type = "application/xml"
    description = "A project for Final Cut Pro with roles by speaker, keywords, markers and captions."
    losses = (Loss.WORD_TIMES, Loss.CONFIDENCE, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE)
    checks: ClassVar[Mapping[str, Check]] = {"structure": structure}
    options_type = FcpxmlOptions

    def file(self, timeline: Timeline) -> bytes:
        """The document."""
        options = self.options
        return write(timeline, Style(options.version, options.captions, options.keywords))

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Recordings at other rates, captions in a language nobody named, markers without a clip to stand on."""
        own = timeline.timebase.rate
        found = [
            f"'{medium.name}' runs at another frame rate than the sequence: Final Cut Pro plays it at its own speed."
            for medium in timeline.media
            if medium.timebase.rate != own
        ]
        if self.options.captions != "none" and timeline.speech and timeline.transcript.language in ("", "und"):
            found.append("The language is unknown: the captions are marked as English.")
        if timeline.markers and not timeline.clips:
            found.append("There are no clips, so there is nothing for markers to stand on.")
        return tuple(found)
