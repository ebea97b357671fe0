"""Praat's TextGrid, the long text form: tiers of intervals without gaps, two for each speaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...domain.transcript import Transcript
from ..base import TextFormat, WordedFileOptions
from ..losses import Loss
from ..praat.checking import check_textgrid
from ..praat.tiers import Interval, Tier, tiers
from ..prose import without_losses
from ..report import Check


@dataclass(frozen=True, slots=True)
class TextgridOptions(WordedFileOptions):
    """Which tiers there are."""

    tiers: Annotated[
        Literal["both", "words", "segments"], Field(description="Tiers of words, of segments, or both.")
    ] = "both"
    translations: Annotated[bool, Field(description="Add tiers with the segments in other languages.")] = True


class Textgrid(TextFormat[TextgridOptions]):
    """UTF-8; every tier covers the recording from 0 to its end, silence is an interval without text."""

    id = "textgrid"
    family = "data"
    name = "Praat TextGrid"
    extension = "TextGrid"
    media_type = "text/plain; charset=utf-8"
    description = "Words and segments of each speaker in tiers, for Praat, ELAN and phonetic research."
    losses = (
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.MILLISECONDS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"intervals": check_textgrid}
    options_type = TextgridOptions

    def text(self, transcript: Transcript) -> str:
        """Header and tiers."""
        options = self.options
        found = tiers(
            transcript,
            words=options.tiers != "segments",
            segments=options.tiers != "words",
            translations=options.translations,
        )
        end_ms = found[0].intervals[-1].end_ms
        head = (
            'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \n'
            f"xmax = {_seconds(end_ms)} \ntiers? <exists> \nsize = {len(found)} \nitem []: \n"
        )
        return head + "".join(part for number, tier in enumerate(found, start=1) for part in _tier(number, tier))

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Times of words and translations are there when asked for."""
        options = self.options
        kept = [
            *([Loss.WORD_TIMES] if options.tiers != "segments" else []),
            *([Loss.TRANSLATIONS] if options.translations else []),
        ]
        return without_losses(super().left_out(transcript), *kept)


def _tier(number: int, tier: Tier) -> Iterator[str]:
    yield (
        f'    item [{number}]:\n        class = "IntervalTier" \n        name = {_quoted(tier.name)} \n'
        f"        xmin = 0 \n        xmax = {_seconds(tier.intervals[-1].end_ms)} \n"
        f"        intervals: size = {len(tier.intervals)} \n"
    )
    yield from _intervals(tier.intervals)


def _intervals(intervals: Iterable[Interval]) -> Iterator[str]:
    for number, interval in enumerate(intervals, start=1):
        yield (
            f"        intervals [{number}]:\n            xmin = {_seconds(interval.start_ms)} \n"
            f"            xmax = {_seconds(interval.end_ms)} \n            text = {_quoted(interval.text)} \n"
        )


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"


def _quoted(text: str) -> str:
    """In quotes; those inside are doubled."""
    return '"' + text.replace('"', '""') + '"'
