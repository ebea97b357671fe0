"""EBU-TT-D 1.0.1 (EBU Tech 3380): the subtitles that European broadcasters send over the internet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...domain.transcript import Transcript
from ..losses import Loss
from ..report import Check
from ..ttml import names
from ..ttml.checking import check_ebuttd
from ..ttml.document import Dialect, escaped
from ..ttml.format import TtmlFormat, TtmlOptions


@dataclass(frozen=True, slots=True)
class EbuttdOptions(TtmlOptions):
    """Caption style, and how speakers and doubtful words are shown."""


class Ebuttd(TtmlFormat[EbuttdOptions]):
    """Styles by reference only, times in milliseconds."""

    id = "ebuttd"
    name = "EBU-TT-D subtitles"
    extension = "ebuttd.xml"
    media_type = "application/ttml+xml; codecs=etd1"
    description = "Subtitles for European broadcasters and their players, speakers by colour and name."
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
    checks: ClassVar[Mapping[str, Check]] = {"structure": check_ebuttd}
    options_type = EbuttdOptions

    def dialect(self, transcript: Transcript) -> Dialect:
        """It says which standards it keeps, and what the recording is called."""
        title = escaped(transcript.recording.name)
        return Dialect(
            prefix="tt:",
            root={
                "xmlns:tt": names.TT,
                "xmlns:ttp": names.PARAMETER,
                "xmlns:tts": names.STYLING,
                "xmlns:ttm": names.METADATA,
                "xmlns:itts": names.IMSC_STYLING,
                "xmlns:ebutts": names.EBU_STYLING,
                "xmlns:ebuttm": names.EBU_METADATA,
                "ttp:timeBase": "media",
                "ttp:cellResolution": "32 15",
            },
            metadata=(
                "<ebuttm:documentMetadata>",
                f"  <ebuttm:conformsToStandard>{names.EBU_TT_D}</ebuttm:conformsToStandard>",
                f"  <ebuttm:conformsToStandard>{names.IMSC_1_TEXT}</ebuttm:conformsToStandard>",
                *(
                    [f"  <ebuttm:documentOriginalProgrammeTitle>{title}</ebuttm:documentOriginalProgrammeTitle>"]
                    * bool(title)
                ),
                "</ebuttm:documentMetadata>",
            ),
        )
