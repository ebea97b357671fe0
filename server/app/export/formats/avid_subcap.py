"""Captions for the SubCap effect of Avid Media Composer, in the text format of the Avid DS Caption plugin."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from pydantic import Field

from ..avid.subcaps import on_frames
from ..base import BomOption, NewlineOption
from ..captions import CaptionOptions, lay_out
from ..losses import Loss
from ..material import Material
from ..text import encode
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline

_HEAD = "@ This file written with the Avid Caption plugin, version 1"
_BEGIN, _END = "<begin subtitles>", "<end subtitles>"
_TIMES = re.compile(r"\d\d:\d\d:\d\d[:;]\d\d\d? \d\d:\d\d:\d\d[:;]\d\d\d?")


def head_and_captions(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Whether head, begin and end are there, and between them captions of times, text and an empty line."""
    lines = io.TextIOWrapper(io.BytesIO(file.read()), "utf-8-sig").read().split("\n")
    if lines[:3] != [_HEAD, "", _BEGIN] or lines[-2:] != [_END, ""]:
        yield "The beginning or end is not as the plugin writes it."
        return
    block: list[str] = []
    for number, line in enumerate(lines[3:-2], start=4):
        if line:
            block.append(line)
            continue
        if len(block) < 2 or not _TIMES.fullmatch(block[0]):
            yield f"The lines before line {number} are no caption."
        block = []
    if block:
        yield "The last caption does not end."


@dataclass(frozen=True, slots=True)
class AvidSubcapOptions(TimelineOptions):
    """How captions look, and the text file."""

    speakers: Annotated[bool, Field(description="Begin captions with the speaker's name when the speaker changes.")] = (
        False
    )
    max_chars: Annotated[int, Field(ge=8, le=200, description="Most characters in a line.")] = 42
    max_lines: Annotated[int, Field(ge=1, le=4, description="Most lines in a caption.")] = 2
    min_s: Annotated[float, Field(ge=0, le=5, description="Shortest caption where possible, in seconds.")] = 0.833
    max_s: Annotated[float, Field(ge=1, le=60, description="Longest caption, in seconds.")] = 7.0
    max_cps: Annotated[float, Field(ge=5, le=60, description="Most characters a second where possible.")] = 20.0
    gap_s: Annotated[float, Field(ge=0, le=1, description="Time between two captions, in seconds.")] = 0.083
    newline: NewlineOption = "crlf"
    bom: BomOption = False

    def style(self) -> CaptionOptions:
        """The same as the caption layout takes it."""
        return CaptionOptions(
            max_chars=self.max_chars,
            max_lines=self.max_lines,
            min_s=self.min_s,
            max_s=self.max_s,
            max_cps=self.max_cps,
            gap_s=self.gap_s,
        )


class AvidSubcap(TimelineFormat[AvidSubcapOptions]):
    """Captions one after the other, with timecodes of the sequence."""

    id = "avid_subcap"
    name = "Avid SubCap captions"
    points_to_media = False
    extension = "subcap.txt"
    media_type = "text/plain; charset=utf-8"
    description = "Captions for the SubCap effect of Media Composer, on whole frames."
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.OVERLAP,
    )
    checks = {"captions": head_and_captions}  # noqa: RUF012
    options_type = AvidSubcapOptions

    def file(self, timeline: Timeline) -> bytes:
        """Head, captions, end."""
        captions = lay_out(timeline.transcript, self.options.style(), labels=self.options.speakers)
        blocks = [_HEAD, "", _BEGIN]
        for caption in on_frames(captions, timeline.timebase, start_frame=timeline.start_frame):
            times = " ".join(timeline.label(frame) for frame in (caption.start, caption.end))
            blocks += [times, *map(_never_reserved, caption.lines), ""]
        text = "\n".join([*blocks, _END, ""])
        return encode(text, newline=self.options.newline, bom=self.options.bom)

    def suffered(self) -> Iterable[Loss]:
        """Speakers are there when asked for."""
        return tuple(loss for loss in self.losses if loss != Loss.SPEAKERS or not self.options.speakers)


def _never_reserved(line: str) -> str:
    """A line of text that nobody takes for the beginning or the end."""
    return line.strip("<>") if line in (_BEGIN, _END) else line
