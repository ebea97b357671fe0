"""What a translator is, and what is told of a track that was read from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Translator(Protocol):
    """Something that translates: a model on this machine, or a service."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Translate texts, each by itself.

        Args:
            texts: Sentences or a few of them each, never empty.
            source: Language they are in, a tag such as `en`.
            target: Language wanted.

        Returns:
            As many texts, in the same order.

        Raises:
            InvalidOption: It does not know one of the languages.
            EngineUnavailable: It can't be reached, or needs something that is not here.
            EngineFailed: It broke.
        """
        ...


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of translated text as a file has it, times in seconds.

    Attributes:
        lines: Its text; one line each where the file breaks it.
        segment: Id of the segment it is for, where the file says so; its times mean nothing then.
    """

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    segment: str | None = None

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(part for line in self.lines for part in line.split())


@dataclass(frozen=True, slots=True)
class Retiming:
    """How the clock of a file differs from ours: our time = its time × `ratio` + `offset_s`."""

    offset_s: float = 0.0
    ratio: float = 1.0

    def __call__(self, seconds: float) -> float:
        """A time of the file on our clock."""
        return seconds * self.ratio + self.offset_s


@dataclass(frozen=True, slots=True)
class AlignmentReport:
    """How a track from elsewhere fits the transcript.

    Attributes:
        cues: Pieces of text in the file.
        segments: Segments of the transcript.
        covered: Segments that got a text.
        leftovers: Pieces that fit nowhere, each with its time.
        retiming: What the file's times had to be corrected by.
        warnings: What to look at, in words.
    """

    language: str
    cues: int
    segments: int
    covered: int
    leftovers: tuple[str, ...] = ()
    retiming: Retiming = Retiming()
    warnings: tuple[str, ...] = ()

    @property
    def coverage(self) -> float:
        """Part of the segments that got a text, 0..1."""
        return self.covered / self.segments if self.segments else 1.0
