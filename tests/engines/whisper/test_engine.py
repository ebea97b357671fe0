"""The engine as its users see it, with a real, very small model."""

from __future__ import annotations

import pytest
from audapolis.domain.audio import Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecognisedChunk, RecogniseOptions
from audapolis.engines.whisper.engine import WhisperEngine
from audapolis.errors import Cancelled

from ..sound import ArrayAudio, silence
from .conftest import Say, one_after_another

ENGLISH = RecogniseOptions(language="en")
SENTENCES = [
    "the red car runs",
    "please open the door",
    "one two three four five six",
    "alice sees nine green trees",
    "hello good morning bob",
    "the meeting starts today",
]


def text(result: RecognisedChunk) -> str:
    return " ".join(word.text for word in result.words).strip(" .")


def recognised(
    engine: WhisperEngine, sounds: list[object], options: RecogniseOptions = ENGLISH
) -> list[RecognisedChunk]:
    audio, chunks = one_after_another(sounds)  # type: ignore[arg-type]
    return list(engine.recognise(audio, chunks, options, CancelToken()))


def test_words_come_in_order_with_absolute_times_inside_their_chunk(engine: WhisperEngine, say: Say) -> None:
    results = recognised(engine, [say(sentence) for sentence in SENTENCES])

    assert [text(result) for result in results] == SENTENCES
    for result in results:
        times = [time for word in result.words for time in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert result.chunk.start_s <= times[0] <= times[-1] <= result.chunk.end_s
        assert all(0.5 < word.confidence <= 1 for word in result.words)
        assert result.language == "en"


def test_chunks_in_a_batch_get_the_words_they_get_alone(
    engine: WhisperEngine, one_by_one: WhisperEngine, say: Say
) -> None:
    sounds = [say(sentence) for sentence in SENTENCES]
    for options in (ENGLISH, RecogniseOptions(), RecogniseOptions(language="de", mode="accurate")):
        assert recognised(engine, sounds, options) == recognised(one_by_one, sounds, options)


def test_nothing_is_decoded_after_cancelling(engine: WhisperEngine) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(engine.recognise(ArrayAudio(silence(1)), [Chunk(0, 1, index=0)], RecogniseOptions(), cancel))
