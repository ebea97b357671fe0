"""Cutting chunks where the speaker changes."""

from __future__ import annotations

from itertools import pairwise

from audapolis.domain.audio import Chunk
from audapolis.domain.transcript import Span, Turn
from audapolis.stages.chunking import ChunkBuilder
from audapolis.stages.recutting import SHORTEST_PIECE_S, one_voice_chunks
from hypothesis import given
from hypothesis import strategies as st

GRID_S = 0.25


def chunks_of(*spans: Span) -> list[Chunk]:
    builder = ChunkBuilder(30.0)
    return [*builder.feed(spans), *builder.flush()]


def spans_of(chunks: list[Chunk] | tuple[Chunk, ...]) -> list[tuple[float, float]]:
    return [(chunk.start_s, chunk.end_s) for chunk in chunks]


def test_one_speaker_keeps_the_chunks() -> None:
    chunks = chunks_of(Span(1, 4), Span(4.4, 9))
    assert one_voice_chunks(chunks, [Turn(1, 9, "S1")], 30) == tuple(chunks)


def test_without_turns_nothing_is_cut() -> None:
    chunks = chunks_of(Span(1, 4), Span(4.4, 9))
    assert one_voice_chunks(chunks, [], 30) == tuple(chunks)


def test_nothing_gives_nothing() -> None:
    assert one_voice_chunks([], [Turn(0, 1, "S1")], 30) == ()


def test_another_speaker_after_a_pause_begins_a_chunk() -> None:
    chunks = chunks_of(Span(0, 4), Span(4.5, 9))
    turns = [Turn(0.1, 4, "S1"), Turn(4.6, 8.9, "S2")]
    assert spans_of(one_voice_chunks(chunks, turns, 30)) == [(0, 4), (4.5, 9)]


def test_another_speaker_without_a_pause_begins_a_chunk() -> None:
    turns = [Turn(0, 4, "S1"), Turn(4, 9, "S2"), Turn(9, 12, "S1")]
    assert spans_of(one_voice_chunks(chunks_of(Span(0, 12)), turns, 30)) == [(0, 4), (4, 9), (9, 12)]


def test_a_moment_of_another_voice_is_no_chunk() -> None:
    turns = [Turn(0, 4, "S1"), Turn(4, 4.3, "S2"), Turn(4.3, 9, "S1")]
    assert spans_of(one_voice_chunks(chunks_of(Span(0, 9)), turns, 30)) == [(0, 9)]


def test_speech_in_no_turn_goes_to_the_nearest_speaker() -> None:
    chunks = chunks_of(Span(0, 4), Span(4.4, 5), Span(5.5, 9))
    turns = [Turn(0, 4, "S1"), Turn(5.6, 9, "S2")]
    assert spans_of(one_voice_chunks(chunks, turns, 30)) == [(0, 5), (5.5, 9)]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[Span], list[Turn]]:
    steps = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 180), st.sampled_from("AB")), max_size=20))
    spans, turns, at_s = [], [], 0.0
    for pause, length, speaker in steps:
        start_s, at_s = at_s + pause * GRID_S, at_s + (pause + length) * GRID_S
        spans.append(Span(start_s, at_s))
        middle_s = start_s + draw(st.integers(0, length)) * GRID_S
        turns += [Turn(start_s, middle_s, speaker), Turn(middle_s, at_s, draw(st.sampled_from("AB")))]
    touching = [i for i in range(1, len(spans)) if spans[i].start_s == spans[i - 1].end_s]
    return [span for i, span in enumerate(spans) if i not in touching], [t for t in turns if t.duration_s > 0]


@given(conversations(), st.sampled_from([5.0, 30.0]))
def test_all_speech_stays_in_order_in_chunks_that_are_not_too_long(
    conversation: tuple[list[Span], list[Turn]], max_chunk_s: float
) -> None:
    spans, turns = conversation
    builder = ChunkBuilder(max_chunk_s)
    before = [*builder.feed(spans), *builder.flush()]
    after = one_voice_chunks(before, turns, max_chunk_s)
    assert [chunk.index for chunk in after] == list(range(len(after)))
    assert all(chunk.duration_s <= max_chunk_s + 1e-6 for chunk in after)
    assert edges(after) == edges(before), "the same speech, whatever it is cut into"
    assert all(a.end_s <= b.start_s for a, b in pairwise(after))


@given(conversations())
def test_no_chunk_goes_on_far_into_another_voice(conversation: tuple[list[Span], list[Turn]]) -> None:
    spans, turns = conversation
    builder = ChunkBuilder(30.0)
    for chunk in one_voice_chunks([*builder.feed(spans), *builder.flush()], turns, 30.0):
        for span in chunk.speech:
            inner = [t.start_s for t in turns if span.start_s + SHORTEST_PIECE_S <= t.start_s]
            changes = [s for s in inner if s <= span.end_s - SHORTEST_PIECE_S and voices(turns, s) == 2]
            assert not [s for s in changes if lasts(turns, s, span)]


def voices(turns: list[Turn], at_s: float) -> int:
    return len({t.speaker for t in turns if at_s in (t.start_s, t.end_s)})


def lasts(turns: list[Turn], at_s: float, span: Span) -> bool:
    """Whether the span holds enough of one voice on either side of a change."""
    before = [t for t in turns if t.end_s == at_s]
    after = [t for t in turns if t.start_s == at_s]
    return any(
        b.speaker != a.speaker and b.start_s <= span.start_s and a.end_s >= span.end_s for b in before for a in after
    )


def edges(chunks: list[Chunk] | tuple[Chunk, ...]) -> list[tuple[float, float]]:
    """All speech, pieces that touch joined."""
    joined: list[tuple[float, float]] = []
    for span in (span for chunk in chunks for span in chunk.speech):
        if joined and abs(joined[-1][1] - span.start_s) < 1e-9:
            joined[-1] = (joined[-1][0], span.end_s)
        else:
            joined.append((span.start_s, span.end_s))
    return joined
