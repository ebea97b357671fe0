"""Kdenlive's project file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..kdenlive.checking import structure
from ..kdenlive.project import document
from ..losses import Loss
from ..report import Check
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline
from ..timeline.spreading import moved_warning


@dataclass(frozen=True, slots=True)
class KdenliveOptions(TimelineOptions):
    """Those of all editors."""


class Kdenlive(TimelineFormat[KdenliveOptions]):
    """Tracks by speaker, guides with the text in categories by speaker; melt plays it too."""

    id = "kdenlive"
    name = "Kdenlive project"
    extension = "kdenlive"
    media_type = "application/x-kdenlive"
    description = "A project for Kdenlive 23.04 and later, with tracks by speaker and the text in guides."
    losses = (Loss.WORD_TIMES, Loss.CONFIDENCE, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE)
    checks: ClassVar[Mapping[str, Check]] = {"structure": structure}
    options_type = KdenliveOptions

    def file(self, timeline: Timeline) -> bytes:
        """The project."""
        return document(timeline)

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Markers that had to move, and media that is counted in other frames than its own."""
        others = [medium for medium in timeline.media if medium.timebase.rate != timeline.timebase.rate]
        coarser = (
            f"Kdenlive counts '{m.name}' in the project's frames: its cuts may be half a frame off." for m in others
        )
        return (*moved_warning(timeline.markers, "Kdenlive"), *coarser)
