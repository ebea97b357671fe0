"""NVIDIA's management library: which GPUs there are, and how they are. Foreign errors are mapped here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import DeviceLost

T = TypeVar("T")


class NvmlMissing(Exception):
    """NVML can't be used here; the text says why."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU as NVML knows it. What it does not tell is None."""

    uuid: str
    name: str
    memory_bytes: int
    capability: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class GpuReading:
    """A GPU's changing figures, in NVML's units."""

    memory_used_bytes: int | None
    utilisation_percent: float | None
    power_mw: float | None
    temperature_c: float | None


class NVML:
    """An open NVML. It stays open as long as the process lives; opening takes no GPU memory.

    Args:
        library: The module to call; NVIDIA's `pynvml` when not given.

    Raises:
        NvmlMissing: No package, no driver, or no permission.
    """

    def __init__(self, library: Any = None) -> None:
        self._library = library or _import()
        try:
            self._library.nvmlInit()
        except self._library.NVMLError as error:
            raise NvmlMissing(f"no NVIDIA driver is at hand ({error})") from None
        self.driver: str | None = self._told(self._library.nvmlSystemGetDriverVersion)

    def gpus(self) -> tuple[Gpu, ...]:
        """All GPUs of the machine, in the order of the PCI bus."""
        count = self._told(self._library.nvmlDeviceGetCount) or 0
        found = (self._gpu(number) for number in range(count))
        return tuple(gpu for gpu in found if gpu is not None)

    def gpu(self, uuid: str) -> GpuReading:
        """How a GPU is now.

        Raises:
            DeviceLost: It is not there any more.
        """
        nvml = self._library
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
            memory = self._told(nvml.nvmlDeviceGetMemoryInfo, handle, lost=True)
        except nvml.NVMLError as error:
            raise DeviceLost(
                f"The GPU {uuid} has vanished ({error}).", hint="See the system's log; a restart may bring it back."
            ) from error
        load = self._told(nvml.nvmlDeviceGetUtilizationRates, handle)
        return GpuReading(
            memory_used_bytes=None if memory is None else int(memory.used),
            utilisation_percent=None if load is None else float(load.gpu),
            power_mw=self._told(nvml.nvmlDeviceGetPowerUsage, handle),
            temperature_c=self._told(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
        )

    def own_bytes(self, uuid: str, pid: int) -> int | None:
        """Memory a process uses of a GPU; None when the driver does not list it or does not say."""
        nvml = self._library
        handle = self._told(nvml.nvmlDeviceGetHandleByUUID, uuid)
        listed = None if handle is None else self._told(nvml.nvmlDeviceGetComputeRunningProcesses, handle)
        return next((process.usedGpuMemory for process in listed or () if process.pid == pid), None)

    def _gpu(self, number: int) -> Gpu | None:
        nvml = self._library
        handle = self._told(nvml.nvmlDeviceGetHandleByIndex, number)
        if handle is None:
            return None
        uuid, memory = self._told(nvml.nvmlDeviceGetUUID, handle), self._told(nvml.nvmlDeviceGetMemoryInfo, handle)
        if uuid is None or memory is None:
            return None
        capability = self._told(nvml.nvmlDeviceGetCudaComputeCapability, handle)
        name = self._told(nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU"
        return Gpu(uuid, name, int(memory.total), None if capability is None else (capability[0], capability[1]))

    def _told(self, ask: Callable[..., T], *given: Any, lost: bool = False) -> T | None:
        """What NVML answers; None when it can't tell. With `lost`, that the GPU is gone is raised."""
        try:
            return ask(*given)
        except self._library.NVMLError as error:
            if lost and getattr(error, "value", None) == self._library.NVML_ERROR_GPU_IS_LOST:
                raise
            return None


def _import() -> Any:
    try:
        import pynvml
    except ImportError:
        raise NvmlMissing("the package nvidia-ml-py is not installed") from None
    return pynvml
