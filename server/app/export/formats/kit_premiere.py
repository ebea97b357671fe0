"""Everything Adobe Premiere Pro takes, in one zip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..kits.kit import Kit, sound
from ..kits.parts import Part
from ..losses import Loss
from ..report import Check


class KitPremiere(Kit):
    """The sequence, captions, the transcript for text-based editing, and the markers as a table."""

    id = "kit_premiere"
    name = "Kit for Premiere Pro"
    description = "Final Cut Pro 7 XML, captions, transcript and markers with a one-page how-to for Premiere Pro."
    extension = "premiere.zip"
    page = "premiere"
    parts = (
        Part("xmeml", ".xml", "the sequence: clips by speaker, linked picture and sound, markers"),
        Part("srt", ".srt", "the captions"),
        Part("premiere_json", ".transcript.json", "the transcript with word times, for text-based editing"),
        Part("premiere_markers", ".markers.csv", "the markers as a table"),
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
