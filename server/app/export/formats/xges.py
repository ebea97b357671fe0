"""The project file of GStreamer Editing Services, which Pitivi reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..losses import Loss
from ..report import Check
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline
from ..xges.checking import structure
from ..xges.project import document


@dataclass(frozen=True, slots=True)
class XgesOptions(TimelineOptions):
    """Those of all editors."""


class Xges(TimelineFormat[XgesOptions]):
    """A layer a speaker; text in the clips' metadata and in markers."""

    id = "xges"
    name = "GStreamer editing project"
    extension = "xges"
    media_type = "application/xges"
    description = "A project for Pitivi and other programs that use GStreamer Editing Services."
    losses = (Loss.WORD_TIMES, Loss.CONFIDENCE, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE)
    checks: ClassVar[Mapping[str, Check]] = {"structure": structure}
    options_type = XgesOptions

    def file(self, timeline: Timeline) -> bytes:
        """The project."""
        return document(timeline)
