"""Rich Transcription Time Marked, as in NIST's RT-09 evaluation plan, appendix A: who spoke when, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field

from ...domain.transcript import Transcript, Turn
from ..base import TextFileOptions, TextFormat
from ..losses import Loss
from ..text import clean

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RttmOptions(TextFileOptions):
    """How speakers are called and where turns end."""

    label: Annotated[Literal["name", "id"], Field(description="Call speakers by their name or by their id.")] = "name"
    merge_s: Annotated[
        float,
        Field(
            ge=0, le=60, description="Pauses up to this do not end a turn, in seconds, where turns are made from words."
        ),
    ] = 0.3


class Rttm(TextFormat[RttmOptions]):
    """One line a turn: the diarizer's turns, or where there are none, the segments of each speaker joined."""

    id = "rttm"
    family = "data"
    name = "RTTM speaker turns"
    extension = "rttm"
    media_type = "text/plain; charset=utf-8"
    description = "Who spoke when, for scoring tools and research."
    losses = (
        Loss.TEXT,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
    )
    options_type = RttmOptions

    def text(self, transcript: Transcript) -> str:
        """The turns, ordered by start."""
        file = _field(PurePath(clean(transcript.recording.name)).stem, "recording")
        names = self._names(transcript)
        turns = sorted(self._turns(transcript), key=lambda turn: (turn.start_s, turn.end_s, turn.speaker))
        return "".join(
            f"SPEAKER {file} 1 {turn.start_s:.3f} {turn.duration_s:.3f} <NA> <NA> {names[turn.speaker]} <NA> <NA>\n"
            for turn in turns
            if round(turn.duration_s, 3) > 0
        )

    def _names(self, transcript: Transcript) -> dict[str, str]:
        """A field without spaces for each speaker; equal names get numbers."""
        names: dict[str, str] = {}
        for speaker in dict.fromkeys([*(s.id for s in transcript.speakers), *_speakers(transcript), ""]):
            name = transcript.speaker_name(speaker) if self.options.label == "name" else speaker
            base = _field(name, _field(speaker, UNKNOWN))
            number = 1
            while (field := base if number == 1 else f"{base}_{number}") in names.values():
                number += 1
            names[speaker] = field
        return names

    def _turns(self, transcript: Transcript) -> Iterable[Turn]:
        if transcript.turns:
            return transcript.turns
        open_turns: dict[str, Turn] = {}
        closed: list[Turn] = []
        for segment in transcript.segments:
            turn = Turn(segment.start_s, segment.end_s, segment.speaker or "")
            last = open_turns.get(turn.speaker)
            if last and turn.start_s - last.end_s <= self.options.merge_s:
                turn = Turn(last.start_s, max(last.end_s, turn.end_s), turn.speaker)
            elif last:
                closed.append(last)
            open_turns[turn.speaker] = turn
        return [*closed, *open_turns.values()]


def _speakers(transcript: Transcript) -> Iterable[str]:
    return [*(turn.speaker for turn in transcript.turns), *(s.speaker or "" for s in transcript.segments)]


def _field(text: str, otherwise: str) -> str:
    """A field of a line: fields are separated by white space, so there is none inside."""
    return re.sub(r"\s+", "_", clean(text)) or otherwise
