"""SubRip subtitles. There is no standard; this is what players agree on: `i`, `b`, `u`, `font` tags and no escapes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ...domain.transcript import Transcript
from ..base import TextFormat
from ..captions import Caption, CaptionOptions, lay_out
from ..losses import Loss
from ..text import clock

_ZERO_WIDTH_SPACE = "\u200b"
# Players take these for tags (`<b>`, `{\an8}`) or for the next caption's times.
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|\{(?=\\)|--(?=>)")


@dataclass(frozen=True, slots=True)
class SrtOptions(CaptionOptions):
    """Caption style, and whether to name speakers."""

    speakers: Annotated[bool, Field(description="Name the speaker whenever another one speaks.")] = True


class Srt(TextFormat[SrtOptions]):
    """Numbered captions. Text that looks like markup is kept visible by a zero-width space inside it."""

    id = "srt"
    family = "captions"
    name = "SubRip subtitles"
    extension = "srt"
    media_type = "application/x-subrip"
    description = "Subtitles for nearly every player and editor; speakers by name before their text."
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
    options_type = SrtOptions

    def text(self, transcript: Transcript) -> str:
        """The captions, numbered from 1."""
        captions = lay_out(transcript, self.options, labels=self.options.speakers)
        return "\n".join(_block(number, caption) for number, caption in enumerate(captions, start=1))

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers are there when asked for."""
        losses = super().left_out(transcript)
        return tuple(loss for loss in losses if not (self.options.speakers and loss == Loss.SPEAKERS))


def _block(number: int, caption: Caption) -> str:
    times = " --> ".join(clock(ms, point=",") for ms in (caption.start_ms, caption.end_ms))
    text = _MARKUP.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, "\n".join(caption.texts))
    return f"{number}\n{times}\n{text}\n"
