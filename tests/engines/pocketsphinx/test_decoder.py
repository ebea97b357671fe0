"""One chunk, decoded in this process."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from audapolis.domain.audio import Samples
from audapolis.engines.pocketsphinx.decoder import ChunkDecoder, ChunkJob

from ..sound import noise, silence
from .conftest import SENTENCE


@pytest.fixture(scope="module")
def decoder() -> ChunkDecoder:
    return ChunkDecoder()


@pytest.mark.parametrize("mode", ["fast", "balanced", "accurate"])
def test_every_mode_understands_a_clear_sentence(
    decoder: ChunkDecoder, sentence: Samples, mode: Literal["fast", "balanced", "accurate"]
) -> None:
    words = decoder.decode(ChunkJob(sentence, mode))
    assert " ".join(word.text for word in words) == SENTENCE
    assert min(word.confidence for word in words) > 0.3


def test_what_was_heard_before_leaves_no_trace(decoder: ChunkDecoder, sentence: Samples) -> None:
    job = ChunkJob(sentence, "balanced")
    first = decoder.decode(job)
    decoder.decode(ChunkJob(noise(2.0, 0.3), "balanced"))
    assert decoder.decode(job) == first


def test_level_makes_no_difference(decoder: ChunkDecoder, sentence: Samples) -> None:
    loud, quiet = (decoder.decode(ChunkJob(sentence * np.float32(gain), "fast")) for gain in (1.0, 0.01))
    assert [word.text for word in loud] == [word.text for word in quiet]


@pytest.mark.parametrize("samples", [silence(2), silence(0), noise(0.05)])
def test_silence_and_snippets_have_no_words(decoder: ChunkDecoder, samples: Samples) -> None:
    assert decoder.decode(ChunkJob(samples, "balanced")) == ()


def test_tokens_are_plain_words(decoder: ChunkDecoder, sentence: Samples) -> None:
    """No alternatives such as "the(2)", no fillers such as <sil> or [NOISE]."""
    words = decoder.decode(ChunkJob(np.concatenate([sentence, noise(1.0, 0.1), sentence]), "fast"))
    assert all(word.text.replace("'", "").replace(".", "").isalpha() for word in words)
