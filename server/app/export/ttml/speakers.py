"""Who speaks, by colour and as persons named in the document's head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...domain.transcript import Transcript
from ..shading import SPEAKER_COLOURS
from ..text import clean
from .names import PLAIN, agent, speaker_style

COLOURS = SPEAKER_COLOURS
"""Of the first speaker, the second … Four of them are the custom of European broadcasters. The seventh begins again."""


@dataclass(frozen=True, slots=True)
class Person:
    """A speaker who has captions; they count from 1."""

    number: int
    name: str

    @property
    def style(self) -> str:
        """Id of their style."""
        return speaker_style(self.number)

    @property
    def agent(self) -> str:
        """Id of them as a person."""
        return agent(self.number)

    @property
    def colour(self) -> str:
        """Colour of what they say."""
        return COLOURS[(self.number - 1) % len(COLOURS)]


class Cast:
    """Everybody who speaks, in the transcript's order."""

    def __init__(self, transcript: Transcript, heard: Iterable[str | None]) -> None:
        wanted = dict.fromkeys(speaker for speaker in heard if speaker)
        known = [speaker.id for speaker in transcript.speakers if speaker.id in wanted]
        order = dict.fromkeys([*known, *wanted])
        self._people = {
            speaker: Person(number, clean(transcript.speaker_name(speaker)) or clean(speaker))
            for number, speaker in enumerate(order, start=1)
        }

    @property
    def people(self) -> tuple[Person, ...]:
        """All of them."""
        return tuple(self._people.values())

    def person(self, speaker: str | None) -> Person | None:
        """Who a speaker id is; nobody for None."""
        return self._people.get(speaker) if speaker else None

    def style(self, speaker: str | None) -> str:
        """Id of the style of what they say."""
        person = self.person(speaker)
        return person.style if person else PLAIN
