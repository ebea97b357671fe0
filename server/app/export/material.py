"""What is exported: a transcript as it plays, the cut it plays in, and the recordings behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..domain.document import Document
from ..domain.recording import Recording
from ..domain.transcript import Transcript

UNKNOWN_SOURCE = "recording"
"""What a document calls the recording of a transcript that has no SHA-256."""


@dataclass(frozen=True, slots=True)
class Source:
    """One recording that a cut plays from.

    Attributes:
        id: What the document calls it: its SHA-256, as a rule.
        recording: Its facts; None where nobody knows them.
        path: Where it lies; None when it is not at hand ("offline" to an editor).
    """

    id: str
    recording: Recording | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a format may draw on.

    Attributes:
        transcript: Who said what, in the time of the edited result.
        document: The cut; None where nothing was cut, and the result plays like its one recording.
        sources: The recordings, in order of first use.
    """

    transcript: Transcript
    document: Document | None = None
    sources: tuple[Source, ...] = ()

    @classmethod
    def of(cls, transcript: Transcript, *, media: Path | None = None) -> Material:
        """An uncut transcript and, if it is at hand, its recording."""
        source = transcript.recording.sha256 or UNKNOWN_SOURCE
        return cls(transcript, sources=(Source(source, transcript.recording, media),))

    @property
    def media(self) -> Path | None:
        """The one recording of an uncut transcript, if it is at hand."""
        return self.sources[0].path if self.document is None and self.sources else None

    def cut(self) -> Document:
        """The document, or for an uncut transcript the one that plays all of it."""
        return self.document or Document.from_transcript(
            self.transcript, source=self.transcript.recording.sha256 or UNKNOWN_SOURCE
        )
