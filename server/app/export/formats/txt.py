"""Plain text for reading: paragraphs with speaker names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ...domain.arrangement import paragraphs, spoken_words
from ...domain.transcript import Transcript
from ..base import TextFormat, WordedFileOptions
from ..losses import Loss
from ..text import clean, short_clock


@dataclass(frozen=True, slots=True)
class TxtOptions(WordedFileOptions):
    """What stands beside the words."""

    speakers: Annotated[bool, Field(description="Begin each paragraph with who speaks.")] = True
    timestamps: Annotated[bool, Field(description="Begin each paragraph with when it starts.")] = False


class Txt(TextFormat[TxtOptions]):
    """One paragraph a line, empty lines between them."""

    id = "txt"
    family = "text"
    name = "Plain text"
    extension = "txt"
    media_type = "text/plain; charset=utf-8"
    description = "Readable paragraphs with speaker names, optionally with times."
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
    options_type = TxtOptions

    def text(self, transcript: Transcript) -> str:
        """The paragraphs."""
        blocks = []
        for paragraph in paragraphs(spoken_words(transcript)):
            words = " ".join(clean(word.text) for word in paragraph)
            name = clean(transcript.speaker_name(paragraph[0].speaker)) if self.options.speakers else ""
            time = f"[{short_clock(paragraph[0].start_s)}] " if self.options.timestamps else ""
            blocks.append(f"{time}{name + ': ' if name else ''}{words}\n")
        return "\n".join(blocks)

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers and times are there when asked for."""
        kept = {Loss.SPEAKERS: self.options.speakers, Loss.SEGMENT_TIMES: self.options.timestamps}
        return tuple(loss for loss in super().left_out(transcript) if not any(loss == k for k, v in kept.items() if v))
