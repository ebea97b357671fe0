"""Cutting speech into chunks at pauses."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from audapolis.domain.audio import Chunk
from audapolis.domain.transcript import Span
from audapolis.stages.chunking import ChunkBuilder
from hypothesis import given
from hypothesis import strategies as st


def chunks_of(spans: list[Span], max_chunk_s: float = 30.0) -> list[Chunk]:
    builder = ChunkBuilder(max_chunk_s)
    return [*builder.feed(spans), *builder.flush()]


def test_nothing_gives_nothing() -> None:
    assert chunks_of([]) == []


def test_short_speech_is_one_chunk() -> None:
    spans = [Span(1.0, 3.0), Span(3.4, 6.0)]
    assert chunks_of(spans) == [Chunk(1.0, 6.0, 0, tuple(spans))]


def test_a_long_pause_ends_a_chunk() -> None:
    assert [c.end_s for c in chunks_of([Span(0, 3), Span(6, 8)])] == [3, 8]


def test_a_clear_pause_ends_a_chunk_that_is_long_enough() -> None:
    assert [c.end_s for c in chunks_of([Span(0, 16), Span(16.5, 20)])] == [16, 20]


def test_the_longest_pause_is_where_a_chunk_that_would_be_too_long_is_cut() -> None:
    spans = [Span(0, 8), Span(8.3, 14), Span(14.1, 22), Span(22.2, 33)]
    assert [c.end_s for c in chunks_of(spans)] == [8, 33]


def test_speech_without_pause_is_cut_into_equal_parts() -> None:
    assert [(c.start_s, c.end_s) for c in chunks_of([Span(0, 75)])] == [(0, 25), (25, 50), (50, 75)]


def test_a_chunk_comes_as_soon_as_it_is_complete() -> None:
    builder = ChunkBuilder()
    assert builder.feed([Span(0, 3)]) == []
    assert [c.end_s for c in builder.feed([Span(6, 8)])] == [3]


def test_channel_and_first_index_are_kept() -> None:
    builder = ChunkBuilder(channel=1, first_index=7)
    builder.feed([Span(0, 3)])
    (chunk,) = builder.flush()
    assert (chunk.channel, chunk.index) == (1, 7)


steps = st.lists(st.tuples(st.floats(0, 4), st.floats(0.05, 90)), max_size=40)


@given(steps, st.floats(2, 60), st.integers(1, 7))
def test_chunks_cover_all_speech_in_order_within_the_limit(
    gaps_and_lengths: list[tuple[float, float]], max_chunk_s: float, size: int
) -> None:
    edges = list(accumulate(x for pair in gaps_and_lengths for x in pair))
    spans = [Span(start_s, end_s) for start_s, end_s in zip(edges[::2], edges[1::2], strict=True)]
    chunks = chunks_of(spans, max_chunk_s)
    builder = ChunkBuilder(max_chunk_s)
    piecewise = [c for at in range(0, len(spans), size) for c in builder.feed(spans[at : at + size])]
    assert chunks == piecewise + builder.flush()
    assert [c.index for c in chunks] == list(range(len(chunks)))
    assert all(c.duration_s <= max_chunk_s * (1 + 1e-6) for c in chunks)
    assert all(a.end_s <= b.start_s for a, b in pairwise(chunks))
    assert all((c.start_s, c.end_s) == (c.speech[0].start_s, c.speech[-1].end_s) for c in chunks)
    parts = [s for c in chunks for s in c.speech]
    assert sum(s.duration_s for s in parts) == pytest.approx(sum(s.duration_s for s in spans))
