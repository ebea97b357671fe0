from __future__ import annotations

from audapolis.domain.audio import Chunk
from audapolis.domain.transcript import Span
from audapolis.engines.gathering import KEPT_PAUSE_S, gathered, heard_s
from hypothesis import given
from hypothesis import strategies as st


def chunk(index: int, *spans: tuple[float, float], channel: int = 0) -> Chunk:
    speech = tuple(Span(*span) for span in spans)
    return Chunk(speech[0].start_s, speech[-1].end_s, index, speech, channel)


@st.composite
def chunk_lists(draw: st.DrawFn) -> list[Chunk]:
    at_s = 0.0
    chunks = []
    for index in range(draw(st.integers(0, 12))):
        at_s += draw(st.sampled_from([0.1, 0.6, 2.0, 8.0, 45.0]))
        length_s = draw(st.sampled_from([0.3, 2.0, 9.0, 30.0]))
        chunks.append(chunk(index, (at_s, at_s + length_s), channel=draw(st.integers(0, 1))))
        at_s += length_s
    return chunks


def test_short_neighbours_become_one_chunk_that_keeps_all_speech() -> None:
    together = gathered([chunk(0, (0, 4)), chunk(1, (6, 9)), chunk(2, (12, 20))], window_s=30)
    assert together == (chunk(0, (0, 4), (6, 9), (12, 20)),)


def test_pauses_count_as_one_second_at_most() -> None:
    assert heard_s([Span(0, 4), Span(4.5, 6), Span(20, 21)]) == 4 + 0.5 + 1.5 + KEPT_PAUSE_S + 1


def test_chunks_are_not_put_together_over_a_very_long_pause_or_over_channels() -> None:
    far = [chunk(0, (0, 1)), chunk(1, (60, 61))]
    beside = [chunk(0, (0, 1)), chunk(1, (2, 3), channel=1), chunk(2, (4, 5))]
    assert gathered(far, window_s=30) == tuple(far)
    assert gathered(beside, window_s=30) == (chunk(0, (0, 1), (4, 5)), chunk(1, (2, 3), channel=1))


@given(chunk_lists(), st.sampled_from([10.0, 30.0]))
def test_all_speech_is_kept_and_no_gathered_chunk_is_longer_than_a_window(chunks: list[Chunk], window_s: float) -> None:
    together = gathered(chunks, window_s)
    for channel in (0, 1):
        before, after = ([s for c in each if c.channel == channel for s in c.speech] for each in (chunks, together))
        assert before == after
    assert [c.index for c in together] == list(range(len(together)))
    assert [c.start_s for c in together] == sorted(c.start_s for c in together)
    assert all(len(c.speech) == 1 or heard_s(c.speech) <= window_s for c in together)
    assert gathered(together, window_s) == together
