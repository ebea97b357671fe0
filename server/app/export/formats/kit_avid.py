"""Everything Avid Media Composer takes, in one zip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..kits.kit import Kit, sound
from ..kits.parts import Part
from ..losses import Loss
from ..report import Check


class KitAvid(Kit):
    """The sequence, markers, subtitles, a script and a log."""

    id = "kit_avid"
    name = "Kit for Media Composer"
    description = "AAF, markers, SubCap captions, a script, a log and a one-page how-to for Avid Media Composer."
    extension = "avid.zip"
    page = "avid"
    parts = (
        Part("aaf", ".aaf", "the sequence: tracks by speaker, markers with the text"),
        Part("avid_markers", ".markers.txt", "the markers alone"),
        Part("avid_subcap", ".subcap.txt", "subtitles for the SubCap effect"),
        Part("avid_scriptsync", ".script.txt", "the script, for ScriptSync"),
        Part("ale", ".ale", "a log of who says what, for a bin"),
    )
    losses = (
        Loss.SPEAKERS,
        Loss.SEGMENT_TIMES,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.OVERLAP,
    )
    checks: ClassVar[Mapping[str, Check]] = {"parts": sound(parts)}
