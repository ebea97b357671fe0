"""Devices are told as they are; what is not told is not made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from audapolis.engines.devices import MachineProbe, gpu_precisions, visible_gpus
from audapolis.engines.nvml import NVML, Gpu, NvmlMissing
from audapolis.engines.wanted import check_precision, wanted_devices
from audapolis.errors import DeviceLost, EngineUnavailable, InvalidOption, UnknownName

from .machines import CPU, GIB, TestProbe, gpu


class Refused(Exception):
    def __init__(self, value: int = 3) -> None:
        super().__init__("Not Supported")
        self.value = value


class DriverLibrary:
    """What NVML would answer on a machine with two GPUs, one of which tells less."""

    NVMLError = Refused
    NVML_TEMPERATURE_GPU = 0
    NVML_ERROR_GPU_IS_LOST = 15

    def __init__(self) -> None:
        self.gone = False

    def nvmlInit(self) -> None:  # noqa: N802
        pass

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "570.1"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:  # noqa: N802
        if self.gone:
            raise Refused(15)
        return int(uuid[-1])

    def nvmlDeviceGetUUID(self, handle: int) -> str:  # noqa: N802
        return f"GPU-aaa{handle}"

    def nvmlDeviceGetName(self, handle: int) -> str:  # noqa: N802
        return f"Card {handle}"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: N802
        return SimpleNamespace(total=8 * GIB, used=(handle + 1) * GIB)

    def nvmlDeviceGetCudaComputeCapability(self, handle: int) -> list[int]:  # noqa: N802
        return [8, 6]

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:  # noqa: N802
        return SimpleNamespace(gpu=40)

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:  # noqa: N802
        if handle == 1:
            raise Refused
        return 120_000

    def nvmlDeviceGetTemperature(self, handle: int, _sensor: int) -> int:  # noqa: N802
        return 61

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Any]:  # noqa: N802
        return [SimpleNamespace(pid=7, usedGpuMemory=3 * GIB)]


def test_this_machine_has_a_processor_with_memory_and_precisions() -> None:
    probe = MachineProbe()
    cpu = probe.devices()[-1]
    assert (cpu.kind, cpu.key, cpu.label) == ("cpu", "cpu", "cpu")
    assert cpu.cores is not None
    assert cpu.cores >= 1
    used = probe.reading(cpu).memory_used_bytes
    assert used is not None
    assert 0 < used < cpu.memory_bytes
    assert "float32" in probe.precisions(cpu)
    assert (probe.own_bytes(cpu) or 0) > 10 * 2**20


def test_where_there_is_no_gpu_it_is_said_why() -> None:
    probe = MachineProbe()
    gpus = [device for device in probe.devices() if device.kind == "cuda"]
    assert bool(gpus) != bool(probe.no_gpu_because)


def test_gpus_are_told_with_what_the_driver_says_of_them() -> None:
    nvml = NVML(DriverLibrary())
    assert nvml.driver == "570.1"
    assert [gpu.name for gpu in nvml.gpus()] == ["Card 0", "Card 1"]
    reading = nvml.gpu("GPU-aaa0")
    assert (reading.memory_used_bytes, reading.utilisation_percent) == (GIB, 40.0)
    assert (reading.power_mw, reading.temperature_c) == (120_000, 61)


def test_what_a_gpu_does_not_tell_is_absent_and_not_zero() -> None:
    assert NVML(DriverLibrary()).gpu("GPU-aaa1").power_mw is None


def test_memory_of_this_process_is_absent_where_the_driver_does_not_know_us() -> None:
    nvml = NVML(DriverLibrary())
    assert nvml.own_bytes("GPU-aaa0", 7) == 3 * GIB
    assert nvml.own_bytes("GPU-aaa0", 8) is None


def test_a_gpu_that_vanishes_is_a_lost_device() -> None:
    library = DriverLibrary()
    nvml = NVML(library)
    library.gone = True
    with pytest.raises(DeviceLost, match="GPU-aaa0"):
        nvml.gpu("GPU-aaa0")


def test_without_a_driver_there_is_a_reason_and_no_traceback() -> None:
    library = DriverLibrary()
    library.nvmlInit = lambda: (_ for _ in ()).throw(Refused())  # type: ignore[method-assign]
    with pytest.raises(NvmlMissing, match="driver"):
        NVML(library)


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("1", [1]),
        ("2,0", [2, 0]),
        ("0,-1,1", [0]),
        ("GPU-b", [1]),
        ("7,0", []),
        ("0,0,1", [0]),
    ],
)
def test_gpus_are_those_that_cuda_shows_in_its_order(setting: str | None, shown: list[int]) -> None:
    gpus = tuple(Gpu(f"GPU-{letter}", "Card", GIB, None) for letter in "abc")
    assert visible_gpus(gpus, setting) == tuple(gpus[number] for number in shown)


def test_precisions_follow_from_what_a_gpu_is_capable_of() -> None:
    assert gpu_precisions((6, 0)) == ("float32",)
    assert gpu_precisions((6, 1)) == ("float32", "int8", "int8_float32")
    assert "float16" in gpu_precisions((7, 5))
    assert "bfloat16" not in gpu_precisions((7, 5))
    assert "int8_bfloat16" in gpu_precisions((8, 0))
    assert gpu_precisions(None) == ("float32",)


def test_of_several_gpus_the_one_with_most_free_memory_comes_first() -> None:
    probe = TestProbe([gpu(0), gpu(1)], used={"GPU-0": 5 * GIB, "GPU-1": GIB})
    assert [device.label for device in wanted_devices(probe, "auto")] == ["cuda:1", "cuda:0", "cpu"]
    assert [device.label for device in wanted_devices(probe, "cuda:0")] == ["cuda:0", "cpu"]
    assert wanted_devices(probe, "cpu") == (CPU,)


def test_a_device_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(UnknownName, match="cuda:1"):
        wanted_devices(TestProbe([gpu(0), gpu(1)]), "cuda:7")
    with pytest.raises(UnknownName, match="Did you mean 'cuda'"):
        wanted_devices(TestProbe(), "cudda")
    with pytest.raises(EngineUnavailable, match="the test has none"):
        wanted_devices(TestProbe(), "cuda:0")


def test_a_precision_is_checked_against_the_device_it_would_run_on() -> None:
    probe = TestProbe([gpu(0)])
    check_precision(probe, (gpu(0), CPU), "float16")
    with pytest.raises(InvalidOption, match="can't compute in float16") as refused:
        check_precision(probe, (CPU,), "float16")
    assert "int8" in refused.value.hint
    with pytest.raises(UnknownName, match="Did you mean 'float16'"):
        check_precision(probe, (CPU,), "flaot16")
