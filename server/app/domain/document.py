"""The editable document: an arrangement of pieces of recordings, version 3 of the audapolis file format.

`content` is a flat list. `paragraph_start` (with speaker and language) and `paragraph_break` come in pairs and
never nest; between them stand `text` (a spoken word), `non_text` (recorded sound without words) and
`artificial_silence`. Text and non-text point into a source by its name, which is the SHA-256 of the media file.
The position of an item in the edited result is the sum of the lengths before it: deleting an item deletes its
media. `document_versions` reads documents, older versions too.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from ..errors import InvalidDocument
from .arrangement import Piece, arrange
from .transcript import Transcript

VERSION = 3

LengthS = Annotated[float, Field(ge=0, allow_inf_nan=False, alias="length")]
SourceStartS = Annotated[float, Field(ge=0, allow_inf_nan=False, alias="sourceStart")]
SourceName = Annotated[str, Field(min_length=1, max_length=255)]

_IDS = uuid.UUID("b1a0d2c6-54f0-5d64-9d1c-7f3f0a3f6a11")
_TOUCHING_S = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphStart:
    """Opens a paragraph. `speaker` is a display name, "" where unknown."""

    type: Literal["paragraph_start"] = "paragraph_start"
    speaker: str
    language: str | None
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphBreak:
    """Closes a paragraph."""

    type: Literal["paragraph_break"] = "paragraph_break"
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A word (or a few, after a correction by hand) and the sound it was heard in."""

    type: Literal["text"] = "text"
    source: SourceName
    source_start_s: SourceStartS
    length_s: LengthS
    text: str
    confidence: Annotated[float, Field(ge=0, le=1, alias="conf")]
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NonText:
    """Recorded sound in which nobody says anything."""

    type: Literal["non_text"] = "non_text"
    source: SourceName
    source_start_s: SourceStartS
    length_s: LengthS
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtificialSilence:
    """Silence that was inserted; it has no source."""

    type: Literal["artificial_silence"] = "artificial_silence"
    length_s: LengthS
    uuid: str


