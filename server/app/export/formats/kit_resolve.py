"""Everything DaVinci Resolve takes, in one zip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..kits.kit import Kit, sound
from ..kits.parts import Part
from ..losses import Loss
from ..report import Check


class KitResolve(Kit):
    """The timeline three ways, subtitles, and markers."""

    id = "kit_resolve"
    name = "Kit for DaVinci Resolve"
    description = "FCPXML, OpenTimelineIO, markers, subtitles, a script and a one-page how-to for DaVinci Resolve."
    extension = "resolve.zip"
    page = "resolve"
    parts = (
        Part("resolve_script", ".resolve.py", "a script that builds timeline, subtitles and markers"),
        Part("fcpxml", ".fcpxml", "the timeline, for File > Import > Timeline"),
        Part("otio", ".otio", "the same timeline in another format", {"profile": "resolve"}),
        Part("resolve_markers", ".markers.edl", "the markers"),
        Part("srt", ".srt", "the subtitles"),
    )
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.MILLISECONDS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"parts": sound(parts)}
