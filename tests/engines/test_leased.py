"""A diarizer on a GPU shares it with others by leases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from audapolis.domain.audio import Window
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Span, Turn
from audapolis.engines.base import Diarization, Diarizer, EngineInfo, SpeakerCount
from audapolis.engines.leased import LeasedDiarizer
from audapolis.engines.leases import DeviceLeases
from audapolis.engines.warm import WarmEngines
from audapolis.errors import DeviceLost, OutOfDeviceMemory

from .machines import GIB, TestProbe, gpu

GPU = gpu(0)


class Helper:
    """Does what a diarizer with a process of its own does, without the process."""

    def __init__(self, leases: DeviceLeases) -> None:
        self.info = EngineInfo("helper", "model", "cuda:0", "float32", "best")
        self.leases = leases
        self.held: list[int] = []
        self.closed = 0
        self.error: Exception | None = None

    def open(self, cancel: CancelToken) -> Helper:
        return self

    def feed(self, window: Window) -> None:
        pass

    def flush(self, speech: Sequence[Span], count: SpeakerCount) -> Diarization:
        self.held.append(sum(held.size_bytes for held in self.leases.queue(GPU).held))
        if self.error:
            raise self.error
        return Diarization((Turn(0.0, 1.0, "S1"),), ())

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def leases(tmp_path: Path) -> DeviceLeases:
    return DeviceLeases(tmp_path, TestProbe([GPU]), patience_s=0)


@pytest.fixture
def helper(leases: DeviceLeases) -> Helper:
    return Helper(leases)


def engines(leases: DeviceLeases) -> WarmEngines[Diarizer]:
    return WarmEngines(leases, TestProbe([GPU]), keep_alive_s=600)


def flush(diarizer: LeasedDiarizer) -> Diarization:
    return diarizer.open(CancelToken()).flush((), SpeakerCount())


def test_memory_is_leased_while_it_decides_and_kept_warm_afterwards(leases: DeviceLeases, helper: Helper) -> None:
    diarizer = LeasedDiarizer(helper, GPU, 2 * GIB, engines(leases))
    assert len(flush(diarizer).turns) == 1
    assert helper.held == [2 * GIB]
    assert [held.idle for held in leases.queue(GPU).held] == [True]
    diarizer.close()
    assert leases.queue(GPU).held == ()


def test_it_makes_room_for_whoever_waits_and_its_process_ends(leases: DeviceLeases, helper: Helper) -> None:
    warm = engines(leases)
    flush(LeasedDiarizer(helper, GPU, 5 * GIB, warm))
    with leases.acquire(GPU, 6 * GIB, "transcription", CancelToken()):
        assert helper.closed == 1
    assert not warm.spent, "its process is gone with all of its memory"


def test_a_failure_ends_the_process_and_frees_the_memory(leases: DeviceLeases, helper: Helper) -> None:
    helper.error = DeviceLost("gone")
    with pytest.raises(DeviceLost):
        flush(LeasedDiarizer(helper, GPU, 2 * GIB, engines(leases)))
    assert helper.closed == 1
    assert leases.queue(GPU).held == ()


def test_what_never_fits_is_refused_before_anything_is_loaded(leases: DeviceLeases, helper: Helper) -> None:
    with pytest.raises(OutOfDeviceMemory):
        flush(LeasedDiarizer(helper, GPU, 9 * GIB, engines(leases)))
    assert helper.held == []
