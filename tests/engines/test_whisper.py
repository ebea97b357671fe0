"""The real faster-whisper path, with a tiny Whisper that knows some forty words."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from audapolis.domain.audio import SAMPLE_RATE_HZ, Chunk, Samples, Window
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecogniseOptions
from audapolis.engines.whisper import WhisperEngine, is_model_folder
from audapolis.errors import Cancelled, ModelMissing

TINY = Path(__file__).parents[3] / "shared" / "tools" / "tiny-whisper" / "model-int8"


class Sound:
    """An AudioReader over an array."""

    channels = 1

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    @property
    def duration_s(self) -> float:
        return len(self._samples) / SAMPLE_RATE_HZ

    def read(self, start_s: float, end_s: float, channel: int = 0) -> Samples:
        return self._samples[int(start_s * SAMPLE_RATE_HZ) : int(end_s * SAMPLE_RATE_HZ)]

    def windows(self, window_s: float = 10.0, channel: int = 0) -> Iterator[Window]:
        yield Window(0.0, self._samples)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhisperEngine]:
    if not is_model_folder(TINY):
        pytest.skip("the tiny Whisper prototype is not here")
    opened = WhisperEngine(str(TINY), threads=1, cache_dir=tmp_path_factory.mktemp("models"))
    yield opened
    opened.close()


def spoken(text: str, path: Path) -> Sound:
    try:
        subprocess.run(["espeak-ng", "-v", "en-us", "-w", str(path), text], check=True)
    except FileNotFoundError:
        pytest.skip("espeak-ng is not installed")
    raw = np.frombuffer(path.read_bytes()[44:], np.int16).astype(np.float32) / 32768
    at = np.arange(0, len(raw), 22050 / SAMPLE_RATE_HZ)
    return Sound(np.interp(at, np.arange(len(raw)), raw).astype(np.float32))


def test_words_come_with_absolute_times_inside_their_chunk(engine: WhisperEngine, tmp_path: Path) -> None:
    sound = spoken("the red car is here", tmp_path / "a.wav")
    padded = Sound(np.concatenate([np.zeros(5 * SAMPLE_RATE_HZ, np.float32), sound.read(0, 60)]))
    chunk = Chunk(5.0, padded.duration_s, index=0)

    (result,) = engine.recognise(padded, [chunk], RecogniseOptions(language="en"), CancelToken())

    assert result.chunk == chunk
    assert result.language == "en"
    assert result.words
    assert all(chunk.start_s <= w.start_s <= w.end_s <= chunk.end_s for w in result.words)
    assert all(0 <= w.confidence <= 1 for w in result.words)


def test_nothing_is_decoded_after_cancelling(engine: WhisperEngine) -> None:
    cancel = CancelToken()
    cancel.cancel()
    silence = Sound(np.zeros(SAMPLE_RATE_HZ, np.float32))
    with pytest.raises(Cancelled):
        list(engine.recognise(silence, [Chunk(0, 1, index=0)], RecogniseOptions(), cancel))


def test_a_model_that_cannot_be_had_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelMissing) as caught:
        WhisperEngine("small", threads=1, cache_dir=tmp_path)
    assert "pocketsphinx" in caught.value.hint
