"""A document seen as a transcript of its edited result, so that it exports like any other."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator

from .arrangement import ends_sentence, paragraphs
from .document import Document, Paragraph, Text
from .document_versions import write_document
from .recording import AudioFacts, Recording
from .transcript import Provenance, Segment, Speaker, Transcript, Word

_IDS = uuid.UUID("f2b4f0f3-7a40-5a68-8a3f-0d6f2f0ce2ab")
_UNKNOWN_AUDIO = AudioFacts(0, 1, "unknown", 0, 0, "unknown")


def transcript_of(document: Document, *, name: str) -> Transcript:
    """Read a document as a transcript on its own timeline: deleted media is gone from its times too.

    Speakers are numbered by first appearance; segments are sentences. What a document does not know (engine,
    embeddings, creation time) is left empty.

    Args:
        document: The document.
        name: What the result is called, usually the file's name.
    """
    names = dict.fromkeys(p.speaker for p in document.paragraphs if p.speaker)
    ids = {speaker: f"S{number}" for number, speaker in enumerate(names, start=1)}
    segments = tuple(_numbered(document, ids))
    digest = hashlib.sha256(write_document(document)).hexdigest()
    languages = [p.language for p in document.paragraphs if p.language]
    return Transcript(
        id=str(uuid.uuid5(_IDS, digest)),
        created_at="1970-01-01T00:00:00Z",
        language=languages[0] if languages else "und",
        recording=Recording(name, digest, document.duration_s, _UNKNOWN_AUDIO),
        provenance=Provenance("document", "", "", "", None, {}, (), ""),
        speakers=tuple(
            Speaker(speaker_id, speaker, sum(s.end_s - s.start_s for s in segments if s.speaker == speaker_id))
            for speaker, speaker_id in ids.items()
        ),
        segments=segments,
    )


def _numbered(document: Document, ids: dict[str, str]) -> Iterator[Segment]:
    number = 0
    for paragraph in document.paragraphs:
        for sentence in _sentences(_words(paragraph, ids.get(paragraph.speaker))):
            number += 1
            yield Segment(
                id=f"seg-{number}",
                start_s=sentence[0].start_s,
                end_s=sentence[-1].end_s,
                speaker=sentence[0].speaker,
                text=" ".join(word.text for word in sentence),
                confidence=sum(word.confidence for word in sentence) / len(sentence),
                words=sentence,
            )


def _words(paragraph: Paragraph, speaker: str | None) -> Iterator[Word]:
    position_s = paragraph.start_s
    for item in paragraph.items:
        parts = item.text.split() if isinstance(item, Text) else []
        for index, part in enumerate(parts):
            # A hand-corrected item may hold several words; they share its time by their number.
            edges = [position_s + item.length_s * n / len(parts) for n in (index, index + 1)]
            confidence = item.confidence if isinstance(item, Text) else 0.0
            yield Word(edges[0], edges[1], part, confidence, speaker)
        position_s += item.length_s


def _sentences(words: Iterator[Word]) -> Iterator[tuple[Word, ...]]:
    for paragraph in paragraphs(words):
        begin = 0
        for index, word in enumerate(paragraph, start=1):
            if ends_sentence(word.text) or index == len(paragraph):
                yield paragraph[begin:index]
                begin = index
