"""Cuts and recordings made by hand, for tests of timelines and of what is written from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audapolis.domain.document import (
    ArtificialSilence,
    Document,
    Metadata,
    NonText,
    ParagraphBreak,
    ParagraphStart,
    Text,
)
from audapolis.domain.document_transcript import transcript_of
from audapolis.domain.recording import AudioFacts, Recording, VideoFacts
from audapolis.export.material import Material, Source

RATES = {
    "23.976": ("24000/1001", False),
    "24": ("24", False),
    "25": ("25", False),
    "29.97 DF": ("30000/1001", True),
    "29.97 NDF": ("30000/1001", False),
    "30": ("30", False),
    "50": ("50", False),
    "59.94 DF": ("60000/1001", True),
}
"""The rates every editor format is tested at."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is played from where, by whom. `source` "" is inserted silence, `text` "" recorded silence."""

    source: str
    start_s: float
    length_s: float
    text: str = ""
    speaker: str = "Ann"


def video(rate: str = "25", timecode: str | None = None) -> VideoFacts:
    """A picture at one of `RATES`."""
    frame_rate, drop_frame = RATES[rate]
    return VideoFacts(frame_rate, timecode, drop_frame, 1920, 1080)


def source(
    name: str,
    *,
    duration_s: float = 600.0,
    picture: VideoFacts | None = None,
    folder: str | None = "/media",
    sample_rate_hz: int = 48_000,
    channels: int = 2,
) -> Source:
    """A recording; offline with `folder` None."""
    layout = "stereo" if channels == 2 else "mono"
    recording = Recording(
        name, "", duration_s, AudioFacts(0, 1, "pcm_s16le", sample_rate_hz, channels, layout), picture
    )
    return Source(name, recording, Path(folder, name) if folder else None)


def cut(parts: Sequence[Part], sources: Sequence[Source], *, name: str = "cut.audapolis") -> Material:
    """A document of these parts, one paragraph for each run of a speaker."""
    content: list[ParagraphStart | ParagraphBreak | Text | NonText | ArtificialSilence] = []
    speaker: str | None = None
    for number, part in enumerate(parts):
        if part.speaker != speaker:
            content += [ParagraphBreak(uuid=f"b{number}")] if content else []
            content.append(ParagraphStart(speaker=part.speaker, language="en", uuid=f"p{number}"))
            speaker = part.speaker
        content.append(_item(part, f"i{number}"))
    content += [ParagraphBreak(uuid="end")] if content else []
    document = Document(metadata=Metadata(), content=tuple(content)) if content else Document.empty()
    return Material(transcript_of(document, name=name), document, tuple(sources))


def _item(part: Part, uuid: str) -> Text | NonText | ArtificialSilence:
    if not part.source:
        return ArtificialSilence(length_s=part.length_s, uuid=uuid)
    if not part.text:
        return NonText(source=part.source, source_start_s=part.start_s, length_s=part.length_s, uuid=uuid)
    return Text(
        source=part.source,
        source_start_s=part.start_s,
        length_s=part.length_s,
        text=part.text,
        confidence=0.9,
        uuid=uuid,
    )
