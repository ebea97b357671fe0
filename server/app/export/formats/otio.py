"""OpenTimelineIO: what Resolve, Premiere, Kdenlive, Blender and most pipelines read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..losses import Loss
from ..otio.checking import structure
from ..otio.flavours import FLAVOURS
from ..otio.timeline import Layout, document, linked
from ..report import Check
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline
from ..timeline.spreading import moved_warning


@dataclass(frozen=True, slots=True)
class OtioOptions(TimelineOptions):
    """For whom the file is, and how much it carries."""

    profile: Annotated[
        Literal["neutral", "resolve", "premiere"],
        Field(description="Whose reading of OpenTimelineIO: neutral follows its definition."),
    ] = "neutral"
    tracks: Annotated[
        Literal["speakers", "single"],
        Field(description="Tracks for each speaker, or one of picture and one of sound."),
    ] = "speakers"
    words: Annotated[
        bool, Field(description="Carry every word with its times and confidence in the timeline's metadata.")
    ] = True


class Otio(TimelineFormat[OtioOptions]):
    """A timeline with the source's own timecode, the text in its clips, and all words beside them."""

    id = "otio"
    name = "OpenTimelineIO"
    extension = "otio"
    media_type = "application/json"
    description = "A timeline for Resolve, Premiere, Kdenlive, Blender and pipelines, with speakers, text and words."
    losses = (Loss.WORD_TIMES, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE)
    checks: ClassVar[Mapping[str, Check]] = {"structure": structure}
    options_type = OtioOptions

    def file(self, timeline: Timeline) -> bytes:
        """The document."""
        return document(timeline, self.layout(timeline))

    def layout(self, timeline: Timeline) -> Layout:
        """What the options ask for."""
        options = self.options
        return Layout(
            flavour=FLAVOURS[options.profile](timeline),
            by_speaker=options.tracks == "speakers",
            words=options.words,
            reference=linked,
        )

    def suffered(self) -> tuple[Loss, ...]:
        """Word times are lost only where they are not wanted."""
        return tuple(loss for loss in self.losses if loss is not Loss.WORD_TIMES or not self.options.words)

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Markers that Resolve would have dropped, and frames it can't hold."""
        if self.options.profile != "resolve":
            return ()
        return (*moved_warning(timeline.markers, "Resolve"), *_coarser(timeline))


def _coarser(timeline: Timeline) -> tuple[str, ...]:
    own = timeline.timebase.rate
    others = [medium.name for medium in timeline.media if medium.timebase.rate != own]
    return tuple(
        f"Resolve counts '{name}' in the timeline's frames: its cuts may be half a frame off." for name in others
    )
