"""SubRip subtitles. There is no standard; this is what players agree on: `i`, `b`, `u`, `font` tags and no escapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ...domain.transcript import Transcript
from ..captions import Caption, Token, line_text
from ..captions.format import CaptionFormat
from ..losses import Loss
from ..material import Material
from ..report import Check
from ..shading import LEVEL_COLOURS, ShadedCaptionOptions
from ..text import clock

_ZERO_WIDTH_SPACE = "\u200b"
# Players take these for tags (`<b>`, `{\an8}`) or for the next caption's times.
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|\{(?=\\)|--(?=>)")
_TIMES = re.compile(r"(\d{2,}):(\d\d):(\d\d),(\d{3}) --> (\d{2,}):(\d\d):(\d\d),(\d{3})")


@dataclass(frozen=True, slots=True)
class SrtOptions(ShadedCaptionOptions):
    """Caption style, whether to name speakers, and colours for doubtful words."""

    speakers: Annotated[bool, Field(description="Name the speaker whenever another one speaks.")] = True
    confidence: Annotated[
        Literal["none", "colours"], Field(description="Colour words of low and medium confidence.")
    ] = "none"


def check_blocks(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Numbers count from 1, times are well formed and rise, and no caption is empty."""
    blocks = file.read().decode("utf-8-sig").replace("\r\n", "\n").strip("\n").split("\n\n")
    last_ms = -1
    for number, block in enumerate(blocks if blocks != [""] else [], start=1):
        lines = block.split("\n")
        times = _TIMES.fullmatch(lines[1]) if len(lines) > 2 else None
        if times is None or lines[0] != str(number):
            yield f"Caption {number} is not a number, a line of times and text."
            return
        start_ms, end_ms = (_milliseconds(times.groups()[side : side + 4]) for side in (0, 4))
        if end_ms <= start_ms or start_ms < last_ms:
            yield f"The times of caption {number} are out of order."
        last_ms = start_ms


def _milliseconds(clock_parts: Iterable[str]) -> int:
    hours, minutes, seconds, milliseconds = map(int, clock_parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


class Srt(CaptionFormat[SrtOptions]):
    """Numbered captions. Text that looks like markup is kept visible by a zero-width space inside it."""

    id = "srt"
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
    checks: ClassVar[Mapping[str, Check]] = {"blocks": check_blocks}
    options_type = SrtOptions

    def text(self, transcript: Transcript) -> str:
        """The captions, numbered from 1."""
        captions = self.captions(transcript, labels=self.options.speakers)
        return "\n".join(self._block(number, caption) for number, caption in enumerate(captions, start=1))

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers are there when asked for."""
        losses = super().left_out(transcript)
        return tuple(loss for loss in losses if not (self.options.speakers and loss == Loss.SPEAKERS))

    def _block(self, number: int, caption: Caption) -> str:
        times = " --> ".join(clock(ms, point=",") for ms in (caption.start_ms, caption.end_ms))
        shown = map(self._coloured, caption.lines) if self.options.confidence == "colours" else _visible(caption.texts)
        second = (f"<i>{text}</i>" for text in _visible(caption.second))
        return "\n".join((str(number), times, *shown, *second, ""))

    def _coloured(self, line: tuple[Token, ...]) -> str:
        """A line whose doubtful words have a colour; neighbours of one level share it."""
        runs = [
            (level, list(run)) for level, run in groupby(line, key=lambda token: self.options.level(token.confidence))
        ]
        parts: list[str] = []
        for number, (level, run) in enumerate(runs):
            [text] = _visible([line_text(run)])
            space = " " if number and not run[0].glued else ""
            colour = LEVEL_COLOURS.get(level)
            parts.append(f'{space}<font color="{colour}">{text}</font>' if colour else f"{space}{text}")
        return "".join(parts)


def _visible(texts: Iterable[str]) -> Iterator[str]:
    """Lines in which what looks like markup stays visible."""
    for text in texts:
        yield _MARKUP.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)
