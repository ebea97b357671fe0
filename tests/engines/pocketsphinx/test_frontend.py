"""Our front end against the one inside PocketSphinx, which is the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pocketsphinx
import pytest
from audapolis.domain.audio import Samples
from audapolis.engines.pocketsphinx.frontend import CEPSTRA, Floats, cepstra, power_spectra

from ..sound import noise, silence


def reference_cepstra(samples: Samples, folder: Path) -> Floats:
    """What PocketSphinx computes, from its own log."""
    decoder = pocketsphinx.Decoder(loglevel="FATAL", mfclogdir=str(folder), lm=None)
    decoder.add_keyphrase("any", "hello")
    decoder.activate_search("any")
    decoder.start_utt()
    decoder.process_raw(np.rint(samples * 32768).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    (log,) = folder.iterdir()
    return np.frombuffer(log.read_bytes()[4:], ">f4").reshape(-1, CEPSTRA).astype(np.float64)


def test_cepstra_equal_those_of_pocketsphinx(sentence: Samples, tmp_path: Path) -> None:
    sound = np.rint((sentence + noise(len(sentence) / 16_000)[: len(sentence)]) * 32768) / 32768
    ours = cepstra(power_spectra(sound.astype(np.float32)))[0]
    theirs = reference_cepstra(sound, tmp_path)
    assert 0 <= len(theirs) - len(ours) <= 1
    np.testing.assert_allclose(ours, theirs[: len(ours)], atol=1e-3)


def test_each_chunk_starts_afresh(sentence: Samples) -> None:
    first = cepstra(power_spectra(sentence))
    cepstra(power_spectra(noise(1.0)))
    np.testing.assert_array_equal(first, cepstra(power_spectra(sentence)))


@pytest.mark.parametrize("samples", [silence(1), noise(0.005), np.ones(16_000, np.float32)])
def test_odd_sound_gives_finite_cepstra(samples: Samples) -> None:
    frames = cepstra(power_spectra(samples), (0.8, 1.0, 1.2))
    assert frames.shape[0] == 3
    assert frames.shape[1] >= 1
    assert np.isfinite(frames).all()


def test_a_warp_moves_formants_along(sentence: Samples) -> None:
    """Sound played 8 % faster is nearest to the original under a warp of 1.08."""
    positions = np.arange(0, len(sentence) - 1, 1.08)
    faster = np.interp(positions, np.arange(len(sentence)), sentence).astype(np.float32)
    warps = (0.92, 1.0, 1.08, 1.16)
    plain = cepstra(power_spectra(sentence))[0].mean(axis=0)
    distances = [np.abs(c.mean(axis=0) - plain)[1:].sum() for c in cepstra(power_spectra(faster), warps)]
    assert warps[int(np.argmin(distances))] == 1.08
