"""Advanced SubStation Alpha (script type v4.00+), as libass and Aegisub read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ...domain.transcript import Transcript
from ..ass.events import Styling, dialogue
from ..ass.styles import header
from ..captions.format import CaptionFormat
from ..losses import Loss
from ..material import Material
from ..report import Check
from ..shading import ShadedCaptionOptions


@dataclass(frozen=True, slots=True)
class AssOptions(ShadedCaptionOptions):
    """Caption style, speakers, karaoke and colours for doubtful words."""

    speakers: Annotated[
        Literal["colours", "names", "both", "none"],
        Field(description="Show who speaks by a colour, by the name before the text, by both or not at all."),
    ] = "colours"
    karaoke: Annotated[bool, Field(description="Highlight each word while it is spoken.")] = False
    confidence: Annotated[
        Literal["none", "colours"], Field(description="Colour words of low and medium confidence.")
    ] = "none"
    font: Annotated[str, Field(description="Font of the captions.")] = "Arial"
    font_size: Annotated[int, Field(ge=8, le=200, description="Height of letters on a picture of 1080 lines.")] = 54


def check_events(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Every event has all fields, a style that is defined, and an end after its start."""
    styles: set[str] = set()
    for number, line in enumerate(file.read().decode("utf-8-sig").splitlines(), start=1):
        kind, _, rest = line.partition(": ")
        if kind == "Style":
            styles.add(rest.partition(",")[0])
        if kind != "Dialogue":
            continue
        fields = rest.split(",", 9)
        if len(fields) < 10 or fields[3] not in styles:
            yield f"Line {number} lacks fields or names a style that is not there."
        elif _centiseconds(fields[2]) <= _centiseconds(fields[1]):
            yield f"The event in line {number} ends before it begins."


def _centiseconds(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 6000 + int(seconds.replace(".", ""))


class Ass(CaptionFormat[AssOptions]):
    """A style for each speaker; one event a caption."""

    id = "ass"
    name = "ASS subtitles"
    extension = "ass"
    media_type = "text/x-ssa; charset=utf-8"
    description = "Styled subtitles for players with libass and for Aegisub: a colour for each speaker, karaoke."
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.CENTISECONDS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"events": check_events}
    options_type = AssOptions

    def text(self, transcript: Transcript) -> str:
        """Script info, styles and events."""
        options = self.options
        captions = self.captions(transcript, labels=options.speakers in ("names", "both"))
        styling = Styling(
            transcript,
            colours=options.speakers in ("colours", "both"),
            karaoke=options.karaoke,
            level=options.level if options.confidence == "colours" else None,
        )
        return "".join(
            (header(transcript, options.font, options.font_size), *(dialogue(caption, styling) for caption in captions))
        )

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers are there when asked for; karaoke carries word times."""
        kept = {Loss.SPEAKERS: self.options.speakers != "none", Loss.WORD_TIMES: self.options.karaoke}
        return tuple(loss for loss in super().left_out(transcript) if not any(loss == k for k, v in kept.items() if v))
