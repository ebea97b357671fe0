"""IMSC 1.1, text profile (W3C Recommendation of 2018-11-08): TTML as streaming services and editors take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...domain.timecode import Timebase, timebase_of
from ...domain.transcript import Transcript
from ...errors import InvalidOption
from ..losses import Loss
from ..report import Check
from ..ttml import names
from ..ttml.checking import check_imsc
from ..ttml.counting import Counting, Frames, Milliseconds
from ..ttml.document import Dialect, escaped
from ..ttml.format import TtmlFormat, TtmlOptions


@dataclass(frozen=True, slots=True)
class ImscOptions(TtmlOptions):
    """Caption style, how speakers and doubtful words are shown, and how time is counted."""

    times: Annotated[
        Literal["clock", "frames"],
        Field(description="Times by the clock in milliseconds, or in frames of the picture."),
    ] = "clock"
    rate: Annotated[
        str,
        Field(description="Frames per second: auto (the picture's, if there is one), 25, 29.97, 30000/1001 and so on."),
    ] = "auto"


class Imsc(TtmlFormat[ImscOptions]):
    """Also an IMSC 1.0.1 document: nothing in it is newer."""

    id = "imsc"
    name = "IMSC 1.1 captions (TTML)"
    extension = "ttml"
    media_type = "application/ttml+xml; codecs=im2t"
    description = "Captions in TTML for streaming services and editors, by the clock or by frames."
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.MILLISECONDS,
        Loss.FRAMES,
    )
    checks: ClassVar[Mapping[str, Check]] = {"structure": check_imsc}
    options_type = ImscOptions

    def counting(self, transcript: Transcript) -> Counting:
        """By the clock, or in frames of a rate that is known."""
        if self.options.times == "clock":
            return Milliseconds()
        timebase = self._timebase(transcript)
        if timebase is None:
            raise InvalidOption(
                "Times can't be counted in frames: the recording has no picture.",
                hint="Say how many with rate, as in rate=25.",
            )
        return Frames(timebase)

    def dialect(self, transcript: Transcript) -> Dialect:
        """It says which profile it keeps, and if there is a picture, its frame rate."""
        title = escaped(transcript.recording.name)
        return Dialect(
            prefix="",
            root={
                "xmlns": names.TT,
                "xmlns:ttp": names.PARAMETER,
                "xmlns:tts": names.STYLING,
                "xmlns:ttm": names.METADATA,
                "xmlns:itts": names.IMSC_STYLING,
                "xmlns:ebutts": names.EBU_STYLING,
                "ttp:profile": names.IMSC_1_TEXT,
                "ttp:contentProfiles": names.IMSC_1_1_TEXT,
                "ttp:timeBase": "media",
                "ttp:cellResolution": "32 15",
                **_rate(self._timebase(transcript)),
            },
            metadata=(f"<ttm:title>{title}</ttm:title>",) if title else (),
        )

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Times are rounded to what they are counted in."""
        exact = Loss.FRAMES if self.options.times == "clock" else Loss.MILLISECONDS
        return tuple(loss for loss in super().left_out(transcript) if loss != exact)

    def _timebase(self, transcript: Transcript) -> Timebase | None:
        video = transcript.recording.video
        if self.options.rate != "auto":
            return timebase_of(self.options.rate)
        return timebase_of(video.frame_rate) if video else None


def _rate(timebase: Timebase | None) -> Mapping[str, str]:
    """A rate as TTML has it: a whole number, and a fraction to multiply it with."""
    if timebase is None:
        return {}
    whole = {"ttp:frameRate": str(timebase.nominal)}
    multiplier = timebase.rate / timebase.nominal
    if multiplier == 1:
        return whole
    return {**whole, "ttp:frameRateMultiplier": f"{multiplier.numerator} {multiplier.denominator}"}
