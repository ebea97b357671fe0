"""Plain text for reading: paragraphs with speaker names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from ...domain.transcript import Transcript
from ..base import TextFormat, WordedFileOptions
from ..losses import Loss
from ..plain import check_plain
from ..prose import SecondLanguageOption, carried_tracks, passages, second_track, untranslated, without_losses
from ..report import Check
from ..stamps import PrecisionOption, RateOption, stamp_of


@dataclass(frozen=True, slots=True)
class TxtOptions(WordedFileOptions):
    """What stands beside the words."""

    speakers: Annotated[bool, Field(description="Begin each paragraph with who speaks.")] = True
    timestamps: Annotated[bool, Field(description="Begin each paragraph with when it starts.")] = False
    precision: PrecisionOption = "second"
    rate: RateOption = "auto"
    width: Annotated[int, Field(ge=0, le=1000, description="Most characters in a line; 0 breaks no lines.")] = 0
    second_language: SecondLanguageOption = ""


class Txt(TextFormat[TxtOptions]):
    """One paragraph a line, or lines of some width; a translation follows; empty lines between paragraphs."""

    id = "txt"
    family = "text"
    name = "Plain text"
    extension = "txt"
    media_type = "text/plain; charset=utf-8"
    description = "Readable paragraphs with speaker names, optionally with times and a translation."
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
    checks: ClassVar[Mapping[str, Check]] = {"encoding": check_plain}
    options_type = TxtOptions

    def text(self, transcript: Transcript) -> str:
        """The paragraphs."""
        options = self.options
        track = second_track(transcript, options.second_language)
        stamp = stamp_of(transcript, options.precision, options.rate) if options.timestamps else None
        blocks = []
        for passage in passages(transcript, track):
            time = f"[{stamp(passage.start_s)}] " if stamp else ""
            name = f"{passage.name}: " if options.speakers and passage.name else ""
            lines = [f"{time}{name}{passage.text}", *([passage.translation] if passage.translation else [])]
            blocks.append("".join(f"{line}\n" for text in lines for line in _wrapped(text, options.width)))
        return "\n".join(blocks)

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers, times and a translation are there when asked for."""
        kept = [
            *([Loss.SPEAKERS] if self.options.speakers else []),
            *([Loss.SEGMENT_TIMES] if self.options.timestamps else []),
            *carried_tracks(transcript, second_track(transcript, self.options.second_language)),
        ]
        return without_losses(super().left_out(transcript), *kept)

    def warnings(self, transcript: Transcript) -> tuple[str, ...]:
        """Paragraphs without a translation."""
        return untranslated(transcript, second_track(transcript, self.options.second_language))


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Lines of at most so many characters, broken between words; a longer word has a line of its own."""
    if not width or len(text) <= width:
        yield text
        return
    line: list[str] = []
    used = 0
    for word in text.split(" "):
        if line and used + len(word) > width:
            yield " ".join(line)
            line, used = [], 0
        line.append(word)
        used += len(word) + 1
    yield " ".join(line)