SoundItem = Text | NonText | ArtificialSilence
Item = Annotated[ParagraphStart | ParagraphBreak | SoundItem, Field(discriminator="type")]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the desktop app shows beside the text."""

    display_video: bool = False
    display_speaker_names: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a document and when it begins in the edited result, in seconds."""

    speaker: str
    language: str | None
    start_s: float
    items: tuple[SoundItem, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of one source by one speaker that plays without a cut. `source` None is inserted silence."""

    speaker: str
    source: str | None
    source_start_s: float
    start_s: float
    length_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document. Its structure is checked when it is made.

    Raises:
        InvalidDocument: Paragraphs don't open and close in turn; the message names the item.
    """

    version: Literal[3] = 3
    metadata: Metadata
    content: tuple[Item, ...]

    def __post_init__(self) -> None:
        _check_structure(self.content)

    @classmethod
    def from_transcript(cls, transcript: Transcript, *, source: str | None = None) -> Document:
        """Open a transcript for editing: every word and every silence, covering the whole recording.

        Args:
            transcript: What was said.
            source: Name of the media in the document; the recording's SHA-256 when not given.
        """
        name = source or transcript.recording.sha256 or "recording"
        items: list[ParagraphStart | ParagraphBreak | SoundItem] = []

        def next_id() -> str:
            return str(uuid.uuid5(_IDS, f"{transcript.id}/{len(items)}"))

        for passage in arrange(transcript):
            speaker = transcript.speaker_name(passage.speaker)
            items.append(ParagraphStart(speaker=speaker, language=transcript.language or None, uuid=next_id()))
            for piece in passage.pieces:
                items.append(_sound_item(piece, name, next_id()))
            items.append(ParagraphBreak(uuid=next_id()))
        metadata = Metadata(
            display_video=transcript.recording.video is not None,
            display_speaker_names=any(segment.speaker for segment in transcript.segments),
        )
        return cls(metadata=metadata, content=tuple(items)) if items else cls.empty()

    @classmethod
    def empty(cls) -> Document:
        """A document with one empty paragraph: the least there can be."""
        start = ParagraphStart(speaker="", language=None, uuid=str(uuid.uuid5(_IDS, "empty/0")))
        return cls(metadata=Metadata(), content=(start, ParagraphBreak(uuid=str(uuid.uuid5(_IDS, "empty/1")))))

    @property
    def duration_s(self) -> float:
        """How long the edited result plays, in seconds."""
        return sum(item.length_s for item in self.content if isinstance(item, SoundItem))

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the media in use, in order of first use."""
        return tuple(dict.fromkeys(i.source for i in self.content if isinstance(i, Text | NonText)))

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The paragraphs, each with where it begins in the edited result."""
        found: list[Paragraph] = []
        head = ParagraphStart(speaker="", language=None, uuid="")
        items: list[SoundItem] = []
        start_s = position_s = 0.0
        for item in self.content:
            if isinstance(item, ParagraphStart):
                head, items, start_s = item, [], position_s
            elif isinstance(item, ParagraphBreak):
                found.append(Paragraph(head.speaker, head.language, start_s, tuple(items)))
            else:
                items.append(item)
                position_s += item.length_s
        return tuple(found)

    def without(self, uuids: Collection[str]) -> Document:
        """Delete text and silence by their ids, and with them their media. Paragraphs stay, empty ones too."""
        kept = tuple(item for item in self.content if not (isinstance(item, SoundItem) and item.uuid in uuids))
        return Document(metadata=self.metadata, content=kept)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The edited result as the fewest uncut stretches of media, in order."""
        clips: list[Clip] = []
        for paragraph in self.paragraphs:
            position_s = paragraph.start_s
            for item in paragraph.items:
                clip = _clip(item, paragraph.speaker, position_s)
                if clips and _continues(clips[-1], clip):
                    last = clips.pop()
                    length_s = position_s + item.length_s - last.start_s
                    clip = Clip(last.speaker, last.source, last.source_start_s, last.start_s, length_s)
                clips.append(clip)
                position_s += item.length_s
        return tuple(clips)


def _sound_item(piece: Piece, source: str, item_id: str) -> SoundItem:
    length_s = round(piece.duration_s, 6)
    if piece.word is None:
        return NonText(source=source, source_start_s=piece.start_s, length_s=length_s, uuid=item_id)
    return Text(
        source=source,
        source_start_s=piece.start_s,
        length_s=length_s,
        text=piece.word.text,
        confidence=min(1.0, max(0.0, piece.word.confidence)),
        uuid=item_id,
    )


def _clip(item: SoundItem, speaker: str, start_s: float) -> Clip:
    if isinstance(item, ArtificialSilence):
        return Clip(speaker, None, 0.0, start_s, item.length_s)
    return Clip(speaker, item.source, item.source_start_s, start_s, item.length_s)


def _continues(last: Clip, clip: Clip) -> bool:
    same = (last.source, last.speaker) == (clip.source, clip.speaker)
    touching = abs(last.source_start_s + last.length_s - clip.source_start_s) < _TOUCHING_S
    return same and (clip.source is None or touching)


def _check_structure(content: tuple[Item, ...]) -> None:
    inside = False
    for index, item in enumerate(content):
        opens, closes = isinstance(item, ParagraphStart), isinstance(item, ParagraphBreak)
        if opens and inside:
            raise InvalidDocument(f"A paragraph starts inside another (at content.{index}).")
        if closes and not inside:
            raise InvalidDocument(f"A paragraph ends that never started (at content.{index}).")
        if not inside and not opens:
            raise InvalidDocument(f"'{item.type}' stands outside of any paragraph (at content.{index}).")
        inside = not closes
    if not content:
        raise InvalidDocument("A document needs at least one paragraph (at content).")
    if inside:
        raise InvalidDocument(f"The last paragraph never ends (at content.{len(content) - 1}).")
