"""One warm engine for all tests here, and something to say to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from audapolis.domain.audio import Chunk, Samples
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecognisedChunk, RecogniseOptions
from audapolis.engines.pocketsphinx.engine import PocketSphinxEngine

from ..sound import ArrayAudio, silence, speak

SENTENCE = "the weather will be fine tomorrow"


@pytest.fixture(scope="session")
def engine() -> Iterator[PocketSphinxEngine]:
    engine = PocketSphinxEngine(2)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return np.concatenate([silence(0.3), speak(SENTENCE, tmp_path_factory.mktemp("flite")), silence(0.3)])


def chunks_of(count: int, length_s: float) -> list[Chunk]:
    """`count` chunks of equal length, one after the other."""
    return [Chunk(i * length_s, (i + 1) * length_s, i) for i in range(count)]


def recognise(
    engine: PocketSphinxEngine, samples: Samples, chunks: list[Chunk], cancel: CancelToken | None = None
) -> list[RecognisedChunk]:
    """All results, in order of their chunks."""
    options = RecogniseOptions(mode="fast")
    results = engine.recognise(ArrayAudio(samples), chunks, options, cancel or CancelToken())
    return sorted(results, key=lambda r: r.chunk.index)


def text_of(result: RecognisedChunk) -> str:
    return " ".join(word.text for word in result.words)
