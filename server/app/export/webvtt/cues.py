"""One caption as a cue."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Protocol

from ...domain.transcript import Transcript
from ..captions import Caption, Token
from ..prose import second_track
from ..shading import Level
from ..text import clean, clock
from .header import SIDES, speaker_class
from .text import escaped


class CueOptions(Protocol):
    """What is wanted of cues; see `VttOptions`."""

    @property
    def speakers(self) -> bool:
        """Whether there are voice spans."""
        ...

    @property
    def word_times(self) -> bool:
        """Whether each word has its time."""
        ...

    @property
    def confidence(self) -> str:
        """`none` or `classes`."""
        ...

    @property
    def speaker_colours(self) -> bool:
        """Whether each speaker has a class."""
        ...

    @property
    def second_language(self) -> str:
        """The language wanted below the first; "" without one."""
        ...

    @property
    def regions(self) -> bool:
        """Whether speakers sit in regions."""
        ...

    def level(self, confidence: float) -> Level:
        """Where a confidence lies."""
        ...


class Looks:
    """How the cues of one transcript look.

    Args:
        transcript: Whose speakers there are.
        options: What is wanted.
    """

    def __init__(self, transcript: Transcript, options: CueOptions) -> None:
        self.options = options
        self.second_language = second_track(transcript, options.second_language)
        self._names = {speaker.id: escaped(clean(speaker.name)) for speaker in transcript.speakers}
        self._places = {speaker.id: number for number, speaker in enumerate(transcript.speakers)}

    def opening(self, speaker: str | None) -> str:
        """The voice span's start tag; "" without one."""
        name = self._names.get(speaker or "", escaped(clean(speaker or ""))) if self.options.speakers else ""
        coloured = self.options.speaker_colours and speaker in self._places
        classes = f".{speaker_class(self._places[speaker or ''])}" if coloured else ""
        if name:
            return f"<v{classes} {name}>"
        return f"<c{classes}>" if classes else ""

    def settings(self, speaker: str | None) -> str:
        """Cue settings: in which region it is shown, and at which side where regions are not known, as in Chromium."""
        if not self.options.regions:
            return ""
        side = SIDES[self._places.get(speaker or "", 0) % len(SIDES)]
        return f" region:{side} align:{side}"


def cue(number: int, caption: Caption, looks: Looks) -> str:
    """The cue's block, ended by a line end."""
    times = " --> ".join(clock(ms) for ms in (caption.start_ms, caption.end_ms))
    plain = not looks.options.word_times and looks.options.confidence == "none"
    text = "\n".join(map(escaped, caption.texts) if plain else _marked(caption, looks))
    opening = looks.opening(caption.speaker)
    closing = f"</{opening[1]}>" if opening else ""
    block = f"{number}\n{times}{looks.settings(caption.speaker)}\n{opening}{text}{closing}\n"
    if not caption.second:
        return block
    second = "\n".join(map(escaped, caption.second))
    return f"{block}<lang {looks.second_language}><i>{second}</i></lang>\n"


def _marked(caption: Caption, looks: Looks) -> Iterator[str]:
    """Lines with word times and classes. Times must rise and lie strictly inside the cue."""
    last_ms = caption.start_ms
    for line in caption.lines:
        parts: list[str] = []
        for level, run in groupby(line, key=lambda token: _class_of(token, looks)):
            tokens = list(run)
            space = " " if parts and not tokens[0].glued else ""
            words: list[str] = []
            for token in tokens:
                stamp, last_ms = _stamp(token, caption, last_ms) if looks.options.word_times else ("", last_ms)
                words.append(f"{'' if token.glued or not words else ' '}{stamp}{escaped(token.text)}")
            text = "".join(words)
            parts.append(f"{space}<c.{level}>{text}</c>" if level else f"{space}{text}")
        yield "".join(parts)


def _class_of(token: Token, looks: Looks) -> str:
    if looks.options.confidence == "none":
        return ""
    level = looks.options.level(token.confidence)
    return "" if level == "high" else f"conf-{level}"


def _stamp(token: Token, caption: Caption, last_ms: int) -> tuple[str, int]:
    at_ms = round(token.start_s * 1000)
    return (f"<{clock(at_ms)}>", at_ms) if last_ms < at_ms < caption.end_ms else ("", last_ms)
