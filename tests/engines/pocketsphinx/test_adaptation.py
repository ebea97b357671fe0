"""Fitting cepstra to a model, with the model that ships and sound drawn from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pocketsphinx
import pytest
from audapolis.engines.pocketsphinx.acoustic_model import STREAMS, AcousticModel, read_acoustic_model
from audapolis.engines.pocketsphinx.adaptation import Alignment, choose_warp, estimate_map, streams
from audapolis.engines.pocketsphinx.frontend import CEPSTRA, Floats
from audapolis.errors import ModelMissing


@pytest.fixture(scope="module")
def model() -> AcousticModel:
    return read_acoustic_model(Path(pocketsphinx.get_model_path("en-us/en-us")))


@pytest.fixture(scope="module")
def speech(model: AcousticModel) -> tuple[Floats, Alignment]:
    """Frames drawn from the Gaussians of many states; a state lasts four frames."""
    generator = np.random.default_rng(5)
    phones = generator.integers(2, 42, 400)
    frames = []
    for phone in phones:
        weights = np.exp(model.log_weights[0][:, 3 * phone + 1]).astype(np.float64)
        gaussian = generator.choice(len(weights), p=weights / weights.sum())
        deviation = 1 / np.sqrt(model.precisions[phone, 0, gaussian])
        steps = generator.standard_normal((4, CEPSTRA)) * deviation
        frames.append(model.means[phone, 0, gaussian] + steps)
    return np.vstack(frames), Alignment(np.repeat(phones, 4), np.repeat(3 * phones + 1, 4))


def test_the_model_is_read_whole(model: AcousticModel) -> None:
    assert model.means.shape == (42, STREAMS, 128, CEPSTRA)
    assert model.phones["SIL"] == 32
    assert (model.precisions > 0).all()
    totals = np.exp(model.log_weights).sum(axis=1)
    assert 0.85 < totals.min() <= totals.max() < 1.05


def test_a_folder_without_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="can't be read"):
        read_acoustic_model(tmp_path)


def test_slopes_and_curvatures_are_those_of_sphinx() -> None:
    ramp = np.tile(np.arange(20.0)[:, None] ** 2, CEPSTRA)
    _, slope, curvature = streams(ramp)
    assert slope[10, 0] == 12.0**2 - 8.0**2
    assert curvature[10, 0] == (13.0**2 - 9.0**2) - (11.0**2 - 7.0**2)


def test_a_distortion_makes_little_difference_after_adaptation(
    model: AcousticModel, speech: tuple[Floats, Alignment]
) -> None:
    frames, alignment = speech
    distorted = frames * np.linspace(0.9, 1.1, CEPSTRA) + np.linspace(-3, 3, CEPSTRA)
    adapted, repaired = (
        estimate_map(model, sound, alignment, prior_frames=1).apply(sound) for sound in (frames, distorted)
    )
    assert np.abs(repaired - adapted).mean() < 0.5 * np.abs(distorted - frames).mean()


def test_much_prior_leaves_the_sound_as_it_is(model: AcousticModel, speech: tuple[Floats, Alignment]) -> None:
    frames, alignment = speech
    affine = estimate_map(model, frames, alignment, prior_frames=1e9)
    np.testing.assert_allclose(affine.matrix, np.eye(CEPSTRA), atol=1e-3)
    np.testing.assert_allclose(affine.shift, 0, atol=1e-2)


def test_the_warp_that_fits_is_chosen(model: AcousticModel, speech: tuple[Floats, Alignment]) -> None:
    frames, alignment = speech
    turn = np.eye(CEPSTRA) + 0.15 * np.random.default_rng(2).standard_normal((CEPSTRA, CEPSTRA))
    candidates = np.stack([frames @ turn, frames, frames @ np.linalg.inv(turn)])
    assert choose_warp(model, candidates, alignment) == 1
