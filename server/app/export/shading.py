"""How caption formats show how sure the recogniser was, and who speaks: a few colours, the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from ..domain.transcript import Transcript
from .captions import CaptionOptions

Level = Literal["low", "medium", "high"]
LEVEL_COLOURS: dict[Level, str] = {"low": "#FF6060", "medium": "#FFD166"}
"""Red for words that are likely wrong, amber for those that may be. High confidence has no colour."""
SPEAKER_COLOURS = ("#FFFFFF", "#FFFF00", "#00FFFF", "#00FF00", "#FF9DFF", "#FFB060")
"""Readable on black; the first four are those that British subtitling has always used, in its order."""


@dataclass(frozen=True, slots=True)
class ShadedCaptionOptions(CaptionOptions):
    """Caption style, and which confidences count as low."""

    conf_low: Annotated[float, Field(ge=0, le=1, description="Words below this confidence are marked as low.")] = 0.5
    conf_medium: Annotated[float, Field(ge=0, le=1, description="Words below this one are marked as medium.")] = 0.8

    def level(self, confidence: float) -> Level:
        """Where a confidence lies."""
        if confidence < self.conf_low:
            return "low"
        return "medium" if confidence < self.conf_medium else "high"


def speaker_colours(transcript: Transcript) -> dict[str, str]:
    """A colour for each speaker id, in order of the transcript's list; they repeat after six."""
    return {
        speaker.id: SPEAKER_COLOURS[number % len(SPEAKER_COLOURS)] for number, speaker in enumerate(transcript.speakers)
    }
