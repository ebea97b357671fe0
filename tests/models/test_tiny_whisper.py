"""The tests' own Whisper, through the engine that every real model runs in: it hears what was said, and when."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from audapolis.domain.audio import Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Word
from audapolis.engines.base import RecognisedChunk, RecogniseOptions
from audapolis.engines.whisper.engine import WhisperEngine

from tests.engines.sound import ArrayAudio
from tests.models.tiny_whisper import recordings
from tests.models.tiny_whisper.clips import Clip, Signal, draw_clip, edits, nothing_said

FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json")
MOST_BYTES = 4_000_000
WINDOW_S = 30


@pytest.fixture(scope="module")
def engine(tiny_whisper: Path) -> Iterator[WhisperEngine]:
    opened = WhisperEngine(tiny_whisper, precision="int8")
    yield opened
    opened.close()


def hear(engine: WhisperEngine, samples: Signal, options: RecogniseOptions) -> list[RecognisedChunk]:
    """What the engine makes of a sound, in chunks of at most half a minute."""
    audio = ArrayAudio(samples)
    starts = range(0, int(audio.duration_s) + 1, WINDOW_S)
    chunks = [Chunk(start, min(start + WINDOW_S, audio.duration_s), index=i) for i, start in enumerate(starts)]
    return list(engine.recognise(audio, [c for c in chunks if c.duration_s > 0], options, CancelToken()))


def words_of(results: list[RecognisedChunk]) -> list[Word]:
    return [word for result in results for word in result.words]


def texts(words: list[Word]) -> list[str]:
    return [word.text.strip(".") for word in words]


def error_rate(said: list[str], heard: list[str]) -> float:
    return edits(said, heard) / len(said)


@pytest.mark.parametrize("name", ["sentence", "chunk"])
def test_english_is_heard_word_for_word(engine: WhisperEngine, name: str) -> None:
    clip = recordings.read(name)
    heard = texts(words_of(hear(engine, clip.samples, RecogniseOptions(language="en"))))
    assert error_rate(clip.texts, heard) <= 0.05, " ".join(heard)


def test_each_sentence_ends_in_a_full_stop(engine: WhisperEngine) -> None:
    words = words_of(hear(engine, recordings.read("sentence").samples, RecogniseOptions(language="en")))
    assert [word.text for word in words if word.text.endswith(".")] == ["door."]


def test_words_are_timed_to_within_60_ms_at_the_median(engine: WhisperEngine) -> None:
    clip = recordings.read("chunk")
    words = words_of(hear(engine, clip.samples, RecogniseOptions(language="en")))
    same = SequenceMatcher(None, texts(words), clip.texts, autojunk=False).get_matching_blocks()
    pairs = [(words[run.a + n], clip.words[run.b + n]) for run in same for n in range(run.size)]
    assert len(pairs) >= 0.9 * len(clip.words)
    assert statistics.median(abs(word.start_s - truth.start_s) for word, truth in pairs) <= 0.06
    assert statistics.median(abs(word.end_s - truth.end_s) for word, truth in pairs) <= 0.06
    assert max(abs(word.start_s - truth.start_s) for word, truth in pairs) <= 0.5


def test_german_is_recognised_as_german(engine: WhisperEngine) -> None:
    clip = recordings.read("german")
    (result,) = hear(engine, clip.samples, RecogniseOptions())
    assert result.language == "de"
    assert error_rate(clip.texts, texts(list(result.words))) <= 0.1


def test_german_is_translated(engine: WhisperEngine) -> None:
    clip = recordings.read("german")
    results = hear(engine, clip.samples, RecogniseOptions(language="de", task="translate"))
    assert error_rate(clip.in_english, texts(words_of(results))) <= 0.2


@pytest.mark.parametrize("name", list(nothing_said(0)))
def test_a_minute_without_speech_gives_no_words(engine: WhisperEngine, name: str) -> None:
    assert words_of(hear(engine, nothing_said(60)[name], RecogniseOptions(language="en"))) == []


def test_sentences_said_now_are_heard(engine: WhisperEngine) -> None:
    try:
        clips = [draw_clip(seed, sentences=1) for seed in range(6)]
    except OSError:
        pytest.skip("libespeak-ng is not installed (apt-get install espeak-ng)")
    heard = [texts(words_of(hear(engine, clip.samples, RecogniseOptions(language="en")))) for clip in clips]
    errors = sum(edits(clip.texts, words) for clip, words in zip(clips, heard, strict=True))
    assert errors / sum(len(clip.words) for clip in clips) <= 0.15, heard


def test_the_recordings_are_what_their_script_says() -> None:
    for name, (language, _, sentences) in recordings.SCRIPTS.items():
        clip: Clip = recordings.read(name)
        assert (clip.language, clip.texts) == (language, " ".join(sentences).split())
        assert all(early.end_s <= late.start_s + 0.001 for early, late in zip(clip.words, clip.words[1:], strict=False))
        assert clip.words[-1].end_s <= len(clip.samples) / 16000


class TestTheCommittedFiles:
    """The model's folder is whole, and is what the recipe's export writes."""

    @pytest.fixture
    def folder(self) -> Path:
        return Path(__file__).parent / "tiny-whisper"

    def test_it_is_small(self, folder: Path) -> None:
        assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
        assert sum(path.stat().st_size for path in folder.iterdir()) <= MOST_BYTES

    def test_vocabulary_and_tokenizer_are_the_recipe_s(self, folder: Path) -> None:
        from tests.models.tiny_whisper import vocabulary

        assert tuple(json.loads((folder / "vocabulary.json").read_bytes())) == vocabulary.TOKENS
        assert json.loads((folder / "tokenizer.json").read_bytes()) == vocabulary.tokenizer_json()

    def test_each_known_word_is_one_token_and_each_plural_two(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        from tests.models.tiny_whisper import vocabulary

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        for word in vocabulary.WORDS:
            plural = word not in (*vocabulary.ENGLISH, *vocabulary.GERMAN)
            assert tokenizer.encode(f" {word}").ids == vocabulary.encode_word(word)
            assert len(vocabulary.encode_word(word)) == 1 + plural

    def test_settings_are_the_export_s(self, folder: Path) -> None:
        from tests.models.tiny_whisper import export

        assert json.loads((folder / "preprocessor_config.json").read_bytes()) == export.PREPROCESSOR
        config = json.loads((folder / "config.json").read_bytes())
        assert export.CONFIG.items() <= config.items()
