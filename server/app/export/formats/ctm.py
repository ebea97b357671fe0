"""Conversation Time Marked (NIST's CTM, as SCTK's sclite reads it): one word a line, with its confidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ...domain.arrangement import spoken_words
from ...domain.phrasing import spread
from ...domain.transcript import Transcript, Word
from ..base import TextFormat, WordedFileOptions
from ..losses import Loss
from ..material import Material
from ..prose import without_losses
from ..report import Check
from ..text import clean

_FIELDS = (6, 8)
_NOT_A_FIELD = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class CtmOptions(WordedFileOptions):
    """How channels and speakers are told."""

    channel: Annotated[Literal["1", "A"], Field(description="What the one channel is called.")] = "1"
    speakers: Annotated[
        Literal["none", "channels", "fields"],
        Field(
            description="Leave speakers out, give each a channel (1, 2 … or A, B …), or add type and speaker as fields."
        ),
    ] = "none"
    confidence: Annotated[bool, Field(description="Add the confidence of each word.")] = True


def check_ctm(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Fields, numbers and order."""
    channel, last_s = b"", 0.0
    for number, line in enumerate(file, start=1):
        fields = line.split(b" ")
        if not _FIELDS[0] - 1 <= len(fields) <= _FIELDS[1]:
            yield f"Line {number} has {len(fields)} fields."
            return
        start_s = float(fields[2])
        if channel == fields[1] and start_s < last_s:
            yield f"Line {number} begins before the one before it."
            return
        channel, last_s = fields[1], start_s


class Ctm(TextFormat[CtmOptions]):
    """Ordered by channel and start, as scoring tools want it."""

    id = "ctm"
    family = "data"
    name = "CTM word times"
    extension = "ctm"
    media_type = "text/plain; charset=utf-8"
    description = "Every word with time and confidence, for scoring tools and research."
    losses = (
        Loss.SPEAKERS,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.MILLISECONDS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"lines": check_ctm}
    options_type = CtmOptions

    def text(self, transcript: Transcript) -> str:
        """The words."""
        file = _field(PurePath(clean(transcript.recording.name)).stem, "recording").lstrip(";") or "recording"
        numbers = {s: n for n, s in enumerate(dict.fromkeys(word.speaker for word in spoken_words(transcript)))}
        by_channel = self.options.speakers == "channels"
        tokens = list(_tokens(transcript))
        tokens.sort(key=lambda word: (numbers[word.speaker] if by_channel else 0, word.start_s, word.end_s))
        channels = {s: self._channel(number if by_channel else 0) for s, number in numbers.items()}
        names = {s: _field(transcript.speaker_name(s), "unknown") for s in numbers}
        return "".join(
            f"{file} {channels[word.speaker]} {_times(word)} {word.text}{self._more(word, names[word.speaker])}\n"
            for word in tokens
        )

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers and confidences are there when asked for."""
        kept = [
            *([Loss.SPEAKERS] if self.options.speakers != "none" else []),
            *([Loss.CONFIDENCE] if self._confidences else []),
        ]
        return without_losses(super().left_out(transcript), *kept)

    @property
    def _confidences(self) -> bool:
        return self.options.confidence or self.options.speakers == "fields"

    def _channel(self, number: int) -> str:
        if self.options.channel == "1":
            return str(number + 1)
        letters = ""
        while number >= 0:
            number, letter = divmod(number, 26)
            letters, number = chr(ord("A") + letter) + letters, number - 1
        return letters

    def _more(self, word: Word, name: str) -> str:
        confidence = f" {word.confidence:.4f}" if self._confidences else ""
        return f"{confidence} lex {name}" if self.options.speakers == "fields" else confidence


def _tokens(transcript: Transcript) -> Iterator[Word]:
    """Words without spaces inside; what a correction by hand put into one shares its time."""
    for word in spoken_words(transcript):
        text = clean(word.text)
        if " " in text:
            yield from spread(text, word.start_s, word.end_s, confidence=word.confidence, speaker=word.speaker)
        elif text:
            yield word if text == word.text else Word(word.start_s, word.end_s, text, word.confidence, word.speaker)


def _times(word: Word) -> str:
    start_ms = round(word.start_s * 1000)
    length_ms = max(0, round(word.end_s * 1000) - start_ms)
    return f"{start_ms / 1000:.3f} {length_ms / 1000:.3f}"


def _field(text: str, otherwise: str) -> str:
    return _NOT_A_FIELD.sub("_", clean(text)) or otherwise
