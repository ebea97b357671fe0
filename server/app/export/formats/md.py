"""Markdown (CommonMark 0.31): a title, a table of facts, paragraphs with who speaks in bold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from ...domain.transcript import Transcript
from ..base import TextFormat, WordedFileOptions
from ..facts import facts, title_of
from ..losses import Loss
from ..plain import check_plain
from ..prose import Passage, SecondLanguageOption, carried_tracks, passages, second_track, untranslated, without_losses
from ..report import Check
from ..stamps import PrecisionOption, RateOption, Stamp, stamp_of

# What means something anywhere in a line, and what looks like an entity.
_SPECIAL = re.compile(r"[\\`*_\[\]<|~]|&(?=#?\w+;)")
_OPENING = tuple("#+-=:>")
_NUMBERED = re.compile(r"\d{1,9}[.)]")


@dataclass(frozen=True, slots=True)
class MdOptions(WordedFileOptions):
    """What stands above and beside the words."""

    title: Annotated[bool, Field(description="Begin with the recording's name as a heading.")] = True
    metadata: Annotated[bool, Field(description="Put a table of facts below the title.")] = True
    speakers: Annotated[bool, Field(description="Begin each paragraph with who speaks, in bold.")] = True
    timestamps: Annotated[bool, Field(description="Begin each paragraph with when it starts.")] = True
    precision: PrecisionOption = "second"
    rate: RateOption = "auto"
    second_language: SecondLanguageOption = ""


class Md(TextFormat[MdOptions]):
    """One paragraph a line; a translation follows as a quotation."""

    id = "md"
    family = "text"
    name = "Markdown"
    extension = "md"
    media_type = "text/markdown; charset=utf-8; variant=CommonMark"
    description = "Text for wikis, notes and repositories: title, facts, speakers in bold, times."
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
    options_type = MdOptions

    def text(self, transcript: Transcript) -> str:
        """Head and paragraphs."""
        options = self.options
        track = second_track(transcript, options.second_language)
        stamp = stamp_of(transcript, options.precision, options.rate) if options.timestamps else None
        blocks = [*self._head(transcript), *(self._block(p, stamp) for p in passages(transcript, track))]
        return "\n".join(blocks)

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers, times, a translation and the facts are there when asked for."""
        options = self.options
        kept = [
            *([Loss.SPEAKERS] if options.speakers else []),
            *([Loss.SEGMENT_TIMES] if options.timestamps else []),
            *([Loss.PROVENANCE, Loss.VIDEO_FACTS] if options.metadata else []),
            *carried_tracks(transcript, second_track(transcript, options.second_language)),
        ]
        return without_losses(super().left_out(transcript), *kept)

    def warnings(self, transcript: Transcript) -> tuple[str, ...]:
        """Paragraphs without a translation."""
        return untranslated(transcript, second_track(transcript, self.options.second_language))

    def _head(self, transcript: Transcript) -> Iterator[str]:
        if self.options.title:
            yield f"# {escaped(title_of(transcript)).replace('#', chr(92) + '#')}\n"
        if self.options.metadata:
            rows = [f"| {label} | {escaped(value)} |\n" for label, value in facts(transcript)]
            yield "| Fact | Value |\n|---|---|\n" + "".join(rows)

    def _block(self, passage: Passage, stamp: Stamp | None) -> str:
        time = f"\\[{stamp(passage.start_s)}\\] " if stamp else ""
        name = f"**{escaped(passage.name)}:** " if self.options.speakers and passage.name else ""
        text = escaped(passage.text)
        line = f"{time}{name}{text if time or name else opened(text)}\n"
        return f"{line}\n> {opened(escaped(passage.translation))}\n" if passage.translation else line


def escaped(text: str) -> str:
    """Text inside a line that a CommonMark reader shows as it is."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def opened(text: str) -> str:
    """Escaped text that begins a line: no heading, list, rule or underline."""
    if _NUMBERED.match(text):
        return re.sub(r"[.)]", r"\\\g<0>", text, count=1)
    return f"\\{text}" if text[:1] in _OPENING else text
