"""Machines that tests ask for."""

from __future__ import annotations

from audapolis.domain.capability import Capability
from audapolis.engines.devices import Device, Reading
from audapolis.survey.limits import Cores
from audapolis.survey.machine import Disk, Graphics, Machine, Memory, Processor
from audapolis.survey.plan import Model, Plan

GIB = 2**30
SIZES = {"tiny": 78, "base": 148, "small": 486, "medium": 1531, "large-v3": 3091, "large-v3-turbo": 1621}
KNOWN = tuple(Model(name, size * 10**6, installed=False) for name, size in SIZES.items())
ENGINES = (
    Capability("whisper", "speech", True, "small"),
    Capability("pocketsphinx", "speech", True, "English"),
    Capability("pyannote", "speakers", False, reason="pyannote.audio is not installed.", remedy="Install it."),
    Capability("acoustic", "speakers", True, "classical"),
)
CARD = Graphics("cuda:0", "NVIDIA RTX 4090", 24 * GIB, GIB, "550.54", (8, 9))


def model(name: str, *, installed: bool = True, speed: float | None = None, gated: bool = False) -> Model:
    return Model(name, SIZES[name] * 10**6, installed, speed, gated)


def machine(
    cores: int = 4,
    memory_gib: float = 16,
    gpus: tuple[Graphics, ...] = (),
    free_gib: float = 100,
    instructions: str | None = "AVX2",
) -> Machine:
    return Machine(
        Processor("A processor", Cores(cores, cores), instructions),
        Memory(int(memory_gib * GIB), int(memory_gib * GIB)),
        gpus,
        "" if gpus else "no NVIDIA driver is at hand",
        tuple(Disk(purpose, "/somewhere", int(free_gib * GIB)) for purpose in ("data", "models")),
    )


def plan(wanted: Model | None = None, **changes: object) -> Plan:
    values: dict[str, object] = {
        "engine": "auto",
        "diarizer": "auto",
        "model": wanted,
        "known": KNOWN,
        "workers": 1,
        "processes": 0,
        "max_chunk_s": 30.0,
        "offline": False,
        "has_token": False,
        "min_free_bytes": GIB,
        "capabilities": ENGINES,
    }
    return Plan(**(values | changes))  # type: ignore[arg-type]


class FixedProbe:
    """A machine with the devices given."""

    def __init__(self, *gpus: Device, cores: int = 4, memory_bytes: int = 16 * GIB) -> None:
        cpu = Device("cpu", 0, "A processor", "cpu", memory_bytes, cores=cores, instruction_set="AVX2")
        self._devices = (*gpus, cpu)

    def devices(self) -> tuple[Device, ...]:
        return self._devices

    def reading(self, device: Device) -> Reading:
        return Reading(memory_used_bytes=device.memory_bytes // 4)

    def precisions(self, device: Device) -> tuple[str, ...]:
        return ("float32",)

    @property
    def no_gpu_because(self) -> str:
        return "" if len(self._devices) > 1 else "no NVIDIA driver is at hand"
