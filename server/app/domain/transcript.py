"""A transcript: who said which word when, and where that knowledge comes from.

The JSON form (`audapolis.transcript/1`) is a contract; its JSON Schema ships beside this module as
`transcript.schema.json`. `codec` turns these records into JSON and back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from .recording import Recording

SCHEMA: Final = "audapolis.transcript/1"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in a recording, in seconds from its time zero."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def overlap_s(self, other: Span) -> float:
        """How long the two sound together; 0 when they do not."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


@dataclass(frozen=True, slots=True)
class Turn(Span):
    """A stretch in which one speaker talks. Turns of different speakers may overlap."""

    speaker: str


@dataclass(frozen=True, slots=True)
class Word(Span):
    """One word as written, punctuation attached. `confidence` is a probability in 0..1 that it is right."""

    text: str
    confidence: float
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or phrase by one speaker. `text` is its words joined by spaces."""

    id: str
    start_s: float
    end_s: float
    speaker: str | None
    text: str
    confidence: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Someone heard in the recording.

    Attributes:
        id: `S1`, `S2` … in order of first appearance.
        speech_s: How long they speak in all.
        embedding: A unit-length voice vector, comparable only within the same `embedding_model`.
    """

    id: str
    name: str
    speech_s: float
    embedding: tuple[float, ...] = ()
    embedding_model: str = ""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Something better was wanted and could not be had: what ran instead, and why."""

    wanted: Annotated[str, Field(alias="from")]
    used: Annotated[str, Field(alias="to")]
    reason: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which engines on which device made this transcript, with which options, and what was not as wished.

    Attributes:
        warnings: What casts doubt on the result, in words: a language that sounds like another, for one.
    """

    engine: str
    model: str
    device: str
    precision: str
    diarizer: str | None
    options: dict[str, Any]
    fallbacks: tuple[Fallback, ...]
    version: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TranslatedSegment:
    """The text of one segment in another language."""

    segment: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The whole result for one recording. Segments are ordered by start; ids are unique.

    `turns` is who spoke when as the diarizer heard it, including speech no word was recognised in; it is what
    RTTM is written from, where segments only cover words.
    """

    schema: Literal["audapolis.transcript/1"] = SCHEMA
    id: str
    created_at: str
    language: str
    recording: Recording
    provenance: Provenance
    speakers: tuple[Speaker, ...]
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...] = ()
    translations: dict[str, tuple[TranslatedSegment, ...]] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, in order of their segments."""
        return tuple(word for segment in self.segments for word in segment.words)

    def speaker_name(self, speaker: str | None) -> str:
        """The display name of a speaker id; the id itself where nobody named it, "" for None."""
        return next((s.name for s in self.speakers if s.id == speaker), speaker or "")
