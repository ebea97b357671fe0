"""A Word document: title, facts, who says what, and beside it a translation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ..base import Format, OffsetOption
from ..docx.body import Body, Look
from ..docx.checking import check_docx
from ..docx.package import write_package
from ..losses import Loss, actual_losses
from ..material import Material
from ..prose import SecondLanguageOption, carried_tracks, passages, second_track, untranslated, without_losses
from ..report import Check, Notes
from ..stamps import PrecisionOption, RateOption, stamp_of
from ..wording import WordingOptions, reworded


@dataclass(frozen=True, slots=True)
class DocxOptions(WordingOptions):
    """What the document shows."""

    offset_s: OffsetOption = 0.0
    title: Annotated[bool, Field(description="Begin with the recording's name.")] = True
    metadata: Annotated[bool, Field(description="Put a table of facts below the title.")] = True
    speakers: Annotated[bool, Field(description="Say who speaks.")] = True
    timestamps: Annotated[bool, Field(description="Say when paragraphs start.")] = True
    precision: PrecisionOption = "second"
    rate: RateOption = "auto"
    doubtful_below: Annotated[
        float, Field(ge=0, le=1, description="Mark words with less confidence; 0 marks none.")
    ] = 0.0
    second_language: SecondLanguageOption = ""
    bilingual: Annotated[
        Literal["table", "below"], Field(description="A translation in a column of its own, or below each paragraph.")
    ] = "table"
    page: Annotated[Literal["a4", "letter"], Field(description="Size of the paper.")] = "a4"


class Docx(Format[DocxOptions]):
    """Named styles throughout, languages marked for spelling, right-to-left scripts set right to left."""

    id = "docx"
    family = "text"
    name = "Word document"
    extension = "docx"
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    description = "For Word, LibreOffice, Pages and Google Docs: facts, speakers, times, a translation alongside."
    losses = (
        Loss.SPEAKERS,
        Loss.SEGMENT_TIMES,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"package": check_docx}
    options_type = DocxOptions

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the package."""
        options = self.options
        transcript, warnings = reworded(material.transcript, options, offset_s=options.offset_s)
        track = second_track(transcript, options.second_language)
        look = Look(
            title=options.title,
            metadata=options.metadata,
            speakers=options.speakers,
            stamp=stamp_of(transcript, options.precision, options.rate) if options.timestamps else None,
            track=track,
            table=options.bilingual == "table",
            doubtful_below=options.doubtful_below,
            page=options.page,
        )
        write_package(out, transcript, Body(transcript, passages(transcript, track), look).parts())
        kept = [
            *([Loss.SPEAKERS] if options.speakers else []),
            *([Loss.SEGMENT_TIMES] if options.timestamps else []),
            *([Loss.PROVENANCE, Loss.VIDEO_FACTS] if options.metadata else []),
            *carried_tracks(transcript, track),
        ]
        lost = without_losses(actual_losses(self.losses, transcript), *kept)
        return Notes(lost, (*warnings, *untranslated(transcript, track)))
