"""GPUs by a driver's library that answers as NVML does, and leases as they are really taken."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from audapolis.analytics.facts import Sample
from audapolis.analytics.sampler.gpus import Gpus, LeasedModels
from audapolis.engines.devices import MachineProbe
from audapolis.engines.leases import DeviceLeases

from tests.engines.machines import CPU, GIB, TestProbe, gpu
from tests.engines.test_devices import DriverLibrary

from .children import told, value_of


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> DriverLibrary:
    """A machine with two GPUs, the second of which does not tell its power."""
    library = DriverLibrary()
    monkeypatch.setitem(sys.modules, "pynvml", library)
    return library


def test_every_gpu_is_told_by_the_name_users_give_it(driver: DriverLibrary) -> None:
    samples = list(Gpus(MachineProbe({}))(7.0))
    for number in (0, 1):
        device = f"cuda:{number}"
        assert told(samples, "gpu.utilisation", device=device) == pytest.approx(0.4)
        assert told(samples, "gpu.memory_used_bytes", device=device) == (number + 1) * GIB
        assert told(samples, "gpu.memory_bytes", device=device) == 8 * GIB
        assert told(samples, "gpu.temperature_c", device=device) == 61
    assert told(samples, "gpu.power_w", device="cuda:0") == 120


def test_what_a_gpu_does_not_tell_has_no_sample(driver: DriverLibrary) -> None:
    samples = list(Gpus(MachineProbe({}))(7.0))
    assert value_of(samples, "gpu.power_w", device="cuda:1") is None


def test_gpus_that_this_process_may_not_use_are_not_looked_at(driver: DriverLibrary) -> None:
    samples = list(Gpus(MachineProbe({"CUDA_VISIBLE_DEVICES": "1"}))(7.0))
    assert {sample.labels for sample in samples} == {(("device", "cuda:0"),)}
    assert told(samples, "gpu.memory_used_bytes", device="cuda:0") == 2 * GIB


def test_without_a_gpu_nothing_is_told_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)  # as if it were not installed
    assert list(Gpus(MachineProbe({}))(7.0)) == []


def test_a_gpu_that_vanishes_is_left_out_said_once_and_told_again_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    probe = TestProbe([gpu(0), gpu(1)])
    gpus = Gpus(probe)

    def devices(samples: list[Sample]) -> set[str]:
        return {value for sample in samples for _, value in sample.labels}

    probe.lost.add("GPU-0")
    with caplog.at_level(logging.WARNING):
        assert devices(list(gpus(1.0))) == devices(list(gpus(2.0))) == {"cuda:1"}
    assert len(caplog.records) == 1
    probe.lost.clear()
    assert devices(list(gpus(3.0))) == {"cuda:0", "cuda:1"}


def test_a_gpu_that_really_vanishes_is_left_out(driver: DriverLibrary) -> None:
    gpus = Gpus(MachineProbe({}))
    assert list(gpus(1.0))
    driver.gone = True
    assert list(gpus(2.0)) == []


def test_models_are_told_by_their_leases_and_requests_that_wait_are_not(tmp_path: Path) -> None:
    probe = TestProbe([gpu(0)])
    book = DeviceLeases(tmp_path, probe, spare_bytes=0)
    models = LeasedModels(tmp_path, probe)
    assert list(models(0.0)) == []
    large = book.request(gpu(0), 5 * GIB, "whisper large float16 on cuda:0, batches of 16")
    warm = book.request(gpu(0), GIB, "pyannote community-1 on cuda:0")
    small, other = (book.request(CPU, GIB, "whisper tiny int8 on cpu, batches of 8") for _ in range(2))
    waits = book.request(gpu(0), 4 * GIB, "whisper medium")
    assert [lease.poll() for lease in (large, warm, small, other, waits)] == [True, True, True, True, False]
    warm.idle()
    found = {(dict(s.labels)["model"], dict(s.labels)["device"]): s.value for s in models(0.0)}
    assert found == {
        ("whisper large float16, batches of 16", "cuda:0"): 5 * GIB,
        ("pyannote community-1", "cuda:0"): GIB,
        ("whisper tiny int8, batches of 8", "cpu"): 2 * GIB,
    }


def test_a_model_that_is_gone_is_told_once_as_nothing(tmp_path: Path) -> None:
    probe = TestProbe()
    book = DeviceLeases(tmp_path, probe)
    models = LeasedModels(tmp_path, probe)
    assert book.request(CPU, GIB, "whisper tiny").poll()
    assert [sample.value for sample in models(0.0)] == [GIB]
    book.close()  # as if its process had died
    assert [sample.value for sample in models(1.0)] == [0.0]
    assert list(models(2.0)) == []


def test_looking_at_leases_makes_and_changes_nothing(tmp_path: Path) -> None:
    list(LeasedModels(tmp_path / "run", TestProbe())(0.0))
    assert not (tmp_path / "run").exists()
