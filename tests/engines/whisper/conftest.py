"""A warm tiny Whisper, and sentences it knows, spoken."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from audapolis.domain.audio import SAMPLE_RATE_HZ, Chunk, Samples
from audapolis.domain.transcript import Span
from audapolis.engines.whisper.engine import WhisperEngine

from ..sound import ArrayAudio, load

Say = Callable[..., Samples]


@pytest.fixture(scope="session")
def engine(tiny_whisper: Path) -> Iterator[WhisperEngine]:
    """Decodes up to eight windows together."""
    opened = WhisperEngine(tiny_whisper, threads=1, batch_size=8)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def one_by_one(tiny_whisper: Path) -> Iterator[WhisperEngine]:
    """The same model, one window after the other."""
    opened = WhisperEngine(tiny_whisper, threads=1, batch_size=1)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def say(tmp_path_factory: pytest.TempPathFactory) -> Say:
    """Speaks a sentence; 16 kHz."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed (apt-get install espeak-ng)")
    folder = tmp_path_factory.mktemp("spoken")

    def spoken(text: str, voice: str = "en-us", words_per_minute: int = 160) -> Samples:
        path = folder / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-w", str(path), text], check=True)
        return load(path)

    return spoken


def one_after_another(sounds: list[Samples], pause_s: float = 0.5) -> tuple[ArrayAudio, list[Chunk]]:
    """A recording of sounds with pauses between, and a chunk for each."""
    pause = np.zeros(round(pause_s * SAMPLE_RATE_HZ), np.float32)
    parts: list[Samples] = [pause]
    chunks = []
    for index, sound in enumerate(sounds):
        start_s = sum(map(len, parts)) / SAMPLE_RATE_HZ
        span = Span(start_s, start_s + len(sound) / SAMPLE_RATE_HZ)
        chunks.append(Chunk(span.start_s, span.end_s, index, (span,)))
        parts += [sound, pause]
    return ArrayAudio(np.concatenate(parts)), chunks
