"""A transcript laid out in time: paragraphs for readers, and a gapless sequence for editors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from .transcript import Segment, Span, Transcript, Word

PARAGRAPH_PAUSE_S = 2.0
"""A pause this long after a sentence begins a new paragraph, in seconds."""
PARAGRAPH_WORDS = 120
"""A paragraph with so many words ends with its sentence."""
SHORTEST_SILENCE_S = 1e-4
"""Shorter gaps belong to the word after them; editors could not show them anyway. In seconds."""

_SENTENCE_END = (".", "?", "!", "…", "。", "？", "！", "؟", "۔", "।")
_ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "st.", "prof.", "vs.", "e.g.", "i.e."})
_CLOSERS = "\"'”’»)]}"


@dataclass(frozen=True, slots=True)
class Piece(Span):
    """A word, or the silence (`word` None) between two."""

    word: Word | None


@dataclass(frozen=True, slots=True)
class Passage:
    """What one speaker says until another speaks or a new paragraph begins."""

    speaker: str | None
    pieces: tuple[Piece, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words, as spoken."""
        return tuple(piece.word for piece in self.pieces if piece.word)


def ends_sentence(text: str) -> bool:
    """Whether a word closes a sentence, quotes and brackets after the mark ignored; `Mr.` does not."""
    return text.rstrip(_CLOSERS).endswith(_SENTENCE_END) and text.lower() not in _ABBREVIATIONS


def spoken_words(transcript: Transcript) -> list[Word]:
    """All words that hold text, in segment order, each with its speaker.

    A segment that has text but no timed words counts as one word.
    """
    return [word for segment in transcript.segments for word in words_in(segment)]


def words_in(segment: Segment) -> list[Word]:
    """The words of a segment that hold text, each with its speaker."""
    return [word for word in _words_of(segment) if word.text.strip()]


def paragraphs(words: Iterable[Word]) -> list[tuple[Word, ...]]:
    """Group words for reading: by speaker, and within a long turn at sentence ends."""
    found: list[list[Word]] = []
    for word in words:
        if found and not _begins_paragraph(found[-1], word):
            found[-1].append(word)
        else:
            found.append([word])
    return [tuple(paragraph) for paragraph in found]


def arrange(transcript: Transcript) -> tuple[Passage, ...]:
    """Lay a transcript out as one gapless sequence that covers the recording from 0 to its end.

    Editors play one thing at a time, so where speech overlaps each word ends when the next begins. Every word is
    kept, in order of its start. Times are rounded to microseconds; the lengths add up to the duration.
    """
    duration_s = round(transcript.recording.duration_s, 6)
    laid_out = _without_overlap(spoken_words(transcript), duration_s)
    passages: list[Passage] = []
    cursor_s = 0.0
    rest = iter(_without_tiny_gaps(laid_out, duration_s))
    for paragraph in paragraphs(piece.word for piece in laid_out if piece.word):
        pieces: list[Piece] = []
        for _ in paragraph:
            piece = next(rest)
            if piece.start_s > cursor_s:
                # Silence belongs to who spoke before it; at the very start to who speaks first.
                silence = Piece(cursor_s, piece.start_s, None)
                if pieces or not passages:
                    pieces.append(silence)
                else:
                    passages[-1] = replace(passages[-1], pieces=(*passages[-1].pieces, silence))
            pieces.append(piece)
            cursor_s = piece.end_s
        passages.append(Passage(paragraph[0].speaker, tuple(pieces)))
    if cursor_s < duration_s:
        last = passages.pop() if passages else Passage(None, ())
        passages.append(replace(last, pieces=(*last.pieces, Piece(cursor_s, duration_s, None))))
    return tuple(passages)


def _words_of(segment: Segment) -> tuple[Word, ...]:
    if not segment.words:
        whole = Word(segment.start_s, segment.end_s, segment.text, segment.confidence, segment.speaker)
        return (whole,)
    return tuple(word if word.speaker else replace(word, speaker=segment.speaker) for word in segment.words)


def _begins_paragraph(paragraph: Sequence[Word], word: Word) -> bool:
    last = paragraph[-1]
    if word.speaker != last.speaker:
        return True
    pause_s = word.start_s - last.end_s
    return ends_sentence(last.text) and (pause_s >= PARAGRAPH_PAUSE_S or len(paragraph) >= PARAGRAPH_WORDS)


def _without_overlap(words: Iterable[Word], duration_s: float) -> list[Piece]:
    """Words in order of start, each ending at latest where the next begins; equal starts share their time."""

    def start_of(word: Word) -> float:
        return round(min(max(word.start_s, 0.0), duration_s), 6)

    ordered = sorted(words, key=lambda word: (start_of(word), word.end_s))
    groups = [(start_s, list(group)) for start_s, group in groupby(ordered, key=start_of)]
    limits = [*(start_s for start_s, _ in groups), duration_s][1:]
    pieces: list[Piece] = []
    for (start_s, group), limit_s in zip(groups, limits, strict=True):
        end_s = max(start_s, min(limit_s, max(word.end_s for word in group)))
        edges = [round(start_s + (end_s - start_s) * n / len(group), 6) for n in range(len(group) + 1)]
        pieces += [Piece(*edge, word) for edge, word in zip(pairwise(edges), group, strict=True)]
    return pieces


def _without_tiny_gaps(pieces: Sequence[Piece], duration_s: float) -> list[Piece]:
    closed: list[Piece] = []
    for piece in pieces:
        before_s = closed[-1].end_s if closed else 0.0
        tiny = 0 < piece.start_s - before_s < SHORTEST_SILENCE_S
        closed.append(replace(piece, start_s=before_s) if tiny else piece)
    if closed and 0 < duration_s - closed[-1].end_s < SHORTEST_SILENCE_S:
        closed[-1] = replace(closed[-1], end_s=duration_s)
    return closed
