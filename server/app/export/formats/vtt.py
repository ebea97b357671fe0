"""WebVTT captions (W3C Candidate Recommendation of 2019-04-04): voices, classes, styles, regions, notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...domain.transcript import Transcript
from ..captions.format import CaptionFormat
from ..losses import Loss
from ..report import Check
from ..shading import ShadedCaptionOptions
from ..webvtt.checking import check_cues
from ..webvtt.cues import Looks, cue
from ..webvtt.header import note, regions, style


@dataclass(frozen=True, slots=True)
class VttOptions(ShadedCaptionOptions):
    """Caption style, voices, word times, and what the style sheet shows."""

    speakers: Annotated[bool, Field(description="Mark who speaks with voice spans.")] = True
    word_times: Annotated[bool, Field(description="Put a timestamp before each word, for karaoke style.")] = False
    confidence: Annotated[
        Literal["none", "classes"],
        Field(description="Mark words of low and medium confidence with classes, and colour them."),
    ] = "none"
    speaker_colours: Annotated[bool, Field(description="Colour the captions of each speaker.")] = False
    regions: Annotated[
        bool, Field(description="Show the first speaker at the left, the second at the right, and so on, in regions.")
    ] = False
    metadata: Annotated[bool, Field(description="Begin with a note on the recording and how it was made.")] = False


class Vtt(CaptionFormat[VttOptions]):
    """Numbered cues; names and text escaped as the standard says."""

    id = "vtt"
    name = "WebVTT captions"
    extension = "vtt"
    media_type = "text/vtt; charset=utf-8"
    description = "Captions for the web, with voice spans and, if wanted, a time for every word."
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
    checks: ClassVar[Mapping[str, Check]] = {"cues": check_cues}
    options_type = VttOptions

    def text(self, transcript: Transcript) -> str:
        """Header, style, regions, and cues."""
        options = self.options
        blocks = ["WEBVTT\n"]
        if options.metadata:
            blocks.append(note(transcript))
        if options.confidence == "classes" or options.speaker_colours:
            blocks.append(
                style(transcript, confidence=options.confidence == "classes", speakers=options.speaker_colours)
            )
        if options.regions:
            blocks += regions(transcript)
        looks = Looks(transcript, options)
        captions = self.captions(transcript)
        blocks += [cue(number, caption, looks) for number, caption in enumerate(captions, start=1)]
        return "\n".join(blocks)

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers, word times and confidences are there when asked for."""
        kept = {
            Loss.SPEAKERS: self.options.speakers,
            Loss.WORD_TIMES: self.options.word_times,
            Loss.PROVENANCE: self.options.metadata,
        }
        return tuple(loss for loss in super().left_out(transcript) if not any(loss == k for k, v in kept.items() if v))
