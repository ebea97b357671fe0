"""What can be told of a transcript before it is finished never has to be taken back."""

from __future__ import annotations

import itertools

from audapolis.audio.pcm import PcmFile
from audapolis.domain.audio import Chunk
from audapolis.domain.codec import to_json
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.recording import AudioFacts
from audapolis.domain.transcript import Segment, Turn, Word
from audapolis.engines.base import Diarization, EngineInfo, RecognisedChunk
from audapolis.stages.diarize import NOBODY
from audapolis.stages.merge import merged
from audapolis.stages.refine import spelled
from audapolis.stages.segmentation import segments
from audapolis.stages.smoothing import Smoothing
from audapolis.stages.transcribe import ENGINE_KEY, chunk_key
from audapolis.stages.unfolding import Unfolding
from audapolis.stages.work import Diarized
from hypothesis import given
from hypothesis import strategies as st

OPTIONS = TranscribeOptions()
DRAFT = EngineInfo("sketch", "none", "cpu", "int16", "draft")
GOOD = EngineInfo("artist", "none", "cpu", "int16", "good")

said = st.tuples(
    st.sampled_from(["what", "is", "one.", "two", "Three?", "yes"]), st.sampled_from([0.05, 0.2, 0.5, 0.9, 2.0])
)
"""A word and the pause after it, in seconds."""


def chunks_of(spoken: list[list[tuple[str, float]]], channels: int = 1) -> list[RecognisedChunk]:
    """Chunks one after the other, on the channels in turn."""
    chunks, at_s = [], 0.0
    for index, words in enumerate(spoken):
        start_s, heard = at_s, []
        for text, pause_s in words:
            heard.append(Word(round(at_s, 3), round(at_s + 0.3, 3), text, 0.8))
            at_s += 0.3 + pause_s
        chunk = Chunk(start_s, at_s, index, channel=index % channels)
        chunks.append(RecognisedChunk(chunk, tuple(heard), "en"))
        at_s += 0.1
    return chunks


def turns_of(edges: list[float]) -> Diarized:
    marks = [0.0, *sorted(edges), 1e6]
    turns = [Turn(a, b, f"S{n % 2 + 1}") for n, (a, b) in enumerate(itertools.pairwise(marks)) if b > a]
    return Diarized(Diarization(tuple(turns), ()), DRAFT)


def begun(engine: EngineInfo = GOOD, channels: int = 1) -> dict[str, bytes]:
    """The checkpoints of a job whose chunks are being recognised."""
    facts = AudioFacts(0, 1, "flac", 48000, channels, "stereo")
    return {ENGINE_KEY: to_json(engine), "decode": to_json(PcmFile("/sound", 1, channels, facts))}


def unfolded(
    chunks: list[RecognisedChunk],
    diarized: Diarized,
    engine: EngineInfo,
    channels: int = 1,
    options: TranscribeOptions = OPTIONS,
) -> list[tuple[Segment, ...]]:
    """What is told after each chunk, in order."""
    memory = {**begun(engine, channels), "diarize": to_json(diarized)}
    unfolding = Unfolding(memory.get, options)
    told = [unfolding.look()]
    for chunk in chunks:
        memory[chunk_key(chunk.chunk.index)] = to_json(chunk)
        told.append(unfolding.look())
    return told


@given(
    st.lists(st.lists(said, max_size=12), max_size=8),
    st.lists(st.floats(0, 60), max_size=12),
    st.sampled_from([DRAFT, GOOD]),
    st.builds(
        TranscribeOptions, min_turn_s=st.floats(0, 2), merge_gap_s=st.floats(0, 2), min_run_words=st.integers(1, 4)
    ),
)
def test_what_was_told_is_how_the_transcript_begins(
    spoken: list[list[tuple[str, float]]], edges: list[float], engine: EngineInfo, options: TranscribeOptions
) -> None:
    chunks, diarized, wish = chunks_of(spoken), turns_of(edges), Smoothing.of(options)
    told = [segment for part in unfolded(chunks, diarized, engine, options=options) for segment in part]
    assert told == list(segments(spelled(merged(chunks, diarized, wish), engine)))[: len(told)]


@given(st.lists(st.lists(said, max_size=12), max_size=8), st.integers(1, 3), st.sampled_from([DRAFT, GOOD]))
def test_nor_is_anything_taken_back_where_channels_are_heard_side_by_side(
    spoken: list[list[tuple[str, float]]], channels: int, engine: EngineInfo
) -> None:
    chunks = chunks_of(spoken, channels)
    told = [segment for part in unfolded(chunks, NOBODY, engine, channels) for segment in part]
    assert told == list(segments(spelled(merged(chunks, NOBODY, Smoothing()), engine)))[: len(told)]


def test_sentences_are_told_as_soon_as_the_next_one_is_there() -> None:
    chunks = chunks_of([[("one.", 0.9), ("two", 0.9)], [("three.", 0.9), ("four", 0.1), ("five", 0.1)]])
    told = unfolded(chunks, NOBODY, GOOD)
    assert [[segment.text for segment in part] for part in told] == [[], [], ["one.", "two three."]]


def test_chunks_that_come_out_of_order_wait_for_those_before_them() -> None:
    chunks = chunks_of([[("one.", 0.9)], [("two.", 0.9), ("three", 0.1), ("four", 0.1)]])
    memory = {**begun(), "diarize": to_json(NOBODY), chunk_key(1): to_json(chunks[1])}
    unfolding = Unfolding(memory.get, OPTIONS)
    assert unfolding.look() == ()
    memory[chunk_key(0)] = to_json(chunks[0])
    assert [segment.text for segment in unfolding.look()] == ["one.", "two."]


def test_words_wait_until_it_is_known_who_speaks() -> None:
    chunks = chunks_of([[("one.", 0.9), ("two.", 0.9), ("three", 0.1), ("four", 0.1)]])
    memory = {**begun(), chunk_key(0): to_json(chunks[0])}
    unfolding = Unfolding(memory.get, OPTIONS)
    assert unfolding.look() == ()
    memory["diarize"] = to_json(turns_of([]))
    assert [segment.speaker for segment in unfolding.look()] == ["S1", "S1"]


def test_what_another_version_left_is_not_told() -> None:
    memory = {**begun(), "diarize": to_json(NOBODY)}
    assert Unfolding({**memory, chunk_key(0): b'"words"'}.get, OPTIONS).look() == ()
