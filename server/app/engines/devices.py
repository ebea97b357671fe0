"""What engines can run on: the processor, and NVIDIA GPUs. Facts only; who may use them is in `leases`.

What can't be read is None, never 0: a GPU that does not tell its power draws some all the same.
"""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

from .cuda_libraries import cuda_libraries_missing
from .nvml import NVML, Gpu, NvmlMissing

log = logging.getLogger(__name__)

Kind = Literal["cpu", "cuda"]

PRECISIONS = ("float32", "float16", "bfloat16", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16")
"""What CTranslate2 can compute with, all devices together."""


@dataclass(frozen=True, slots=True)
class Device:
    """Something engines run on.

    Attributes:
        index: Number of the GPU as this process sees it; 0 for the processor.
        key: The same for every process of this machine, whatever it numbers devices by: `cpu`, or a GPU's UUID.
        memory_bytes: All of its memory. For the processor what this process may use, container limits included.
        cores: Cores this process may use; None for GPUs.
        instruction_set: Widest vector instructions of the processor that matter for speed; None for GPUs.
        driver: Version of the GPU's driver; None for the processor.
        capability: CUDA compute capability, such as (8, 6); None for the processor.
    """

    kind: Kind
    index: int
    name: str
    key: str
    memory_bytes: int
    cores: int | None = None
    instruction_set: str | None = None
    driver: str | None = None
    capability: tuple[int, int] | None = None

    @property
    def label(self) -> str:
        """How users name it: `cpu`, `cuda:0`."""
        return "cpu" if self.kind == "cpu" else f"cuda:{self.index}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A device's changing figures; None for what it does not tell.

    Attributes:
        memory_used_bytes: By everybody, this process included.
        utilisation: 0..1, over about the last second.
    """

    memory_used_bytes: int | None = None
    utilisation: float | None = None
    power_w: float | None = None
    temperature_c: float | None = None


class DeviceProbe(Protocol):
    """Knows the devices of a machine."""

    def devices(self) -> tuple[Device, ...]:
        """The GPUs this process may use, by number, then the processor."""
        ...

    def reading(self, device: Device) -> Reading:
        """A device's figures now.

        Raises:
            DeviceLost: It has vanished.
        """
        ...

    def own_bytes(self, device: Device) -> int | None:
        """Memory this process uses there; None where that can't be told."""
        ...

    def precisions(self, device: Device) -> tuple[str, ...]:
        """What CTranslate2 can compute with there, of `PRECISIONS`."""
        ...

    def unusable(self, device: Device) -> str:
        """Why Whisper can't use a device that is there; empty when it can."""
        ...

    @property
    def no_gpu_because(self) -> str:
        """Why there is no GPU; empty when there is one."""
        ...


class MachineProbe:
    """The devices of this machine: the processor by the operating system, GPUs by NVML.

    Makes no CUDA context, so looking takes no GPU memory.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._looked = False

    def devices(self) -> tuple[Device, ...]:
        """The GPUs this process may use, by number, then the processor."""
        return (*self._gpus, self._cpu)

    def reading(self, device: Device) -> Reading:
        """A device's figures now; see `DeviceProbe.reading`."""
        if device.kind == "cuda":
            assert isinstance(self._nvml, NVML)  # or there would be no such device
            gpu = self._nvml.gpu(device.key)
            return Reading(
                gpu.memory_used_bytes, _fraction(gpu.utilisation_percent), _watts(gpu.power_mw), gpu.temperature_c
            )
        import psutil

        total, available = _machine_memory()
        load = psutil.cpu_percent() if self._looked else None  # it is the load since the last look
        self._looked = True
        return Reading(total - available, _fraction(load))

    def own_bytes(self, device: Device) -> int | None:
        """Memory this process uses there; in containers a GPU's driver may not know us by our number: None."""
        if device.kind == "cuda":
            return self._nvml.own_bytes(device.key, os.getpid()) if isinstance(self._nvml, NVML) else None
        import psutil

        return int(psutil.Process().memory_info().rss)

    def precisions(self, device: Device) -> tuple[str, ...]:
        """What CTranslate2 can compute with there."""
        if device.kind == "cuda":
            return gpu_precisions(device.capability)
        import ctranslate2

        supported = ctranslate2.get_supported_compute_types("cpu")
        return tuple(name for name in PRECISIONS if name in supported)

    def unusable(self, device: Device) -> str:
        """Why Whisper can't use a device; loads the libraries it needs to see whether they are there."""
        if device.kind == "cpu" or not self._missing_library:
            return ""
        return f"The library {self._missing_library} is missing (pip install 'audapolis[gpu]')."

    @property
    def no_gpu_because(self) -> str:
        """Why there is no GPU; empty when there is one."""
        if self._gpus:
            return ""
        if not isinstance(self._nvml, NVML):
            return str(self._nvml)
        return "no NVIDIA GPU is visible to this program (see CUDA_VISIBLE_DEVICES)"

    @cached_property
    def _missing_library(self) -> str:
        return cuda_libraries_missing()

    @cached_property
    def _nvml(self) -> NVML | NvmlMissing:
        try:
            return NVML()
        except NvmlMissing as missing:
            log.debug("No GPU: %s", missing)
            return missing

    @cached_property
    def _gpus(self) -> tuple[Device, ...]:
        if not isinstance(self._nvml, NVML):
            return ()
        visible = visible_gpus(self._nvml.gpus(), self._environment.get("CUDA_VISIBLE_DEVICES"))
        return tuple(
            Device(
                kind="cuda",
                index=index,
                name=gpu.name,
                key=gpu.uuid,
                memory_bytes=gpu.memory_bytes,
                driver=self._nvml.driver,
                capability=gpu.capability,
            )
            for index, gpu in enumerate(visible)
        )

    @cached_property
    def _cpu(self) -> Device:
        return Device(
            kind="cpu",
            index=0,
            name=_cpu_name(),
            key="cpu",
            memory_bytes=_machine_memory()[0],
            cores=len(os.sched_getaffinity(0)),
            instruction_set=_instruction_set(),
        )


def gpu_precisions(capability: tuple[int, int] | None) -> tuple[str, ...]:
    """What CTranslate2 computes with on a GPU of a compute capability (its documentation, Quantization)."""
    capability = capability or (0, 0)
    found = {"float32"}
    if capability >= (7, 0) or capability == (6, 1):
        found |= {"int8", "int8_float32"}
    if capability >= (7, 0):
        found |= {"float16", "int8_float16"}
    if capability >= (8, 0):
        found |= {"bfloat16", "int8_bfloat16"}
    return tuple(name for name in PRECISIONS if name in found)


def visible_gpus(gpus: tuple[Gpu, ...], setting: str | None) -> tuple[Gpu, ...]:
    """The GPUs that CUDA shows a program, in its order (CUDA C++ programming guide, `CUDA_VISIBLE_DEVICES`).

    Args:
        gpus: All, by PCI bus.
        setting: Numbers or beginnings of UUIDs, separated by commas; the first that names nothing ends the list.
    """
    if setting is None:
        return gpus
    shown: list[Gpu] = []
    for name in (part.strip() for part in setting.split(",")):
        by_number = gpus[int(name)] if name.isdigit() and int(name) < len(gpus) else None
        by_uuid = next((gpu for gpu in gpus if name.startswith("GPU-") and gpu.uuid.startswith(name)), None)
        found = by_number or by_uuid
        if found is None or found in shown:
            break
        shown.append(found)
    return tuple(shown)


def _machine_memory() -> tuple[int, int]:
    """Total and available bytes, within the limits of the control group where there is one."""
    import psutil

    memory = psutil.virtual_memory()
    total, available = int(memory.total), int(memory.available)
    with suppress(OSError, ValueError):  # "max" is no number: no limit
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text()) - _reclaimable()
        total, available = min(total, limit), min(available, limit - used)
    return total, max(0, available)


def _reclaimable() -> int:
    """Bytes of file cache in the control group: they count as its use but give way."""
    for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == "inactive_file":
            return int(value)
    return 0


def _cpu_facts() -> dict[str, str]:
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
        return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {}


def _cpu_name() -> str:
    return _cpu_facts().get("model name") or platform.machine()


def _instruction_set() -> str | None:
    facts = _cpu_facts()
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    widest = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX", "asimd": "NEON", "sse4_1": "SSE 4.1"}
    return next((name for flag, name in widest.items() if flag in flags), None)


def _fraction(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _watts(milliwatts: float | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000
