"""The machine: processor, memory, GPUs, disks. Looking takes no GPU memory and imports no engine."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..engines.devices import DeviceProbe
from ..errors import DeviceLost
from .limits import Cores, count_cores


@dataclass(frozen=True, slots=True)
class Processor:
    """The processor.

    Attributes:
        instruction_set: Widest vector instructions that matter for speed; None where unknown.
    """

    name: str
    cores: Cores
    instruction_set: str | None


@dataclass(frozen=True, slots=True)
class Memory:
    """Main memory this process may use, container limits included.

    Attributes:
        available_bytes: What is free or gives way now; None where that can't be read.
    """

    total_bytes: int
    available_bytes: int | None


@dataclass(frozen=True, slots=True)
class Graphics:
    """One GPU.

    Attributes:
        label: How users name it, as in `--device cuda:0`.
        memory_used_bytes: By everybody; None where it does not tell.
        capability: CUDA compute capability, such as (8, 6).
    """

    label: str
    name: str
    memory_bytes: int
    memory_used_bytes: int | None
    driver: str | None
    capability: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Disk:
    """Room where something is kept.

    Attributes:
        purpose: `data` or `models`.
        path: The folder; it may not exist yet.
        free_bytes: Free space there; None where that can't be read.
    """

    purpose: str
    path: str
    free_bytes: int | None


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to work with.

    Attributes:
        no_gpu_because: Why there is no GPU; empty when there is one.
    """

    processor: Processor
    memory: Memory
    gpus: tuple[Graphics, ...]
    no_gpu_because: str
    disks: tuple[Disk, ...]

    def free_bytes(self, purpose: str) -> int | None:
        """Free disk space for a purpose; None where it is not known."""
        return next((disk.free_bytes for disk in self.disks if disk.purpose == purpose), None)


def look(probe: DeviceProbe, folders: Mapping[str, Path]) -> Machine:
    """Look at the machine.

    Args:
        probe: Knows the devices.
        folders: What is kept where, by purpose.
    """
    devices = probe.devices()
    cpu = next(device for device in devices if device.kind == "cpu")
    used_bytes = probe.reading(cpu).memory_used_bytes
    graphics = []
    for device in devices:
        if device.kind == "cuda":
            with suppress(DeviceLost):  # it has vanished while we looked
                graphics.append(
                    Graphics(
                        device.label,
                        device.name,
                        device.memory_bytes,
                        probe.reading(device).memory_used_bytes,
                        device.driver,
                        device.capability,
                    )
                )
    cores = count_cores()
    usable = min(cores.usable, cpu.cores or cores.usable)
    return Machine(
        processor=Processor(cpu.name, replace(cores, usable=usable), cpu.instruction_set),
        memory=Memory(cpu.memory_bytes, None if used_bytes is None else max(0, cpu.memory_bytes - used_bytes)),
        gpus=tuple(graphics),
        no_gpu_because="" if graphics else probe.no_gpu_because or "it has vanished",
        disks=tuple(Disk(purpose, str(path), free_bytes(path)) for purpose, path in folders.items()),
    )


def free_bytes(path: Path) -> int | None:
    """Free space where a file would be, whether its folder exists yet or not; None where that can't be read."""
    with suppress(OSError):
        return shutil.disk_usage(existing(path)).free
    return None


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    path = path.absolute()
    return next((folder for folder in (path, *path.parents) if folder.exists()), Path("/"))
