"""Chunks cut again where the speaker changes, for engines that adapt to the voice they hear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ..domain.audio import Chunk
from ..domain.transcript import Span, Turn
from .chunking import ChunkBuilder

SHORTEST_PIECE_S = 0.5
"""Less than this of another voice, within speech, is left where it is: too little to adapt to, easily a wrong edge."""


def one_voice_chunks(chunks: Sequence[Chunk], turns: Sequence[Turn], max_chunk_s: float) -> tuple[Chunk, ...]:
    """Cut speech into chunks that each hold one speaker, as far as is known who speaks.

    Args:
        chunks: Of one channel, in order; their speech is kept, all of it and nothing else.
        turns: Who speaks when, sorted by start. Where turns overlap the one that began last counts.
        max_chunk_s: Longest chunk, in seconds.
    """
    pieces = [piece for chunk in chunks for span in chunk.speech for piece in _split(span, turns)]
    cut: list[Chunk] = []
    for _, run in groupby(pieces, key=lambda piece: piece[1]):
        builder = ChunkBuilder(max_chunk_s, channel=chunks[0].channel)
        cut += [*builder.feed(span for span, _ in run), *builder.flush()]
    return tuple(replace(chunk, index=index) for index, chunk in enumerate(cut))


def _split(span: Span, turns: Sequence[Turn]) -> Iterator[tuple[Span, str | None]]:
    """The span in pieces of one speaker each."""
    held = [turn for turn in turns if turn.overlap_s(span) >= SHORTEST_PIECE_S]
    start_s, speaker = span.start_s, held[0].speaker if held else _nearest(span, turns)
    for turn in held[1:]:
        long_enough = min(turn.start_s - start_s, span.end_s - turn.start_s) >= SHORTEST_PIECE_S
        if turn.speaker != speaker and long_enough:
            yield Span(start_s, turn.start_s), speaker
            start_s, speaker = turn.start_s, turn.speaker
    yield Span(start_s, span.end_s), speaker


def _nearest(span: Span, turns: Sequence[Turn]) -> str | None:
    middle_s = (span.start_s + span.end_s) / 2
    nearest = min(turns, key=lambda turn: max(turn.start_s - middle_s, middle_s - turn.end_s), default=None)
    return nearest.speaker if nearest else None
