from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from audapolis.audio.spool import Spool, fold
from audapolis.domain.recording import ChannelUse
from audapolis.errors import StorageFull
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from .making import noise, tone


def stored(path: Path) -> np.ndarray:
    return np.fromfile(path, dtype="<i2")


@given(hnp.arrays(np.float32, st.integers(1, 50), elements=st.floats(-50, 50, width=32)))
def test_samples_keep_their_sign_and_order_whatever_their_size(samples: np.ndarray) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.pcm"
        with Spool(path, 1) as spool:
            spool.write(samples.reshape(-1, 1))
        wide = np.clip(np.rint(samples.astype(np.float64) * 32768), -32768, 32767)
        np.testing.assert_array_equal(stored(path), wide)
        assert spool.frames == len(samples)
        assert spool.peak == pytest.approx(float(np.abs(samples).max()))
        assert spool.clipped == np.count_nonzero(np.abs(samples) > 1)


def test_sixteen_bit_values_pass_unchanged(tmp_path: Path) -> None:
    values = np.arange(-32768, 32768, dtype=np.int16)
    with Spool(tmp_path / "a.pcm", 1) as spool:
        spool.write((values.astype(np.float32) / 32768).reshape(-1, 1))
    np.testing.assert_array_equal(stored(tmp_path / "a.pcm"), values)
    assert spool.clipped == 0


def test_values_that_are_no_numbers_become_silence_or_full_scale(tmp_path: Path) -> None:
    with Spool(tmp_path / "a.pcm", 1) as spool:
        spool.write(np.array([[np.nan], [np.inf], [-np.inf], [0.5]], dtype=np.float32))
        spool.write(np.zeros((0, 1), dtype=np.float32))
    assert stored(tmp_path / "a.pcm").tolist() == [0, 32767, -32768, 16384]
    assert spool.peak == 1.0


def test_silence_of_any_length_is_zeros(tmp_path: Path) -> None:
    with Spool(tmp_path / "a.pcm", 2) as spool:
        spool.silence(40_001)
        spool.silence(-3)
    assert spool.frames == 40_001
    assert not stored(tmp_path / "a.pcm").any()
    assert len(stored(tmp_path / "a.pcm")) == 80_002


def test_a_full_disk_is_said_to_be_full() -> None:
    with pytest.raises(StorageFull, match="disk is full"), Spool(Path("/dev/full"), 1) as spool:
        spool.write(np.ones((80_000, 1), dtype=np.float32))


def test_a_disk_that_is_full_at_the_last_byte_is_noticed() -> None:
    with pytest.raises(StorageFull), Spool(Path("/dev/full"), 1) as spool:
        spool.write(np.ones((10, 1), dtype=np.float32))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageFull, match="No such file"):
        Spool(tmp_path / "gone" / "a.pcm", 1)
    with pytest.raises(StorageFull, match="No such file"):
        fold(tmp_path / "gone.pcm", "mix")


@pytest.mark.parametrize(
    ("use", "weights"),
    [("left", (1, 0)), ("right", (0, 1)), ("mix", (0.5, 0.5)), ("difference", (0.5, -0.5))],
)
def test_two_channels_fold_into_one(tmp_path: Path, use: ChannelUse, weights: tuple[float, float]) -> None:
    pair = np.stack([tone(20, level=0.3), noise(20, level=0.1)], axis=1)
    with Spool(tmp_path / "a.pcm", 2) as spool:
        spool.write(pair)
    fold(tmp_path / "a.pcm", use)
    folded = stored(tmp_path / "a.pcm")
    assert len(folded) == len(pair)
    np.testing.assert_allclose(folded / 32768, pair @ np.array(weights), atol=4e-5)


def test_the_difference_of_opposite_extremes_does_not_wrap(tmp_path: Path) -> None:
    np.array([32767, -32768, -32768, 32767], dtype="<i2").tofile(tmp_path / "a.pcm")
    fold(tmp_path / "a.pcm", "difference")
    assert stored(tmp_path / "a.pcm").tolist() == [32767, -32767]
