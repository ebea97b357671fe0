"""The engine as its users see it, with a real, very small model."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from audapolis.domain.audio import SAMPLE_RATE_HZ, Chunk, Samples
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecognisedChunk, RecogniseOptions
from audapolis.engines.whisper.engine import WhisperEngine
from audapolis.errors import Cancelled, EngineFailed, UnknownName

from ..sound import ArrayAudio, noise, silence
from .conftest import Say, one_after_another

ENGLISH = RecogniseOptions(language="en")
SENTENCES = ["the red car runs", "please open the door", "one two three four five six", "hello good morning bob"]
SPOKEN = """
zero one two three four five six seven eight nine alice bob the dog cat house car tree red green blue big small old
run see open close door window book train station music light start stop yes no please hello good morning today
"""


def text(result: RecognisedChunk) -> str:
    return " ".join(word.text for word in result.words).replace(".", "").strip()


def recognised(
    engine: WhisperEngine, sounds: list[Samples], options: RecogniseOptions = ENGLISH
) -> list[RecognisedChunk]:
    audio, chunks = one_after_another(sounds)
    return list(engine.recognise(audio, chunks, options, CancelToken()))


@pytest.fixture(scope="module")
def sentences(say: Say) -> list[Samples]:
    return [say(sentence) for sentence in SENTENCES]


def test_words_come_in_order_with_absolute_times_inside_their_chunk(
    engine: WhisperEngine, sentences: list[Samples]
) -> None:
    results = recognised(engine, sentences)

    assert [text(result) for result in results] == SENTENCES
    for result in results:
        times = [time for word in result.words for time in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert result.chunk.start_s <= times[0] <= times[-1] <= result.chunk.end_s
        assert all(0.5 < word.confidence <= 1 for word in result.words)
        assert result.language == "en"
        assert result.warnings == ()


def test_chunks_in_a_batch_get_the_words_they_get_alone(
    engine: WhisperEngine, one_by_one: WhisperEngine, sentences: list[Samples]
) -> None:
    for options in (ENGLISH, RecogniseOptions(per_segment_language=True, vocabulary=("car", "door"))):
        assert recognised(engine, sentences, options) == recognised(one_by_one, sentences, options)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_recordings_are_the_same_in_batches_and_one_by_one(
    engine: WhisperEngine, one_by_one: WhisperEngine, say: Say
) -> None:
    choice = random.Random(50)
    for number in range(50):
        length = choice.randint(2, 9)
        spoken = [" ".join(choice.choices(SPOKEN.split(), k=length)) for _ in range(2)]
        sounds = [say(each, words_per_minute=choice.randint(120, 190)) for each in spoken]
        assert recognised(engine, sounds) == recognised(one_by_one, sounds), f"recording {number}"


def test_a_long_pause_is_not_listened_to_and_times_are_right_behind_it(engine: WhisperEngine, say: Say) -> None:
    audio, parts = one_after_another([say("the red car"), say("six seven nine")], pause_s=8)
    chunk = Chunk(parts[0].start_s, parts[1].end_s, 0, (*parts[0].speech, *parts[1].speech))

    (result,) = engine.recognise(audio, [chunk], ENGLISH, CancelToken())

    assert text(result) == "the red car six seven nine"
    first, second = result.words[:3], result.words[3:]
    assert first[-1].end_s <= parts[0].end_s + 0.5
    assert second[0].start_s >= parts[1].start_s - 0.5


def test_a_chunk_longer_than_a_window_is_heard_whole(engine: WhisperEngine, say: Say) -> None:
    audio, parts = one_after_another([say(f"please open the {noun}") for noun in ("door", "window", "book") * 6])
    whole = Chunk(parts[0].start_s, parts[-1].end_s, 0, tuple(part.speech[0] for part in parts))
    assert whole.duration_s > 30

    (result,) = engine.recognise(audio, [whole], ENGLISH, CancelToken())

    nouns = [word.text.strip(".") for word in result.words if word.text.strip(".") in {"door", "window", "book"}]
    assert len(nouns) >= 15
    assert result.words[-1].end_s > parts[-1].start_s


def test_the_language_is_detected_once_for_the_recording(engine: WhisperEngine, say: Say) -> None:
    german = [say("guten morgen", voice="de"), say("eins zwei drei vier fünf sechs", voice="de")]
    assert {result.language for result in recognised(engine, german, RecogniseOptions())} == {"de"}


def test_the_language_may_change_with_every_chunk_if_that_is_wanted(engine: WhisperEngine, say: Say) -> None:
    both = [say("eins zwei drei vier fünf", voice="de"), say("please open the door")]
    results = recognised(engine, both, RecogniseOptions(per_segment_language=True))
    assert [result.language for result in results] == ["de", "en"]


def test_a_language_that_does_not_sound_like_the_one_given_is_warned_of(
    engine: WhisperEngine, sentences: list[Samples]
) -> None:
    results = recognised(engine, sentences, RecogniseOptions(language="German"))
    assert results[-1].language == "de"
    assert "given as German (de), but it sounds like English (en)" in results[-1].warnings[0]


def test_an_unknown_language_is_answered_with_those_there_are(engine: WhisperEngine) -> None:
    with pytest.raises(UnknownName) as caught:
        engine.recognise(ArrayAudio(silence(1)), [], RecogniseOptions(language="germn"), CancelToken())
    assert "Did you mean 'german'?" in caught.value.message
    assert "de (german), en (english)" in caught.value.hint


def test_what_is_said_in_german_is_written_in_english_when_translating(engine: WhisperEngine, say: Say) -> None:
    (result,) = recognised(
        engine, [say("eins zwei drei", voice="de")], RecogniseOptions(language="de", task="translate")
    )
    assert result.language == "de"
    assert text(result) == "one two three"


def test_a_vocabulary_too_long_for_a_prompt_is_cut_and_said_so(engine: WhisperEngine, say: Say) -> None:
    options = RecogniseOptions(language="en", vocabulary=tuple(f"name{number}" for number in range(500)))
    (result,) = recognised(engine, [say("please open the door")], options)
    assert "of the 500 vocabulary terms fit" in result.warnings[0]


@pytest.mark.parametrize("kind", ["silence", "noise", "chord"])
def test_nothing_is_heard_where_nobody_speaks(engine: WhisperEngine, kind: str) -> None:
    at_s = np.arange(60 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    chord = sum(np.sin(2 * np.pi * hz * at_s) for hz in (261.6, 329.6, 392.0)) / 10
    sound = {"silence": silence(60), "noise": noise(60, 0.05), "chord": np.asarray(chord, np.float32)}[kind]
    chunks = [Chunk(start_s, start_s + 30.0, index) for index, start_s in enumerate((0.0, 30.0))]

    results = list(engine.recognise(ArrayAudio(sound), chunks, ENGLISH, CancelToken()))

    assert [result.chunk for result in results] == chunks
    assert [result.words for result in results] == [(), ()]


def test_chunks_are_pulled_lazily(engine: WhisperEngine) -> None:
    pulled = []

    def chunks() -> object:
        for index in range(1000):
            pulled.append(index)
            yield Chunk(index / 1000, index / 1000 + 0.5, index)

    results = engine.recognise(ArrayAudio(noise(2.0)), chunks(), ENGLISH, CancelToken())  # type: ignore[arg-type]
    next(results)
    assert len(pulled) < 100
    results.close()  # type: ignore[attr-defined]


def test_nothing_is_decoded_after_cancelling(engine: WhisperEngine) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(engine.recognise(ArrayAudio(silence(1)), [Chunk(0, 1, index=0)], RecogniseOptions(), cancel))


def test_cancelling_ends_the_work_and_leaves_the_engine_usable(engine: WhisperEngine, sentences: list[Samples]) -> None:
    cancel = CancelToken()
    audio, chunks = one_after_another(sentences * 4)
    results = engine.recognise(audio, chunks, ENGLISH, cancel)
    next(results)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(results)
    assert [text(result) for result in recognised(engine, sentences[:1])] == SENTENCES[:1]


def test_a_closed_engine_says_so(tiny_whisper: Path) -> None:
    closed = WhisperEngine(tiny_whisper)
    closed.close()
    with pytest.raises(EngineFailed, match="closed"):
        closed.recognise(ArrayAudio(silence(1)), [], ENGLISH, CancelToken())


def test_the_engine_tells_what_runs(engine: WhisperEngine, tiny_whisper: Path) -> None:
    info = engine.info
    assert (info.name, info.model, info.device) == ("whisper", tiny_whisper.name, "cpu")
    assert info.precision in {"int8", "int8_float32"}
    assert 10 <= info.window_s <= 30
    assert {"de", "en"} <= set(engine.languages)
