"""Recordings on disk: measured, and copied with a chain applied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audapolis.audio.filters.chain import Step
from audapolis.audio.filters.cleaning import clean, measure
from audapolis.audio.pcm import PcmAudio, PcmFile
from audapolis.audio.spool import Spool
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.recording import AudioFacts
from audapolis.errors import Cancelled, NotFound, StorageFull

from ..making import Sound
from .sounds import speech, white

NOTCH = Step("bandreject", "f=50:width_type=h:w=4", "")
DENOISE = Step("afftdn", "nr=12:nf=-46", "")
LOUDER = Step("volume", "volume=30dB", "")


def spooled(path: Path, *channels: Sound, gain: float = 1.0) -> PcmFile:
    with Spool(path, len(channels), gain) as spool:
        spool.write(np.stack(channels, axis=1))
    facts = AudioFacts(0, 1, "pcm_s16le", 16_000, len(channels), "mono")
    return PcmFile(str(path), len(channels[0]), len(channels), facts, gain, "Its end is missing.")


def heard(pcm: PcmFile, channel: int = 0) -> Sound:
    audio = PcmAudio(pcm)
    return audio.read(0, audio.duration_s, channel)


@pytest.mark.parametrize("samples", [1, 1599, 16_000, 50_001])
def test_a_copy_is_as_long_and_the_original_stays_as_it_was(tmp_path: Path, samples: int) -> None:
    pcm = spooled(tmp_path / "a.pcm", (speech(4) + white(4, -46))[:samples])
    before = Path(pcm.path).read_bytes()
    copy = clean(pcm, tmp_path / "b.pcm", [(NOTCH, DENOISE)])
    assert (copy.frames, copy.channels, copy.facts, copy.damage) == (samples, 1, pcm.facts, pcm.damage)
    assert Path(copy.path).stat().st_size == copy.size_bytes
    assert Path(pcm.path).read_bytes() == before


def test_channels_of_different_needs_stay_together(tmp_path: Path) -> None:
    noisy, good = speech(5) + white(5, -46), speech(5, seed=7)
    copy = clean(spooled(tmp_path / "a.pcm", noisy, good), tmp_path / "b.pcm", [(DENOISE,), ()])
    np.testing.assert_allclose(heard(copy, 1), good, atol=1 / 32768)
    assert np.corrcoef(heard(copy, 0), noisy)[0, 1] > 0.98


def test_a_quiet_source_keeps_its_precision_and_a_louder_copy_fits(tmp_path: Path) -> None:
    quiet = spooled(tmp_path / "a.pcm", speech(3, -70), gain=100.0)
    assert clean(quiet, tmp_path / "b.pcm", [(NOTCH,)]).gain == 100.0
    louder = clean(quiet, tmp_path / "c.pcm", [(LOUDER,)])
    assert louder.gain == 1.0
    np.testing.assert_allclose(heard(louder), speech(3, -40), atol=1e-4)


def test_every_channel_is_measured(tmp_path: Path) -> None:
    told: list[tuple[float, float | None]] = []
    pcm = spooled(tmp_path / "a.pcm", speech(15, -20) + white(15, -40), speech(15, -30) + white(15, -40))
    figures = measure(pcm, on_progress=lambda done_s, total_s: told.append((done_s, total_s)))
    assert [figure.snr_db for figure in figures] == pytest.approx([20, 10], abs=2)
    assert told == [(10, 30), (15, 30), (25, 30), (30, 30)]


def test_a_stop_leaves_no_half_copy(tmp_path: Path) -> None:
    pcm = spooled(tmp_path / "a.pcm", speech(5))
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        clean(pcm, tmp_path / "b.pcm", [(NOTCH,)], on_progress=lambda _done, _total: cancel.cancel(), cancel=cancel)
    assert not (tmp_path / "b.pcm").exists()
    with pytest.raises(Cancelled):
        measure(pcm, cancel=cancel)


def test_a_spool_that_is_gone_or_a_disk_that_is_full_is_said_plainly(tmp_path: Path) -> None:
    pcm = spooled(tmp_path / "a.pcm", speech(5))
    with pytest.raises(StorageFull):
        clean(pcm, Path("/dev/full"), [(NOTCH,)])
    Path(pcm.path).unlink()
    with pytest.raises(NotFound):
        measure(pcm)
    with pytest.raises(NotFound):
        clean(pcm, tmp_path / "b.pcm", [(NOTCH,)])
