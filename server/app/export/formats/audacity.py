"""Label tracks as Audacity imports and exports them: start, end and text, with tabs between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ...domain.arrangement import spoken_words
from ...domain.transcript import Transcript
from ..base import TextFormat, WordedFileOptions
from ..losses import Loss
from ..material import Material
from ..report import Check
from ..text import clean

Label = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class AudacityOptions(WordedFileOptions):
    """What gets a label."""

    level: Annotated[
        Literal["segments", "words", "speakers"], Field(description="A label for each segment, word or speaker's turn.")
    ] = "segments"
    speakers: Annotated[bool, Field(description="Begin the labels of segments with who speaks.")] = True


def check_labels(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Three fields a line, times that are numbers, no label that ends before it begins."""
    for number, line in enumerate(file.read().decode("utf-8-sig").splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) != 3 or not all(field.replace(".", "", 1).isdigit() for field in fields[:2]):
            yield f"Line {number} is not two times and a text."
        elif float(fields[1]) < float(fields[0]):
            yield f"The label in line {number} ends before it begins."


class Audacity(TextFormat[AudacityOptions]):
    """One label a line, times in seconds with six decimals, as the program itself writes them."""

    id = "audacity"
    family = "captions"
    name = "Audacity labels"
    extension = "labels.txt"
    media_type = "text/plain; charset=utf-8"
    description = "A label track for Audacity: segments, words or speakers."
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TEXT,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"labels": check_labels}
    options_type = AudacityOptions

    def text(self, transcript: Transcript) -> str:
        """The labels, ordered by start."""
        labels = sorted(self._labels(transcript), key=lambda label: label[:2])
        return "".join(f"{start_s:.6f}\t{max(start_s, end_s):.6f}\t{text}\n" for start_s, end_s, text in labels)

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Depends on what gets a label."""
        level = self.options.level
        kept = {
            Loss.SPEAKERS: level == "speakers" or (level == "segments" and self.options.speakers),
            Loss.WORD_TIMES: level == "words",
            Loss.TEXT: level != "speakers",
        }
        return tuple(loss for loss in super().left_out(transcript) if not any(loss == k for k, v in kept.items() if v))

    def _labels(self, transcript: Transcript) -> Iterator[Label]:
        names = {speaker.id: clean(speaker.name) for speaker in transcript.speakers}
        if self.options.level == "words":
            for word in spoken_words(transcript):
                yield max(0.0, word.start_s), word.end_s, clean(word.text)
        elif self.options.level == "speakers":
            yield from _turns(transcript, names)
        else:
            for segment in transcript.segments:
                name = names.get(segment.speaker or "", "") if self.options.speakers else ""
                text = clean(segment.text)
                yield max(0.0, segment.start_s), segment.end_s, f"{name}: {text}" if name else text


def _turns(transcript: Transcript, names: Mapping[str, str]) -> Iterator[Label]:
    """The diarizer's turns; where there are none, the segments of each speaker."""
    for turn in transcript.turns or transcript.segments:
        yield max(0.0, turn.start_s), turn.end_s, names.get(turn.speaker or "", clean(turn.speaker or ""))
