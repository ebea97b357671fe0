from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from audapolis.audio.pcm import PcmAudio, PcmFile
from audapolis.domain.audio import SAMPLE_RATE_HZ, AudioReader
from audapolis.domain.codec import from_json, to_json
from audapolis.domain.recording import AudioFacts
from audapolis.errors import NotFound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FACTS = AudioFacts(track=0, tracks=1, codec="pcm_s16le", sample_rate_hz=16_000, channels=2, layout="stereo")
FRAMES = 5_003


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[PcmFile, np.ndarray]:
    path = tmp_path_factory.mktemp("pcm") / "two.pcm"
    samples = np.random.default_rng(1).integers(-32768, 32768, (FRAMES, 2), dtype=np.int16)
    path.write_bytes(samples.astype("<i2").tobytes())
    return PcmFile(str(path), FRAMES, 2, FACTS), samples


def test_it_is_what_the_engines_read(stored: tuple[PcmFile, np.ndarray]) -> None:
    reader: AudioReader = PcmAudio(stored[0])
    assert (reader.duration_s, reader.channels) == (FRAMES / SAMPLE_RATE_HZ, 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(first=st.integers(-100, FRAMES + 100), length=st.integers(-50, FRAMES), channel=st.integers(0, 1))
def test_reading_is_slicing(stored: tuple[PcmFile, np.ndarray], first: int, length: int, channel: int) -> None:
    pcm, samples = stored
    heard = PcmAudio(pcm).read(first / SAMPLE_RATE_HZ, (first + length) / SAMPLE_RATE_HZ, channel)
    start, end = max(first, 0), max(first + length, 0)
    expected = samples[start : max(start, end), channel].astype(np.float32) / 32768
    assert heard.dtype == np.float32
    np.testing.assert_array_equal(heard, expected)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(window=st.integers(20, FRAMES + 500), channel=st.integers(0, 1))
def test_windows_follow_each_other_without_gap_or_overlap(
    stored: tuple[PcmFile, np.ndarray], window: int, channel: int
) -> None:
    pcm, samples = stored
    windows = list(PcmAudio(pcm).windows(window / SAMPLE_RATE_HZ, channel))
    np.testing.assert_array_equal(
        np.concatenate([w.samples for w in windows]), samples[:, channel].astype(np.float32) / 32768
    )
    assert windows[0].start_s == 0
    assert all(a.end_s == pytest.approx(b.start_s, abs=1e-9) for a, b in pairwise(windows))
    assert all(len(w.samples) == min(window, FRAMES) and w.channel == channel for w in windows[:-1])


def test_the_gain_is_undone(stored: tuple[PcmFile, np.ndarray]) -> None:
    pcm, _ = stored
    louder = PcmFile(pcm.path, pcm.frames, 2, FACTS, gain=8.0)
    np.testing.assert_allclose(PcmAudio(louder).read(0, 1) * 8, PcmAudio(pcm).read(0, 1), rtol=1e-6)


def test_a_pcm_file_survives_a_checkpoint(stored: tuple[PcmFile, np.ndarray]) -> None:
    pcm = PcmFile("/x/y.pcm", 7, 2, FACTS, gain=3.5, damage="The file ends early.")
    assert from_json(PcmFile, to_json(pcm)) == pcm


@pytest.mark.parametrize("channel", [-1, 2])
def test_a_channel_that_is_not_there_is_refused(stored: tuple[PcmFile, np.ndarray], channel: int) -> None:
    with pytest.raises(ValueError, match="no channel"):
        PcmAudio(stored[0]).read(0, 1, channel)


def test_windows_without_samples_are_refused(stored: tuple[PcmFile, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="holds no sample"):
        list(PcmAudio(stored[0]).windows(0))


def test_a_time_that_is_no_number_is_refused(stored: tuple[PcmFile, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="NaN"):
        PcmAudio(stored[0]).read(float("nan"), 1)


def test_a_lost_or_shortened_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "short.pcm"
    path.write_bytes(bytes(10))
    for where in (path, tmp_path / "gone.pcm"):
        with pytest.raises(NotFound, match="gone or cut short"):
            PcmAudio(PcmFile(str(where), 100, 1, FACTS)).read(0, 1)
