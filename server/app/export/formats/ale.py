"""Avid Log Exchange: a table of clips that Media Composer turns into clips of a bin."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Literal

from pydantic import Field

from ..avid.labels import clip_name
from ..avid.plain import lost_in_ascii, to_ascii
from ..avid.tables import COLUMNS, heading, table_problems
from ..base import BomOption, NewlineOption
from ..losses import Loss
from ..material import Material
from ..text import encode
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Clip, Media, Timeline

_NAME_CHARACTERS = 32
_MOST_SOUND_TRACKS = 8


def whole_table(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Whether heading, columns and rows fit together and every clip has its four required fields."""
    return table_problems(io.TextIOWrapper(io.BytesIO(file.read()), "utf-8-sig").read())


@dataclass(frozen=True, slots=True)
class AleOptions(TimelineOptions):
    """Whose timecode, and the text file."""

    timecode: Annotated[
        Literal["source", "sequence"],
        Field(description="Start and End in the recordings' timecode, or in that of the edited result."),
    ] = "source"
    characters: Annotated[
        Literal["unicode", "ascii"], Field(description="UTF-8, or only what every version reads.")
    ] = "unicode"
    newline: NewlineOption = "crlf"
    bom: BomOption = False


class Ale(TimelineFormat[AleOptions]):
    """One row a clip: its name, tracks and times, and the transcript in columns of their own."""

    id = "ale"
    name = "Avid Log Exchange (ALE)"
    extension = "ale"
    media_type = "text/plain; charset=utf-8"
    description = "A log of who says what from where to where, as clips for a bin of Media Composer."
    losses = (
        Loss.WORD_TIMES,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.OVERLAP,
    )
    checks = {"table": whole_table}  # noqa: RUF012
    options_type = AleOptions

    def file(self, timeline: Timeline) -> bytes:
        """Heading, columns, rows."""
        text = self._text(timeline)
        if self.options.characters == "ascii":
            text = to_ascii(text)
        return encode(text, newline=self.options.newline, bom=self.options.bom)

    def left_out(self, timeline: Timeline) -> tuple[str, ...]:
        """Clips of recordings at another rate: the table has one rate for all."""
        lost = sum(1 for clip in timeline.clips if clip.media and not self._holds(timeline, clip.media))
        if not lost:
            return ()
        return (f"{lost} clips of recordings at another frame rate are left out; timecode=sequence keeps them.",)

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Letters that ASCII has no form for, and clips across midnight."""
        found: tuple[str, ...] = ()
        lost = lost_in_ascii(self._text(timeline)) if self.options.characters == "ascii" else 0
        if lost:
            found += (f"{lost} characters have no ASCII form and are question marks.",)
        if any(end <= start for _, start, end in self._rows(timeline)):
            found += ("Timecode begins again after 24 hours: some clips seem to end before they begin.",)
        return found

    def _holds(self, timeline: Timeline, medium: Media) -> bool:
        return self.options.timecode == "sequence" or medium.timebase.rate == timeline.timebase.rate

    def _rows(self, timeline: Timeline) -> Iterator[tuple[Clip, str, str]]:
        """Clips with the timecodes of their first frame and of the first after it."""
        for clip in timeline.clips:
            if clip.media is None or not self._holds(timeline, clip.media):
                continue
            if self.options.timecode == "sequence":
                yield clip, timeline.label(clip.start), timeline.label(clip.end)
            else:
                medium = clip.media
                start, end = (medium.start_frame + frame for frame in (clip.source_start, clip.source_end))
                yield clip, medium.timebase.format(start), medium.timebase.format(end)

    def _text(self, timeline: Timeline) -> str:
        rows = ["\t".join(_fields(clip, start, end)) for clip, start, end in self._rows(timeline)]
        return "\n".join([*heading(timeline), "", "Column", "\t".join(COLUMNS), "", "Data", *rows, ""])


def _fields(clip: Clip, start: str, end: str) -> list[str]:
    """The fields of a row, in the order of the columns."""
    medium = clip.media
    sound = "".join(f"A{n}" for n in range(1, min(medium.channels, _MOST_SOUND_TRACKS) + 1)) if medium else ""
    return [
        clip_name(clip, _NAME_CHARACTERS),
        f"{'V' if medium and medium.has_video else ''}{sound}",
        start,
        end,
        clip.speaker,
        clip.text,
        "" if clip.confidence is None else f"{clip.confidence:.2f}",
        medium.name if medium else "",
    ]
