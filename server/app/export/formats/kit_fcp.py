"""Everything Final Cut Pro takes, in one zip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..kits.kit import Kit, sound
from ..kits.parts import Part
from ..losses import Loss
from ..report import Check


class KitFcp(Kit):
    """The timeline with captions inside, and the captions beside it."""

    id = "kit_fcp"
    name = "Kit for Final Cut Pro"
    description = "FCPXML, captions and a one-page how-to for Final Cut Pro, in one zip."
    extension = "fcp.zip"
    page = "fcp"
    parts = (
        Part("fcpxml", ".fcpxml", "the timeline: clips by speaker, markers, captions"),
        Part("srt", ".srt", "the captions alone"),
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
