"""A Python script that builds the timeline in DaVinci Resolve through its scripting interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from ..losses import Loss
from ..report import Check
from ..resolve.script import runnable, script
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline
from ..timeline.spreading import moved_warning
from .srt import Srt


@dataclass(frozen=True, slots=True)
class ResolveScriptOptions(TimelineOptions):
    """What the script makes besides the cut."""

    captions: Annotated[bool, Field(description="Make a subtitle track too.")] = True


class ResolveScript(TimelineFormat[ResolveScriptOptions]):
    """Cut, subtitles and markers in one go; tracks by speaker, names and all."""

    id = "resolve_script"
    name = "DaVinci Resolve script"
    extension = "resolve.py"
    media_type = "text/x-python; charset=utf-8"
    description = "A script that builds the timeline in DaVinci Resolve: clips by speaker, subtitles and markers."
    losses = (Loss.WORD_TIMES, Loss.CONFIDENCE, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE)
    checks: ClassVar[Mapping[str, Check]] = {"script": runnable}
    options_type = ResolveScriptOptions

    def file(self, timeline: Timeline) -> bytes:
        """The script."""
        captions = Srt(Srt.options_type()).text(timeline.transcript) if self.options.captions else ""
        return script(timeline, captions).encode("utf-8")

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Markers that had to move."""
        return moved_warning(timeline.markers, "Resolve")
