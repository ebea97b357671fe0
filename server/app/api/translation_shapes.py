"""What goes over the wire about translations, with an example each."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..translations.base import AlignmentReport
from ..translations.tracks import LanguageTrack

_TRACK_EXAMPLE: dict[str, Any] = {"language": "de", "original": False, "covered": 0.98}
_ALIGNMENT_EXAMPLE: dict[str, Any] = {
    "cues": 412,
    "segments": 400,
    "covered": 392,
    "offset_s": -3600.0,
    "ratio": 1.0,
    "leftovers": ["at 3612.000 s: Subtitles by …"],
    "warnings": ["The file's clock differs: -3600.000 s were added to its times."],
}


class TranslatedLine(BaseModel):
    """The text of one segment."""

    segment: str
    text: str


class TranslationRequest(BaseModel):
    """A translation to be added."""

    language: Annotated[str, Field(description="A tag such as `de` or `pt-BR`.")]
    lines: Annotated[
        list[TranslatedLine] | None,
        Field(description="Its text by segment; without them the server's own translator makes it."),
    ] = None


class TrackView(BaseModel):
    """A language a transcript has text in."""

    model_config = ConfigDict(json_schema_extra={"example": _TRACK_EXAMPLE})

    language: str
    original: Annotated[bool, Field(description="Whether it is what was said.")]
    covered: Annotated[float, Field(description="Part of the segments that have a text in it, 0 to 1.")]

    @classmethod
    def of(cls, track: LanguageTrack) -> TrackView:
        """A track as clients see it."""
        return cls(language=track.language, original=track.original, covered=track.covered)


class TrackList(BaseModel):
    """The languages of a transcript, the original first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"languages": [{"language": "en", "original": True, "covered": 1.0}, _TRACK_EXAMPLE]}
        }
    )

    languages: list[TrackView]


class AlignmentView(BaseModel):
    """How a translated file fits the transcript."""

    cues: Annotated[int, Field(description="Pieces of text in the file.")]
    segments: int
    covered: Annotated[int, Field(description="Segments that got a text.")]
    offset_s: Annotated[float, Field(description="What was added to the file's times, after `ratio`.")]
    ratio: Annotated[float, Field(description="What the file's times were multiplied by.")]
    leftovers: Annotated[list[str], Field(description="Texts that fit no segment.")]
    warnings: list[str]

    @classmethod
    def of(cls, report: AlignmentReport) -> AlignmentView:
        """A report as clients see it."""
        return cls(
            cues=report.cues,
            segments=report.segments,
            covered=report.covered,
            offset_s=report.retiming.offset_s,
            ratio=report.retiming.ratio,
            leftovers=list(report.leftovers),
            warnings=list(report.warnings),
        )


class AddedTrack(TrackView):
    """A track that was added, and for a file, how it fits."""

    model_config = ConfigDict(json_schema_extra={"example": {**_TRACK_EXAMPLE, "alignment": _ALIGNMENT_EXAMPLE}})

    alignment: AlignmentView | None = None
