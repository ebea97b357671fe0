"""The recipe itself, for a few steps: what comes out is a Whisper, however deaf."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from tests.models.tiny_whisper.windows import Pool

torch = pytest.importorskip("torch", reason="training needs the extra `train` (pip install 'audapolis[train]')")
pytestmark = pytest.mark.extra

STEPS = 4


@pytest.fixture(scope="module")
def pool() -> Pool:
    from tests.models.tiny_whisper.voices import speak_many

    try:
        spoken = speak_many(60, seed=1)
    except OSError:
        pytest.skip("libespeak-ng is not installed (apt-get install espeak-ng)")
    return {language: [u for u in spoken if u.language == language] for language in ("en", "de")}


def test_a_run_that_was_interrupted_ends_with_the_same_model(pool: Pool, tmp_path: Path) -> None:
    from tests.models.tiny_whisper.training import Recipe, train

    whole, _ = train(Recipe(STEPS), pool, tmp_path / "whole.pt")
    train(Recipe(STEPS), pool, tmp_path / "parts.pt", until=STEPS // 2)
    resumed, _ = train(Recipe(STEPS), pool, tmp_path / "parts.pt")

    for name, weights in whole.arrays().items():
        assert torch.equal(weights, resumed.arrays()[name]), name


def test_what_is_written_runs_in_the_engine(pool: Pool, tmp_path: Path) -> None:
    from audapolis.domain.audio import Chunk
    from audapolis.domain.cancellation import CancelToken
    from audapolis.engines.base import RecogniseOptions
    from audapolis.engines.whisper.engine import WhisperEngine

    from tests.engines.sound import ArrayAudio
    from tests.models.tiny_whisper.export import write
    from tests.models.tiny_whisper.training import Recipe, train

    model, _ = train(Recipe(STEPS), pool, tmp_path / "checkpoint.pt")
    write(model, tmp_path / "model")

    engine = WhisperEngine(tmp_path / "model")
    audio = ArrayAudio(np.zeros(16000, np.float32))
    (result,) = engine.recognise(audio, [Chunk(0, 1, index=0)], RecogniseOptions(language="de"), CancelToken())
    engine.close()
    assert result.language == "de"


def test_features_are_those_of_faster_whisper(pool: Pool) -> None:
    from faster_whisper.feature_extractor import FeatureExtractor

    from tests.models.tiny_whisper.sounds import log_mel

    samples = pool["en"][0].samples.astype(np.float32) / 32768
    reference = FeatureExtractor(feature_size=80)(samples)[:, :-1]
    ours = log_mel(samples)
    width = min(ours.shape[1], reference.shape[1])
    assert abs(ours.shape[1] - reference.shape[1]) <= 1
    np.testing.assert_allclose(ours[:, :width], reference[:, :width], atol=1e-4)
