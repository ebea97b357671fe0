"""A script for Avid ScriptSync: plain text whose lines Media Composer finds in the sound again."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Literal

from pydantic import Field

from ...domain.arrangement import paragraphs, spoken_words
from ...domain.transcript import Transcript, Word
from ..avid.labels import NO_SPEAKER
from ..avid.plain import lost_in_ascii, to_ascii
from ..base import BomOption, NewlineOption
from ..losses import Loss
from ..material import Material
from ..text import clean, encode
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline


def readable_text(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Whether it is UTF-8 without control characters, paragraphs set apart by single empty lines."""
    try:
        text = file.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        yield "It is not UTF-8."
        return
    if any(ord(character) < ord(" ") and character != "\n" for character in text):
        yield "There are control characters in it."
    if "\n\n\n" in text or text.startswith("\n"):
        yield "Paragraphs are not set apart by single empty lines."


@dataclass(frozen=True, slots=True)
class AvidScriptsyncOptions(TimelineOptions):
    """How the script is set, and the text file."""

    names: Annotated[
        Literal["colon", "line", "none"],
        Field(description="Speakers before their text and a colon, in capitals on a line of their own, or not at all."),
    ] = "colon"
    line_chars: Annotated[
        int, Field(ge=0, le=400, description="Most characters in a line, which is what gets a sync mark; 0 wraps none.")
    ] = 60
    timecodes: Annotated[bool, Field(description="Begin paragraphs with their timecode in brackets.")] = False
    characters: Annotated[
        Literal["unicode", "ascii"], Field(description="UTF-8, or only what every version and language pack reads.")
    ] = "unicode"
    newline: NewlineOption = "crlf"
    bom: BomOption = False


class AvidScriptsync(TimelineFormat[AvidScriptsyncOptions]):
    """Paragraphs with speakers, in lines that are short enough to jump to."""

    id = "avid_scriptsync"
    name = "Avid ScriptSync script"
    points_to_media = False
    extension = "script.txt"
    media_type = "text/plain; charset=utf-8"
    description = "The transcript as a script for ScriptSync and script-based editing in Media Composer."
    losses = (
        Loss.SPEAKERS,
        Loss.SEGMENT_TIMES,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.OVERLAP,
    )
    checks = {"text": readable_text}  # noqa: RUF012
    options_type = AvidScriptsyncOptions

    def file(self, timeline: Timeline) -> bytes:
        """The script."""
        text = self._text(timeline)
        if self.options.characters == "ascii":
            text = to_ascii(text)
        return encode(text, newline=self.options.newline, bom=self.options.bom)

    def suffered(self) -> Iterator[Loss]:
        """Speakers and times are there when asked for."""
        kept = {Loss.SPEAKERS: self.options.names != "none", Loss.SEGMENT_TIMES: self.options.timecodes}
        return (loss for loss in self.losses if not kept.get(loss, False))

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Letters that ASCII has no form for."""
        lost = lost_in_ascii(self._text(timeline)) if self.options.characters == "ascii" else 0
        return (f"{lost} characters have no ASCII form and are question marks.",) if lost else ()

    def _text(self, timeline: Timeline) -> str:
        transcript = timeline.transcript
        found = [
            self._paragraph(timeline, transcript, words) for words in paragraphs(spoken_words(transcript)) if words
        ]
        return "\n".join(f"{paragraph}\n" for paragraph in found if paragraph)

    def _paragraph(self, timeline: Timeline, transcript: Transcript, words: Sequence[Word]) -> str:
        text = clean(" ".join(word.text for word in words))
        if not text:
            return ""
        name = clean(transcript.speaker_name(words[0].speaker)) or NO_SPEAKER
        if self.options.names == "colon":
            text = f"{name}: {text}"
        width = self.options.line_chars or len(text)
        lines = textwrap.wrap(text, width, break_on_hyphens=False)
        if self.options.names == "line":
            lines.insert(0, name.upper())
        if self.options.timecodes:
            place = timeline.label(timeline.timebase.frames(max(0.0, words[0].start_s)))
            lines.insert(0, f"[{place}]")
        return "\n".join(lines)
