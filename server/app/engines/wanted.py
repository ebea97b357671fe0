"""What users may name: devices and precisions. Anything else is answered with what there is."""

from __future__ import annotations

from ..errors import AudapolisError, EngineUnavailable, InvalidOption, UnknownName
from .devices import PRECISIONS, Device, DeviceProbe


def wanted_devices(probe: DeviceProbe, wanted: str) -> tuple[Device, ...]:
    """The devices an engine may use, best first; the processor is always last, for when the others fail.

    Args:
        probe: Knows the devices.
        wanted: `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises:
        UnknownName: It is no device, or a GPU with that number is not there.
        EngineUnavailable: There is no GPU; the message says why.
    """
    *gpus, cpu = probe.devices()
    names = ["auto", "cpu", "cuda", *(gpu.label for gpu in gpus)]
    if wanted == "cpu":
        return (cpu,)
    if wanted == "auto":
        return (*_freest_first(probe, gpus), cpu)
    if not wanted.startswith("cuda") or (gpus and wanted not in names):
        raise UnknownName("device", wanted, names)
    if not gpus:
        raise EngineUnavailable(
            f"There is no GPU to use: {probe.no_gpu_because}.", hint="Leave --device out, or give --device cpu."
        )
    return (*(_freest_first(probe, gpus) if wanted == "cuda" else [g for g in gpus if g.label == wanted]), cpu)


def check_precision(probe: DeviceProbe, devices: tuple[Device, ...], wanted: str) -> None:
    """Refuse a precision that does not exist, or that the best of the devices can't compute in.

    Raises:
        UnknownName: There is no such precision.
        InvalidOption: It exists, but not there; the hint says what does.
    """
    if wanted == "auto":
        return
    if wanted not in PRECISIONS:
        raise UnknownName("precision", wanted, ["auto", *PRECISIONS])
    supported = probe.precisions(devices[0])
    if wanted not in supported:
        raise InvalidOption(
            f"{devices[0].label} ({devices[0].name}) can't compute in {wanted}.",
            hint=f"It can in {', '.join(supported)}; leave --precision out to take what it does best.",
            field="precision",
        )


def _freest_first(probe: DeviceProbe, gpus: list[Device]) -> list[Device]:
    def free_bytes(gpu: Device) -> int:
        try:
            return gpu.memory_bytes - (probe.reading(gpu).memory_used_bytes or 0)
        except AudapolisError:  # it has vanished
            return -1

    return sorted(gpus, key=free_bytes, reverse=True)
